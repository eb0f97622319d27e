//! Bytes of records and maps to exact text and JSON.

mod maps;

use super::value::Value;
use super::{FailedCall, Loss, Output, OutputFormat, Place};
use crate::fixture::Text;
use crate::symbol::{Frame, Names, Symbol, Symbols, UserThread};
use codegen::object::SourceSpan;
use sema::ir::{Clock, Field, StackMode, StackSide, Type};
use std::io;

/// Knows one symbol of the kernel, at 0x1000.
struct OneSymbol;

impl Symbols for OneSymbol {
    fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64> {
        vec![thread.instruction, thread.link]
    }

    fn kernel(&self, address: u64) -> Option<Symbol> {
        let offset = address.checked_sub(0x1000)?;
        (offset < 0x100).then(|| Symbol {
            name: "do_work".to_owned(),
            offset,
        })
    }

    fn user(&self, _: u32, _: u64) -> std::sync::Arc<[Frame]> {
        std::sync::Arc::new([])
    }

    fn watch(&mut self, _: Option<u32>) {}
}

fn names() -> Names {
    Names::new(Box::new(OneSymbol), "..".to_owned())
}

/// What some output says in a format, data and messages.
fn output(format: OutputFormat, say: impl FnOnce(&mut Output)) -> (String, String) {
    let (data, messages) = (Text::default(), Text::default());
    let mut output = Output::new(format, Box::new(data.clone()), Box::new(messages.clone()));
    say(&mut output);
    output.flush().expect("writing to memory succeeds");
    (data.read(), messages.read())
}

fn print(format: OutputFormat, ty: &Type, bytes: &[u8]) -> String {
    output(format, |o| o.value(&names(), &Value::decode(ty, bytes))).0
}

/// A value's line as text, without its end.
fn text(ty: &Type, bytes: &[u8]) -> String {
    let line = print(OutputFormat::Text, ty, bytes);
    line.strip_suffix('\n').expect("a line").to_owned()
}

/// A value's data as JSON.
fn json(ty: &Type, bytes: &[u8]) -> String {
    let line = print(OutputFormat::Json, ty, bytes);
    let data = line.strip_prefix("{\"type\": \"value\", \"data\": ");
    let data = data.and_then(|d| d.strip_suffix("}\n"));
    data.expect("a value").to_owned()
}

fn string(cap: u32, cut: bool) -> Type {
    Type::Str { cap, cut }
}

#[test]
fn integers_of_every_width_and_sign() {
    let int = |bytes, signed| Type::Int { bytes, signed };
    let minus_two = (-2i64).to_ne_bytes();
    for (bytes, unsigned) in [(1, "254"), (2, "65534"), (4, "4294967294")] {
        assert_eq!(text(&int(bytes, true), &minus_two), "-2");
        assert_eq!(text(&int(bytes, false), &minus_two), unsigned);
    }
    assert_eq!(text(&Type::I64, &minus_two), "-2");
    assert_eq!(text(&Type::U64, &minus_two), "18446744073709551614");
    assert_eq!(text(&Type::I64, &[]), "0");
}

#[test]
fn truth_values_enums_and_pointers() {
    assert_eq!(text(&Type::Bool, &[1]), "true");
    assert_eq!(text(&Type::Bool, &[0]), "false");
    let ty = Type::Enum {
        bytes: 4,
        signed: true,
        names: [(1, "A".to_owned()), (-5, "B".to_owned())].into(),
    };
    assert_eq!(text(&ty, &(-5i32).to_ne_bytes()), "B");
    assert_eq!(text(&ty, &7i32.to_ne_bytes()), "7");
    assert_eq!(text(&Type::Pointer, &16u64.to_ne_bytes()), "0x10");
    assert_eq!(text(&Type::Pointer, &0u64.to_ne_bytes()), "0x0");
}

#[test]
fn strings_say_when_they_were_cut() {
    assert_eq!(text(&string(8, true), b"ab\0junk!"), "ab");
    assert_eq!(text(&string(4, true), b"abc\0"), "abc..");
    assert_eq!(text(&string(4, false), b"abc\0"), "abc");
    assert_eq!(text(&string(4, false), b"abcdef"), "abcd");
    assert_eq!(text(&string(0, true), b""), "..");
}

