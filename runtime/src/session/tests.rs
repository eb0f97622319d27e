//! Whole runs on the real kernel, of programs assembled by hand.

use super::{Options, Outcome, Session};
use crate::fixture::code::Code;
use crate::fixture::{ARRAY, HASH, ObjectBuilder, PER_CPU_ARRAY, Text, kernel_is_ours};
use crate::{Command, Error, Output, OutputFormat};
use codegen::Object;
use sema::ir::{
    Aggregation, AttachTarget, Conversion, EventKind, Flags, Format, MapId, MapValue, Piece,
    ProgramType, Rate, Size, Type,
};
use sema::kernel::Kernel as _;
use std::io::{self, Write};

struct Ran {
    data: String,
    messages: String,
    outcome: Outcome,
}

fn run(object: Object) -> Ran {
    run_with(object, Options::default(), OutputFormat::Text).expect("the object runs")
}

fn run_with(object: Object, options: Options, format: OutputFormat) -> Result<Ran, Error> {
    let (data, messages) = (Text::default(), Text::default());
    let mut output = Output::new(format, Box::new(data.clone()), Box::new(messages.clone()));
    let outcome = Session::start(object, options)?.run(&mut output)?;
    Ok(Ran {
        data: data.read(),
        messages: messages.read(),
        outcome,
    })
}

/// `printf("TEXT %d\n", value)`
fn printf(text: &str) -> EventKind {
    EventKind::Printf(Format {
        pieces: vec![
            Piece::Text(format!("{text} ").into_bytes()),
            Piece::Field {
                flags: Flags::default(),
                width: Size::None,
                precision: Size::None,
                bytes: 8,
                conversion: Conversion::Signed,
            },
            Piece::Text(b"\n".to_vec()),
        ],
    })
}

const RAW: ProgramType = ProgramType::RawTracepoint;

/// A run that lost nothing.
fn ended(exit_code: i32) -> Outcome {
    Outcome {
        exit_code,
        lossless: true,
    }
}

#[test]
fn begin_and_end_alone_end_by_themselves() {
    if !kernel_is_ours("begin_and_end_alone_end_by_themselves") {
        return;
    }
    let begin = Code::new().emit(0, &[-7]).assign("x", 0, &[5, 1]).done();
    let end = Code::new().emit(1, &[9]).done();
    let object = ObjectBuilder::new("")
        .map("@x", ARRAY, None, MapValue::Plain(Type::I64), 1)
        .event(printf("first"), &[Type::I64])
        .event(printf("last"), &[Type::U64])
        .program("begin", RAW, AttachTarget::Begin, begin)
        .program("end", RAW, AttachTarget::End, end);
    let ran = run(object.build());
    assert_eq!(ran.data, "first -7\nlast 9\n\n\n@x: 5\n");
    assert_eq!(ran.messages, "Attached 2 probes\n");
    assert_eq!(ran.outcome, ended(0));
}

#[test]
fn exit_in_begin_leaves_the_rest_unattached() {
    if !kernel_is_ours("exit_in_begin_leaves_the_rest_unattached") {
        return;
    }
    let begin = Code::new().ask_to_exit(3).emit(0, &[]).done();
    // The program loads, but nothing has this name: attaching it would fail.
    let other = AttachTarget::RawTracepoint {
        event: "no_such_event".to_owned(),
    };
    let object = ObjectBuilder::new("")
        .event(EventKind::Exit, &[])
        .program("begin", RAW, AttachTarget::Begin, begin)
        .program("other", RAW, other, Code::new().done());
    let ran = run(object.build());
    assert_eq!(ran.data, "\n\n");
    assert_eq!(ran.messages, "Attached 1 probe\n");
    assert_eq!(ran.outcome, ended(3));
}

