//! Facts of a real kernel (Linux 6.18 on x86-64), kept in `sema/fixtures/` for tests.
//!
//! `format/` holds tracefs `format` files as they were read. `btf/vmlinux` is cut out of
//! `/sys/kernel/btf/vmlinux` after the list in `btf/roots`; to make it anew, run
//! `cargo run -p strobe-sema --example cut_btf -- /sys/kernel/btf/vmlinux sema/fixtures/btf/roots sema/fixtures/btf/vmlinux`.

use super::btf::Btf;
use super::usdt::{ArgPlace, UsdtArg, UsdtPlace, UsdtProbe, arguments};
use super::{
    Fake, FakeBinary, KernelError, UserFunction, UserParameter, UserSignature, ValueShape,
};
use crate::arch::Arch;

/// Type information that was cut out of the kernel's.
pub const BTF: &[u8] = include_bytes!("../../fixtures/btf/vmlinux");

/// Names and text of one `format` file.
macro_rules! fixture {
    [$system:literal, $event:literal] => {
        (
            $system,
            $event,
            include_str!(concat!("../../fixtures/format/", $system, "/", $event)),
        )
    };
}

/// Subsystem, event and text of each `format` file.
pub const FORMATS: &[(&str, &str, &str)] = &[
    fixture!["block", "block_rq_issue"],
    fixture!["kmem", "kmalloc"],
    fixture!["raw_syscalls", "sys_enter"],
    fixture!["raw_syscalls", "sys_exit"],
    fixture!["sched", "sched_process_exec"],
    fixture!["sched", "sched_process_exit"],
    fixture!["sched", "sched_switch"],
    fixture!["sched", "sched_wakeup"],
    fixture!["signal", "signal_generate"],
    fixture!["skb", "kfree_skb"],
    fixture!["sock", "inet_sock_set_state"],
    fixture!["syscalls", "sys_enter_execve"],
    fixture!["syscalls", "sys_enter_open"],
    fixture!["syscalls", "sys_enter_openat"],
    fixture!["syscalls", "sys_enter_read"],
    fixture!["syscalls", "sys_exit_read"],
    fixture!["timer", "hrtimer_setup"],
];

/// Functions of the kernel; type information there is of all but the last.
pub const FUNCTIONS: &[&str] = &[
    "do_nanosleep",
    "vfs_open",
    "vfs_read",
    "vfs_write",
    "rcu_read_unlock_strict",
    "do_exit.cold",
];

/// A machine that knows all of the fixtures.
///
/// # Errors
/// When the byte order of this machine is not that of the fixtures.
pub fn machine() -> Result<Fake, KernelError> {
    let machine = Fake::new()
        .with_btf(Btf::parse("vmlinux", BTF)?)
        .cgroup("/sys/fs/cgroup", 1)
        .functions("vmlinux", FUNCTIONS)
        .functions("dummy", &["dummy_setup", "dummy_xmit"])
        .bpf_function(7, "filter_packets", 3)
        .symbol("jiffies", 0xffff_ffff_8240_5980)
        .header("thing.h", "#define THING_SIZE 4\n")
        .binary(app())
        .binary(bare("/opt/bare"))
        .binary(bare("/opt/empty"));
    let formats = FORMATS.iter();
    Ok(formats.fold(machine, |machine, (system, event, format)| {
        machine.tracepoint(system, event, format)
    }))
}

/// An executable: `/usr/bin/app`, made up.
fn app() -> FakeBinary {
    let function = |name: &str, address, size| UserFunction {
        name: name.to_owned(),
        address,
        offset: address,
        size,
    };
    FakeBinary {
        path: "/usr/bin/app".to_owned(),
        functions: vec![
            function("_ZN2ns3runEi", 0x1080, 32),
            function("add", 0x1000, 32),
            function("half", 0x1020, 32),
            function("main", 0x1040, 64),
        ],
        instructions: vec![0x1000, 0x1001, 0x1004, 0x1008, 0x1020],
        outside: vec![0x2000],
        usdt: vec![
            usdt("cache", "done", &[]),
            usdt("web", "done", &[]),
            usdt("web", "reply", &[-4, 8]),
            usdt("web", "request", &[-4]),
            in_variables(
                "web",
                "state",
                "-4@counter+8(%rip) 4@twin(%rip) 4@gone(%rip)",
            ),
        ],
        variables: [("counter", 0x4010), ("twin", 0x4000), ("twin", 0x4004)]
            .map(|(name, address)| (name.to_owned(), address))
            .into(),
        lines: vec![("app.c".to_owned(), 12, vec![0x1004])],
        signatures: [
            (0x1000, signature(&[("a", "int", INT), ("b", "int", INT)])),
            (
                0x1020,
                signature(&[("whole", "double", ValueShape::Other), ("sign", "int", INT)]),
            ),
        ]
        .into(),
    }
}

/// An executable that was stripped.
fn bare(path: &str) -> FakeBinary {
    FakeBinary {
        path: path.to_owned(),
        ..FakeBinary::default()
    }
}

const INT: ValueShape = ValueShape::Int {
    bytes: 4,
    signed: true,
};

fn signature(parameters: &[(&str, &str, ValueShape)]) -> UserSignature {
    let parameters = parameters.iter();
    UserSignature {
        parameters: parameters
            .map(|(name, declaration, shape)| UserParameter {
                name: (*name).to_owned(),
                declaration: (*declaration).to_owned(),
                shape: shape.clone(),
            })
            .collect(),
        result: None,
    }
}

/// A static probe whose arguments are where its note says.
fn in_variables(provider: &str, name: &str, args: &str) -> UsdtProbe {
    let mut probe = usdt(provider, name, &[]);
    for place in &mut probe.places {
        place.args = arguments(args, Arch::X86_64);
    }
    probe
}

/// A static probe whose arguments are in registers, with sizes as its note has them.
fn usdt(provider: &str, name: &str, sizes: &[i8]) -> UsdtProbe {
    let args = sizes.iter().zip([112, 104, 96]);
    UsdtProbe {
        provider: provider.to_owned(),
        name: name.to_owned(),
        places: vec![UsdtPlace {
            offset: 0x1048,
            address: 0x1048,
            semaphore: 0,
            args: args
                .map(|(size, register)| UsdtArg {
                    bytes: size.unsigned_abs(),
                    signed: *size < 0,
                    place: ArgPlace::Register { register, shift: 0 },
                })
                .collect(),
        }],
    }
}