#[test]
fn buffers_show_what_is_not_text() {
    let mut bytes = 3u32.to_ne_bytes().to_vec();
    bytes.extend(b"a\n\xffzzz");
    assert_eq!(text(&Type::Buffer { cap: 6 }, &bytes), "a\\x0a\\xff");
    let too_long = u32::MAX.to_ne_bytes();
    assert_eq!(text(&Type::Buffer { cap: 6 }, &too_long), "");
}

#[test]
fn tuples_arrays_and_records() {
    let tuple = Type::Tuple(vec![
        Type::U8,
        string(4, false),
        Type::Tuple(vec![Type::I64]),
    ]);
    let mut bytes = vec![1];
    bytes.extend(b"two\0\0\0\0");
    bytes.extend((-3i64).to_ne_bytes());
    assert_eq!(text(&tuple, &bytes), "(1, two, (-3))");
    assert_eq!(json(&tuple, &bytes), "[1,\"two\",[-3]]");
    let array = Type::Array {
        elem: Box::new(Type::U8),
        len: 4,
    };
    assert_eq!(text(&array, &[1, 2, 3, 4]), "[1,2,3,4]");
    assert_eq!(json(&array, &[1, 2, 3, 4]), "[1,2,3,4]");
    let field = |name: &str, offset, ty, bits| Field {
        name: name.to_owned(),
        offset,
        ty,
        bits,
    };
    let record = Type::Record {
        fields: [
            field("name", 0, string(8, false), None),
            field("low", 8, Type::U32, Some((0, 3))),
            field("high", 8, Type::I32, Some((3, 5))),
        ]
        .into(),
        size: 12,
        align: 4,
    };
    let mut bytes = b"disk\0\0\0\0".to_vec();
    bytes.extend(0b1111_1101u32.to_ne_bytes());
    assert_eq!(
        text(&record, &bytes),
        "{ .name = disk, .low = 5, .high = -1 }"
    );
    assert_eq!(
        json(&record, &bytes),
        "{\"name\": \"disk\", \"low\": 5, \"high\": -1}"
    );
}

#[test]
fn addresses_of_networks() {
    let inet = |family: u32, address: &[u8]| {
        let mut bytes = family.to_ne_bytes().to_vec();
        bytes.extend(address);
        text(&Type::Inet, &bytes)
    };
    assert_eq!(inet(2, &[1, 2, 3, 4]), "1.2.3.4");
    let mut loopback = [0; 16];
    loopback[15] = 1;
    assert_eq!(inet(10, &loopback), "::1");
    assert_eq!(inet(99, &[1, 2, 3, 4]), "");
    assert_eq!(
        text(&Type::MacAddr, &[0, 1, 0xab, 3, 4, 0xff]),
        "00:01:AB:03:04:FF"
    );
}

#[test]
fn symbols_users_and_stacks() {
    assert_eq!(text(&Type::Ksym, &0x1010u64.to_ne_bytes()), "do_work");
    assert_eq!(text(&Type::Ksym, &0x9000u64.to_ne_bytes()), "0x9000");
    assert_eq!(text(&Type::Username, &0u64.to_ne_bytes()), "root");
    assert_eq!(
        text(&Type::Username, &4_000_000_000u64.to_ne_bytes()),
        "4000000000"
    );
    let ty = Type::Stack {
        side: StackSide::Kernel,
        depth: 3,
        mode: StackMode::Bpftrace,
    };
    let mut bytes = 2u32.to_ne_bytes().to_vec();
    bytes.extend(0u32.to_ne_bytes());
    for address in [0x1010u64, 0x9000, 0x1000] {
        bytes.extend(address.to_ne_bytes());
    }
    assert_eq!(text(&ty, &bytes), "\n        do_work+16\n        0x9000\n");
    assert_eq!(
        json(&ty, &bytes),
        r#""\n        do_work+16\n        0x9000\n""#
    );
}