#[test]
fn the_end_is_not_missed_when_its_record_is_lost() {
    if !kernel_is_ours("the_end_is_not_missed_when_its_record_is_lost") {
        return;
    }
    let begin = Code::new().ask_to_exit(4).emit(0, &[1]).done();
    let end = Code::new().emit(1, &[]).emit(0, &[2]).done();
    let object = ObjectBuilder::new("")
        .event(printf("number"), &[Type::I64])
        .event(EventKind::Exit, &[])
        .program("begin", RAW, AttachTarget::Begin, begin)
        .program("end", RAW, AttachTarget::End, end);
    let ran = run(object.build());
    assert_eq!(ran.data, "number 1\nnumber 2\n\n\n");
    assert_eq!(ran.outcome, ended(4));
}

#[test]
fn a_tracepoint_that_does_not_exist() {
    if !kernel_is_ours("a_tracepoint_that_does_not_exist") {
        return;
    }
    let target = AttachTarget::RawTracepoint {
        event: "no_such_event".to_owned(),
    };
    let object = ObjectBuilder::new("")
        .program("other", RAW, target, Code::new().done())
        .build();
    let error = run_with(object, Options::default(), OutputFormat::Text)
        .map(|_| ())
        .expect_err("nothing has this name");
    let Error::Attach { target, error, .. } = error else {
        panic!("not an attach error: {error}");
    };
    assert_eq!((target.as_str(), error.errno), ("other", libc::ENOENT));
}

#[test]
fn an_interval_ends_the_run() {
    if !kernel_is_ours("an_interval_ends_the_run") {
        return;
    }
    let tick = Code::new()
        .emit(0, &[1])
        .ask_to_exit(0)
        .emit(1, &[])
        .emit(0, &[2])
        .done();
    let object = ObjectBuilder::new("")
        .event(printf("tick"), &[Type::I64])
        .event(EventKind::Exit, &[])
        .program(
            "interval",
            ProgramType::PerfEvent,
            AttachTarget::Interval(Rate::Period(1_000_000)),
            tick,
        );
    let ran = run(object.build());
    // What comes behind the wish to end is not printed, however often the timer fires.
    assert_eq!(ran.data, "tick 1\n\n\n");
}

#[test]
fn a_command_is_held_until_all_is_attached_and_ends_the_run() {
    if !kernel_is_ours("a_command_is_held_until_all_is_attached_and_ends_the_run") {
        return;
    }
    let event = AttachTarget::RawTracepoint {
        event: "sys_enter".to_owned(),
    };
    let object = ObjectBuilder::new("")
        .map(
            "@c",
            PER_CPU_ARRAY,
            None,
            MapValue::Aggregation(Aggregation::Count),
            1,
        )
        .program("sys_enter", RAW, event, Code::new().bump("c", 0, 1).done());
    let command = Command::hold("sh -c 'exit 0'").expect("the command starts");
    let options = Options {
        command: Some(command),
        ..Options::default()
    };
    let ran = run_with(object.build(), options, OutputFormat::Text).expect("the object runs");
    let count: u64 = ran
        .data
        .trim()
        .trim_start_matches("@c: ")
        .parse()
        .expect("a count");
    // A shell cannot start with fewer system calls.
    assert!(count > 20, "{count}");
}

#[test]
fn a_command_that_does_not_exist() {
    let error = Command::hold("/no/such/program 1").expect_err("there is none");
    let reason = "cannot run `/no/such/program`: No such file or directory";
    assert_eq!(error.to_string(), reason);
}

