//! The lessons: what each teaches, asks for and accepts.

use super::check::Check;

/// A lesson.
#[derive(Debug)]
pub struct Lesson {
    /// What it is about.
    pub title: &'static str,
    /// What there is to know.
    pub text: &'static str,
    /// What the learner's one-liner is to do.
    pub goal: &'static str,
    /// How to come nearer.
    pub hint: &'static str,
    /// One that does it.
    pub solution: &'static str,
    /// What runs meanwhile: a kind of [`super::workload`].
    pub workload: &'static str,
    /// Parameters that the one-liner is run with.
    pub parameters: &'static [&'static str],
    /// What must be in its output.
    pub checks: &'static [Check],
}

/// Every lesson, in order.
pub const ALL: &[Lesson] = &[
    Lesson {
        title: "Hello",
        text: "A script is a list of probes. A probe says where (here `begin`: once, at the start) and, in \
            braces, what is done there.",
        goal: "Print the word hello when the script starts.",
        hint: "printf works as in C, and a line ends with \\n inside of the quotes.",
        solution: "begin { printf(\"hello\\n\"); }",
        workload: "nothing",
        parameters: &[],
        checks: &[Check::Says("hello")],
    },
    Lesson {
        title: "Count system calls",
        text: "The tracepoint raw_syscalls:sys_enter fires at every system call of every process. `@` is a map: it \
            lives in the kernel and is printed when the script ends. `@[key] = count()` counts for each key by itself. \
            The name of the running thread is `comm`.",
        goal: "Count system calls by process name. A process called worker makes a thousand of them meanwhile.",
        hint: "The probe is tracepoint:raw_syscalls:sys_enter, and comm goes between the brackets.",
        solution: "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }",
        workload: "writes",
        parameters: &[],
        checks: &[Check::Value("worker", 1000, 1500)],
    },
    Lesson {
        title: "Only what you want",
        text: "Between the attach point and the braces may stand a condition in slashes. Where it does not hold, \
            nothing is done. Each system call also has a tracepoint of its own: syscalls:sys_enter_NAME.",
        goal: "Count the write calls of worker alone. It makes exactly 1000.",
        hint: "/comm == \"worker\"/ stands before the {, and the tracepoint is syscalls:sys_enter_write.",
        solution: "tracepoint:syscalls:sys_enter_write /comm == \"worker\"/ { @ = count(); }",
        workload: "writes",
        parameters: &[],
        checks: &[Check::Value("", 1000, 1000)],
    },
    Lesson {
        title: "Arguments",
        text: "What a probe knows of its event is in `args`. `strobe -lv tracepoint:syscalls:sys_enter_write` lists \
            it: fd, buf and count. Besides count() there are sum(n), avg(n), min(n), max(n) and stats(n).",
        goal: "Add up the bytes that worker writes: 1000 times 64.",
        hint: "sum(args.count)",
        solution: "tracepoint:syscalls:sys_enter_write /comm == \"worker\"/ { @bytes = sum(args.count); }",
        workload: "writes",
        parameters: &[],
        checks: &[Check::Value("", 64_000, 64_000)],
    },
    Lesson {
        title: "Texts",
        text: "A text argument is only an address, and it points into the memory of the process. `str(address)` copies \
            the text.",
        goal: "Print the path of each file that worker opens (by the call openat).",
        hint: "printf(\"%s\\n\", str(args.filename))",
        solution: "tracepoint:syscalls:sys_enter_openat /comm == \"worker\"/ { printf(\"%s\\n\", str(args.filename)); }",
        workload: "opens",
        parameters: &[],
        checks: &[
            Check::Says("/etc/hostname"),
            Check::Says("/etc/no-such-file"),
        ],
    },
    Lesson {
        title: "Results",
        text: "The tracepoints syscalls:sys_exit_NAME fire when a call returns, and `args.ret` is what it returns: below \
            zero for an error.",
        goal: "Count the calls of openat by worker that fail. There are 7.",
        hint: "Two conditions are joined by &&: comm == \"worker\" && args.ret < 0.",
        solution: "tracepoint:syscalls:sys_exit_openat /comm == \"worker\" && args.ret < 0/ { @failed = count(); }",
        workload: "opens",
        parameters: &[],
        checks: &[Check::Value("", 7, 7)],
    },
    Lesson {
        title: "Histograms",
        text: "An average hides what matters. `hist(n)` counts numbers in buckets of powers of two; `lhist(n, min, max, \
            step)` in buckets of equal width.",
        goal: "Show a histogram of the sizes that worker reads (what read returns): 30 reads of 100 bytes and 20 of 3000.",
        hint: "hist(args.ret), at sys_exit_read.",
        solution: "tracepoint:syscalls:sys_exit_read /comm == \"worker\"/ { @ = hist(args.ret); }",
        workload: "reads",
        parameters: &[],
        checks: &[Check::Bucket(64, 30), Check::Bucket(2048, 20)],
    },
    Lesson {
        title: "Latency",
        text: "How long something takes is the time at its end less the time at its start. Keep the start in a map under \
            the thread id, `@start[tid] = nsecs`, and take it from there at the end. Delete it then, so that the map does not \
            grow: `delete(@start, tid)`.",
        goal: "Show a histogram of how long the sleeps of worker take (clock_nanosleep), in milliseconds. It sleeps 10 times, for 20 ms.",
        hint: "At sys_exit_clock_nanosleep: @ms = hist((nsecs - @start[tid]) / 1000000), where /@start[tid]/ holds.",
        solution: "tracepoint:syscalls:sys_enter_clock_nanosleep /comm == \"worker\"/ { @start[tid] = nsecs; } \
            tracepoint:syscalls:sys_exit_clock_nanosleep /@start[tid]/ { @ms = hist((nsecs - @start[tid]) / 1000000); delete(@start, tid); }",
        workload: "sleeps",
        parameters: &[],
        checks: &[Check::Total(10, 10), Check::NoBucketBelow(16)],
    },
    Lesson {
        title: "Several keys",
        text: "A map may have several keys, `@[a, b]`, and whatever can be printed can be one. Each combination has an entry \
            of its own.",
        goal: "Count reads and writes of worker by process name and file descriptor: @[comm, args.fd].",
        hint: "Two attach points are separated by a comma: tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write.",
        solution: "tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write { @[comm, args.fd] = count(); }",
        workload: "writes",
        parameters: &[],
        checks: &[Check::Value("worker, ", 1000, 1000)],
    },
    Lesson {
        title: "Processes",
        text: "The scheduler has tracepoints too. sched:sched_process_exec fires when a process has become another program; \
            `args.filename` is its path.",
        goal: "Print the path of every program that is started. worker starts /bin/true.",
        hint: "args.filename is a text of the kernel: str(args.filename).",
        solution: "tracepoint:sched:sched_process_exec { printf(\"%s\\n\", str(args.filename)); }",
        workload: "programs",
        parameters: &[],
        checks: &[Check::Says("/bin/true")],
    },
    Lesson {
        title: "Samples",
        text: "To find out who uses the CPUs, it is enough to look now and then: profile:hz:99 fires 99 times a second on \
            every CPU. (99 and not 100, so as not to march in step with the kernel's own timers.)",
        goal: "Count samples by process name. worker is busy for half a second.",
        hint: "profile:hz:99 { @[comm] = count(); }",
        solution: "profile:hz:99 { @[comm] = count(); }",
        workload: "spin",
        parameters: &[],
        checks: &[Check::Value("worker", 5, 200)],
    },
    Lesson {
        title: "Stacks",
        text: "`kstack` is the kernel's stack: which function was called by which. As the key of a map it groups events by how \
            they came about.",
        goal: "Count the kernel stacks of the writes of worker. They go through vfs_write.",
        hint: "A system call's tracepoint fires before the work is done; count samples of a busy writer instead: \
            profile:hz:999 /comm == \"worker\"/ { @[kstack] = count(); }",
        solution: "profile:hz:999 /comm == \"worker\"/ { @[kstack] = count(); }",
        workload: "writer",
        parameters: &[],
        checks: &[Check::Says("vfs_write")],
    },
    Lesson {
        title: "Now and then",
        text: "interval:ms:100 fires every 100 ms, on one CPU. `print(@)` prints a map, `clear(@)` empties it: together they \
            show what happened in each interval.",
        goal: "Every 100 ms print how many system calls there were, and start anew.",
        hint: "Two probes: one that counts into @, and interval:ms:100 { print(@); clear(@); }",
        solution: "tracepoint:raw_syscalls:sys_enter { @ = count(); } interval:ms:100 { print(@); clear(@); }",
        workload: "spin",
        parameters: &[],
        checks: &[Check::Lines("@", 3)],
    },
    Lesson {
        title: "User-space probes",
        text: "Functions of programs and libraries can be probed as well: uprobe:libc:malloc fires when a process calls malloc \
            of the C library. `strobe -l 'uprobe:libc:mallo*'` looks for functions.",
        goal: "Count the calls of malloc by process name. Meanwhile ls lists a directory.",
        hint: "uprobe:libc:malloc { @[comm] = count(); }",
        solution: "uprobe:libc:malloc { @[comm] = count(); }",
        workload: "listing",
        parameters: &[],
        checks: &[Check::Value("ls", 1, 1_000_000)],
    },
    Lesson {
        title: "Your own tool",
        text: "What is worth keeping goes into a file, with `#!/usr/bin/env strobe` as its first line. What may differ from run \
            to run is a parameter: `$1` is the first word behind the script, and str($1) is its text. `strobe tools` lists \
            those that others have written; read them.",
        goal: "Write a script that counts the writes of the process whose name is its parameter. It is run with: worker. Give the \
            script itself, or the path of the file that it is in.",
        hint: "/comm == str($1)/",
        solution: "tracepoint:syscalls:sys_enter_write /comm == str($1)/ { @writes = count(); }",
        workload: "writes",
        parameters: &["worker"],
        checks: &[Check::Value("", 1000, 1000)],
    },
];