#[test]
fn times_of_day() {
    let ty = Type::Timestamp {
        format: "%s".into(),
        clock: Clock::Boot,
    };
    let now = crate::sys::clock::boot_ns();
    let seconds: u64 = text(&ty, &now.to_ne_bytes()).parse().expect("a number");
    assert!(seconds > 1_600_000_000, "{seconds}");
}

#[test]
fn the_same_time_on_every_clock() {
    let shown = |clock, now: u64| -> i64 {
        let ty = Type::Timestamp {
            format: "%s".into(),
            clock,
        };
        text(&ty, &now.to_ne_bytes()).parse().expect("a number")
    };
    let wall = (crate::sys::clock::realtime_ns() / 1_000_000_000).cast_signed();
    for (clock, now) in [
        (Clock::Boot, crate::sys::clock::boot_ns()),
        (Clock::Monotonic, crate::sys::clock::monotonic_ns()),
        (Clock::Tai, crate::sys::clock::tai_ns()),
    ] {
        let off = shown(clock, now) - wall;
        assert!((-1..=60).contains(&off), "{clock:?} is {off} s off");
    }
}

#[test]
fn missing_bytes_read_as_zero() {
    let types = [
        Type::I64,
        Type::Pointer,
        string(16, true),
        Type::Buffer { cap: 8 },
        Type::Inet,
        Type::MacAddr,
        Type::Usym,
        Type::Stack {
            side: StackSide::User,
            depth: 4,
            mode: StackMode::Bpftrace,
        },
        Type::Array {
            elem: Box::new(Type::Tuple(vec![Type::U8, Type::U64])),
            len: 3,
        },
    ];
    for ty in &types {
        let whole = vec![0xff; ty.size() as usize];
        for length in 0..whole.len() {
            let line = text(ty, &whole[..length]);
            assert!(
                !line.contains('\n') || matches!(ty, Type::Stack { .. }),
                "{line}"
            );
        }
    }
    assert_eq!(text(&Type::U64, &[0xff]), "255");
    assert_eq!(text(&types[8], &[1]), "[(1, 0),(0, 0),(0, 0)]");
}

#[test]
fn json_escapes_text() {
    assert_eq!(
        json(&string(16, false), b"a\"b\\\n\x01\xff\0"),
        r#""a\"b\\\n\u0001\\xff""#
    );
    assert_eq!(json(&Type::Bool, &[1]), "true");
    assert_eq!(json(&Type::Pointer, &16u64.to_ne_bytes()), "\"0x10\"");
}

#[test]
fn a_copy_of_a_stack_is_unwound_when_it_prints() {
    use sema::ir::StackCopyLayout as Layout;
    let ty = Type::StackCopy {
        depth: 3,
        mode: StackMode::Raw,
    };
    let mut bytes = vec![0; Layout::SIZE as usize];
    for (number, register) in [0x1234u64, 0x7008, 0, 0x5678].into_iter().enumerate() {
        let at = Layout::REGISTERS as usize + 8 * number;
        bytes[at..at + 8].copy_from_slice(&register.to_ne_bytes());
    }
    assert_eq!(text(&ty, &bytes).trim(), "1234\n        5678");
    let Value::StackCopy { thread, .. } = Value::decode(&ty, &bytes) else {
        panic!("another value");
    };
    // No page was read.
    assert_eq!((thread.start, thread.memory), (0x7000, &[][..]));
    // However many pages a record claims, there are as many as it has.
    bytes[Layout::PAGES as usize..][..4].copy_from_slice(&u32::MAX.to_ne_bytes());
    let Value::StackCopy { thread, .. } = Value::decode(&ty, &bytes[..100]) else {
        panic!("another value");
    };
    assert_eq!(thread.memory.len(), 100 - Layout::MEMORY as usize);
}