#[test]
fn a_command_that_goes_before_it_is_run() {
    if !kernel_is_ours("a_command_that_goes_before_it_is_run") {
        return;
    }
    let object =
        ObjectBuilder::new("").program("begin", RAW, AttachTarget::Begin, Code::new().done());
    let name = format!("strobe-test-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::copy("/bin/true", &path).expect("a copy can be made");
    let command = Command::hold(&path.to_string_lossy()).expect("the command is held");
    std::fs::remove_file(&path).expect("the copy is there");
    let options = Options {
        command: Some(command),
        ..Options::default()
    };
    let error = run_with(object.build(), options, OutputFormat::Text).map(|_| ());
    let message = error.expect_err("it cannot run").to_string();
    let path = path.display();
    assert_eq!(
        message,
        format!("cannot run `{path}`: No such file or directory")
    );
}

#[test]
fn clear_and_zero_and_print() {
    if !kernel_is_ours("clear_and_zero_and_print") {
        return;
    }
    let begin = Code::new()
        .assign("m", 1, &[10])
        .assign("m", 2, &[20])
        .assign("m", 3, &[30])
        .bump("c", 0, 7)
        .emit(0, &[2, 10])
        .emit(1, &[])
        .emit(0, &[0, 0])
        .emit(2, &[])
        .emit(0, &[0, 0])
        .emit(3, &[])
        .done();
    let object = ObjectBuilder::new("")
        .map("@m", HASH, Some(Type::I64), MapValue::Plain(Type::I64), 10)
        .map(
            "@c",
            PER_CPU_ARRAY,
            None,
            MapValue::Aggregation(Aggregation::Count),
            1,
        )
        .event(EventKind::PrintMap(MapId(0)), &[Type::U64, Type::U64])
        .event(EventKind::Zero(MapId(0)), &[])
        .event(EventKind::Clear(MapId(0)), &[])
        .event(EventKind::Zero(MapId(1)), &[])
        .program("begin", RAW, AttachTarget::Begin, begin);
    let ran = run(object.build());
    assert_eq!(
        ran.data,
        "@m[2]: 2\n@m[3]: 3\n@m[1]: 0\n@m[2]: 0\n@m[3]: 0\n\n\n@c: 0\n"
    );
}

/// A format without conversions.
fn plain(text: &str) -> Format {
    Format {
        pieces: vec![Piece::Text(text.into())],
    }
}

#[test]
fn every_kind_of_record_is_carried_out() {
    if !kernel_is_ours("every_kind_of_record_is_carried_out") {
        return;
    }
    let word = i32::from_le_bytes(*b"ab\0c");
    let mut begin = Code::new().assign("m", 7, &[70]).emit(0, &[]).emit(1, &[]);
    begin = begin
        .emit(2, &[])
        .emit(3, &[word])
        .emit(4, &[])
        .emit(5, &[12]);
    begin = begin.emit(6, &[7]).emit(6, &[8]).emit(7, &[]).emit(99, &[]);
    let message = |error, text| EventKind::Message {
        error,
        format: plain(text),
    };
    let text = Type::Str { cap: 8, cut: false };
    let mut object = ObjectBuilder::new("begin { errorf() }")
        .map("@m", HASH, Some(Type::I64), MapValue::Plain(Type::I64), 10)
        .event(EventKind::Cat(plain("/proc/self/comm")), &[])
        .event(EventKind::System(plain("echo from a shell")), &[])
        .event(EventKind::Time("%%H\n".to_owned()), &[])
        .event(EventKind::Join(", ".to_owned()), &[text])
        .event(message(true, "bad"), &[])
        .event(EventKind::PrintValue, &[Type::I64])
        .event(EventKind::PrintMapEntry(MapId(0)), &[Type::I64])
        .event(EventKind::Cat(plain("/no/such/file")), &[])
        .program("begin", RAW, AttachTarget::Begin, begin.done());
    object.config.max_cat_bytes = 3;
    object.config.print_maps_on_exit = false;
    let ran = run(object.build());
    let comm = std::fs::read_to_string("/proc/self/comm").expect("there is a /proc");
    assert_eq!(
        ran.data,
        format!(
            "{}from a shell\n%H\nab, c, , , \n12\n@m[7]: 70\n\n\n",
            &comm[..3]
        )
    );
    assert_eq!(
        ran.messages,
        "Attached 1 probe\n\
         test.bt:1:1-19: ERROR: bad\n\
         strobe: cannot print `/no/such/file`: No such file or directory\n"
    );
}

#[test]
fn losses_are_reported() {
    if !kernel_is_ours("losses_are_reported") {
        return;
    }
    let begin = Code::new().lose(0, 12).lose(1, 1).lose(3, 4).done();
    let object = ObjectBuilder::new("")
        .map("@m", HASH, Some(Type::I64), MapValue::Plain(Type::I64), 10)
        .program("begin", RAW, AttachTarget::Begin, begin);
    let ran = run(object.build());
    assert_eq!(
        ran.messages,
        "Attached 1 probe\n\
         strobe: lost 12 events: the ring buffer was full (raise `perf_rb_pages`, now 64)\n\
         strobe: 1 loop was cut after 8388608 rounds: the kernel runs no more (put one loop into \
         another, or do less in one event)\n\
         strobe: 4 insertions into `@m` were refused: the map was full (raise `max_map_keys`, \
         or the size that the script declares for it, now 10)\n"
    );
}

#[test]
fn a_closed_pipe_is_the_quiet_end() {
    if !kernel_is_ours("a_closed_pipe_is_the_quiet_end") {
        return;
    }
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let tick = Code::new().emit(0, &[1]).done();
    let object = ObjectBuilder::new("")
        .event(printf("tick"), &[Type::I64])
        .program(
            "interval",
            ProgramType::PerfEvent,
            AttachTarget::Interval(Rate::Period(1_000_000)),
            tick,
        );
    let messages = Text::default();
    let mut output = Output::new(
        OutputFormat::Text,
        Box::new(Closed),
        Box::new(messages.clone()),
    );
    let outcome = Session::start(object.build(), Options::default())
        .and_then(|mut session| session.run(&mut output))
        .expect("a closed pipe is no error");
    assert_eq!(outcome, ended(0));
    assert_eq!(messages.read(), "Attached 1 probe\n");
}

#[test]
fn a_refused_program_points_at_its_line() {
    if !kernel_is_ours("a_refused_program_points_at_its_line") {
        return;
    }
    let source = "begin\n{\n  @x = *0;\n  exit();\n}\n";
    let begin = Code::new()
        .line(2)
        .mov(1, 0)
        .line(3)
        .load(0, 1, 0)
        .line(4)
        .done();
    let object = ObjectBuilder::new(source).program("begin", RAW, AttachTarget::Begin, begin);
    let error = run_with(object.build(), Options::default(), OutputFormat::Text).map(|_| ());
    let Err(Error::Rejected(rejection)) = error else {
        panic!("not refused: {error:?}");
    };
    let range = rejection.span.start as usize..rejection.span.end as usize;
    assert_eq!(&source[range], "@x = *0");
    assert_eq!(rejection.reason, "R1 invalid mem access 'scalar'");
    assert!(rejection.explanation.is_some());
    assert!(rejection.log.contains("@x = *0"), "{}", rejection.log);
}

#[test]
fn a_command_that_outlives_the_run_is_ended() {
    if !kernel_is_ours("a_command_that_outlives_the_run_is_ended") {
        return;
    }
    let tick = Code::new().ask_to_exit(0).emit(0, &[]).done();
    let object = ObjectBuilder::new("").event(EventKind::Exit, &[]).program(
        "interval",
        ProgramType::PerfEvent,
        AttachTarget::Interval(Rate::Period(1_000_000)),
        tick,
    );
    let command = Command::hold("sleep 1000").expect("the command is held");
    let pid = command.pid();
    let options = Options {
        command: Some(command),
        ..Options::default()
    };
    run_with(object.build(), options, OutputFormat::Text).expect("the object runs");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn the_run_ends_with_the_process_that_it_follows() {
    if !kernel_is_ours("the_run_ends_with_the_process_that_it_follows") {
        return;
    }
    let object = || {
        let begin = Code::new().done();
        let object = ObjectBuilder::new("").program("begin", RAW, AttachTarget::Begin, begin);
        object.build()
    };
    let follow = |pid| Options {
        pid: Some(pid),
        ..Options::default()
    };
    let mut process = std::process::Command::new("sleep")
        .arg("0.1")
        .spawn()
        .expect("sleep starts");
    let ran = run_with(object(), follow(process.id()), OutputFormat::Text);
    assert_eq!(ran.expect("the object runs").data, "\n\n");
    let status = process.try_wait().expect("it is our child");
    assert!(status.is_some(), "the run ended before the process");
    let error = run_with(object(), follow(i32::MAX as u32), OutputFormat::Text).map(drop);
    let error = error.expect_err("there is no such process");
    assert_eq!(
        error.to_string(),
        "cannot watch process 2147483647: No such process"
    );
}

/// A tracepoint of the running kernel.
fn tracepoint(system: &str, event: &str) -> AttachTarget {
    let format = crate::Host::new().tracepoint_format(system, event);
    let format = format.ok().flatten().expect("tracefs can be read");
    let id = format.lines().find_map(|line| line.strip_prefix("ID: "));
    AttachTarget::Tracepoint {
        system: system.to_owned(),
        event: event.to_owned(),
        id: id.and_then(|id| id.parse().ok()).expect("a number"),
    }
}

#[test]
fn no_call_is_missed_and_none_counted_twice() {
    if !kernel_is_ours("no_call_is_missed_and_none_counted_twice") {
        return;
    }
    const THREADS: u64 = 4;
    const CALLS: u64 = 5000;
    let count = || {
        let count = Code::new().only_process(std::process::id());
        count.bump("c", 0, 1).done()
    };
    let raw = AttachTarget::RawTracepoint {
        event: "sys_exit".to_owned(),
    };
    let object = ObjectBuilder::new("")
        .map(
            "@c",
            PER_CPU_ARRAY,
            None,
            MapValue::Aggregation(Aggregation::Count),
            1,
        )
        .program(
            "getppid",
            ProgramType::Tracepoint,
            tracepoint("syscalls", "sys_enter_getppid"),
            count(),
        )
        .program("sys_exit", RAW, raw, Code::new().done());
    let options = Options {
        command: Some(Command::hold("true").expect("the command is held")),
        ..Options::default()
    };
    let mut session = Session::start(object.build(), options).expect("it attaches");
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..CALLS)
                    .map(|_| std::os::unix::process::parent_id())
                    .max()
            });
        }
    });
    let data = Text::default();
    let mut output = Output::new(
        OutputFormat::Text,
        Box::new(data.clone()),
        Box::new(io::sink()),
    );
    session.run(&mut output).expect("it runs");
    assert_eq!(data.read(), format!("\n\n@c: {}\n", THREADS * CALLS));
}

#[test]
fn many_tracepoints_are_detached_with_their_links() {
    if !kernel_is_ours("many_tracepoints_are_detached_with_their_links") {
        return;
    }
    const PROBES: u32 = 40;
    let count = MapValue::Aggregation(Aggregation::Count);
    let mut object = ObjectBuilder::new("").map("@c", PER_CPU_ARRAY, None, count, 1);
    for probe in 0..PROBES {
        let code = Code::new().only_process(std::process::id());
        object = object.program(
            &format!("probe_{probe}"),
            ProgramType::Tracepoint,
            tracepoint("syscalls", "sys_enter_getcwd"),
            code.bump("c", 0, 1).done(),
        );
    }
    let call = || std::env::current_dir();
    let mut session = Session::start(object.build(), Options::default()).expect("it attaches");
    call().expect("there is a working directory");
    drop(std::mem::take(&mut session.links));
    call().expect("there is a working directory");
    let data = Text::default();
    let mut output = Output::new(
        OutputFormat::Text,
        Box::new(data.clone()),
        Box::new(io::sink()),
    );
    session.run(&mut output).expect("it runs");
    assert_eq!(data.read(), format!("\n\n@c: {PROBES}\n"));
}