#[test]
fn what_is_said_about_the_run() {
    let place = Place {
        file: "stdin",
        start: (1, 9),
        end: (1, 28),
    };
    let say = |o: &mut Output| {
        o.attached(1);
        o.message(true, b"bad 1", place);
        o.lost(&Loss::Events {
            count: 3,
            pages: 64,
        });
        o.text("time", |out| out.extend(b"12:00\n"));
        o.end_of_run();
    };
    let (data, messages) = output(OutputFormat::Text, say);
    assert_eq!(data, "12:00\n\n\n");
    assert_eq!(
        messages,
        "Attached 1 probe\nstdin:1:9-28: ERROR: bad 1\nstrobe: lost 3 events: the ring buffer was full (raise `perf_rb_pages`, now 64)\n"
    );
    let (data, messages) = output(OutputFormat::Json, say);
    assert_eq!(
        data,
        "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n\
         {\"type\": \"errorf\", \"msg\": \"bad 1\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n\
         {\"type\": \"lost_events\", \"count\": 3, \"data\": {\"events\": 3}}\n\
         {\"type\": \"time\", \"data\": \"12:00\\n\"}\n"
    );
    assert_eq!(
        messages,
        "strobe: lost 3 events: the ring buffer was full (raise `perf_rb_pages`, now 64)\n"
    );
}

#[test]
fn quiet_output_says_nothing_of_attaching() {
    let (_, messages) = output(OutputFormat::Text, |o| {
        let quiet = std::mem::replace(
            o,
            Output::new(
                OutputFormat::Text,
                Box::new(io::sink()),
                Box::new(io::sink()),
            ),
        );
        *o = quiet.quiet(true);
        o.attached(2);
    });
    assert_eq!(messages, "");
}

#[test]
fn a_helper_that_fails_is_told_once_in_text_and_every_time_in_json() {
    let call = FailedCall {
        helper: "probe_read_user_str",
        error: -14,
        span: SourceSpan {
            file: 0,
            start: 8,
            end: 14,
        },
        line: Some(("begin { str(0) }", 8, 6)),
    };
    let place = Place {
        file: "stdin",
        start: (1, 9),
        end: (1, 15),
    };
    let say = |o: &mut Output| {
        o.failed_call(&call, place);
        o.failed_call(&call, place);
        let told = o.failed_calls();
        assert_eq!(told, [(call.span, "probe_read_user_str", -14, 2)]);
    };
    let (data, messages) = output(OutputFormat::Text, say);
    assert_eq!(data, "");
    assert_eq!(
        messages,
        "stdin:1:9-15: WARNING: Failed to probe_read_user_str: Bad address (-14)\n\
         begin { str(0) }\n        ~~~~~~\n"
    );
    let (data, _) = output(OutputFormat::Json, say);
    let line = "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \
        \"helper\": \"probe_read_user_str\", \"retcode\": -14, \
        \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n";
    assert_eq!(data, line.repeat(2));
}

#[test]
fn every_loss_says_what_to_do() {
    let say = |loss: Loss<'_>| {
        let told = loss.to_string();
        let (data, _) = output(OutputFormat::Json, |o| o.lost(&loss));
        (told, data)
    };
    let full = say(Loss::MapFull {
        map: "@m",
        count: 1,
        room: 8,
    });
    assert_eq!(
        full,
        (
            "1 insertion into `@m` was refused: the map was full (raise `max_map_keys`, or the \
             size that the script declares for it, now 8)"
                .to_owned(),
            "{\"type\": \"map_full\", \"data\": {\"map\": \"@m\", \"refused\": 1, \
             \"max_entries\": 8}}\n"
                .to_owned()
        )
    );
    let missed = say(Loss::Missed {
        probe: "kprobe:f",
        count: 2,
    });
    assert_eq!(
        missed,
        (
            "`kprobe:f` missed 2 events: they came while a probe ran on the same CPU".to_owned(),
            "{\"type\": \"missed_runs\", \"data\": {\"probe\": \"kprobe:f\", \"count\": 2}}\n"
                .to_owned()
        )
    );
    let cut = say(Loss::Cut {
        count: 3,
        length: 64,
    });
    assert_eq!(
        cut,
        (
            "3 strings were cut after 64 bytes (raise `max_strlen`, or give `str` a length)"
                .to_owned(),
            "{\"type\": \"cut_strings\", \"data\": {\"count\": 3, \"max_strlen\": 64}}\n"
                .to_owned()
        )
    );
}
