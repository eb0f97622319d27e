//! Declarations as kernels write them, and whole files.

use super::*;

fn int(bytes: u8, signed: bool) -> Shape {
    Shape::Int { bytes, signed }
}

fn named(name: &str, bytes: u32, signed: bool) -> Shape {
    let name = name.to_owned();
    Shape::Named {
        name,
        bytes,
        signed,
    }
}

fn pointer(to: &str) -> Shape {
    Shape::Pointer { to: to.to_owned() }
}

fn array(elem: Shape, len: u32) -> Shape {
    let elem = Box::new(elem);
    Shape::Array { elem, len }
}

fn data_loc(elem: Shape, relative: bool) -> Shape {
    let elem = Box::new(elem);
    Shape::DataLoc { elem, relative }
}

/// Checks name and shape of a declaration of a size and sign.
#[track_caller]
fn check(declaration: &str, size: u32, signed: bool, name: &str, shape: Shape) {
    assert_eq!(shape::read(declaration, size, signed), Some((name, shape)));
}

#[test]
fn integers_by_their_c_names() {
    check(
        "unsigned short common_type",
        2,
        false,
        "common_type",
        int(2, false),
    );
    check("unsigned char flags", 1, false, "flags", int(1, false));
    check("signed char u", 1, true, "u", int(1, true));
    check("char c", 1, false, "c", int(1, false));
    check("char c", 1, true, "c", int(1, true));
    check("int a", 4, true, "a", int(4, true));
    check("unsigned a", 4, false, "a", int(4, false));
    check("long int a", 8, true, "a", int(8, true));
    check("unsigned long long a", 8, false, "a", int(8, false));
    check("bool a", 1, false, "a", Shape::Bool);
}

#[test]
fn integers_by_the_kernels_names() {
    check("u64 a", 8, false, "a", int(8, false));
    check("__s8 a", 1, true, "a", int(1, true));
    check("uint16_t a", 2, false, "a", int(2, false));
    check("pid_t pid", 4, true, "pid", int(4, true));
}

#[test]
fn arguments_of_system_calls_are_narrower_than_their_fields() {
    check("int dfd", 8, false, "dfd", int(4, true));
    check("const int fd", 8, false, "fd", int(4, true));
    check("unsigned int fd", 8, false, "fd", int(4, false));
    check("size_t count", 8, false, "count", int(8, false));
    check("pid_t pid", 8, false, "pid", int(4, true));
    check("umode_t mode", 8, false, "mode", named("umode_t", 8, false));
}

#[test]
fn pointers_tell_what_they_point_to() {
    check(
        "const char * filename",
        8,
        false,
        "filename",
        pointer("const char"),
    );
    check(
        "const char *const * argv",
        8,
        false,
        "argv",
        pointer("const char *const"),
    );
    check(
        "const void *const attr",
        8,
        false,
        "attr",
        pointer("const void"),
    );
    check("const void* ip", 8, false, "ip", pointer("const void"));
    check("struct iocb * * p", 8, false, "p", pointer("struct iocb *"));
    check(
        "void __seg_gs * ptr",
        8,
        false,
        "ptr",
        pointer("void __seg_gs"),
    );
    check("void (*func)(struct work *)", 8, false, "func", pointer(""));
    check("int (*)(void) call", 8, false, "call", pointer(""));
}

#[test]
fn arrays_take_their_length_from_the_number_or_the_size() {
    check("char comm[16]", 16, false, "comm", Shape::Chars { len: 16 });
    check(
        "char comm[TASK_COMM_LEN]",
        16,
        false,
        "comm",
        Shape::Chars { len: 16 },
    );
    check("char buf[]", 0, false, "buf", Shape::Chars { len: 0 });
    check("u8 saddr[4]", 4, false, "saddr", array(int(1, false), 4));
    check(
        "unsigned long args[6]",
        48,
        false,
        "args",
        array(int(8, false), 6),
    );
    check("u32 ids[MAX]", 40, false, "ids", array(int(4, false), 10));
    check(
        "uid_t ids[2]",
        8,
        false,
        "ids",
        array(named("uid_t", 4, false), 2),
    );
    check("u32 buf[]", 0, false, "buf", array(int(4, false), 0));
    check("int zero[0]", 0, true, "zero", array(int(4, true), 0));
}

#[test]
fn data_behind_the_record() {
    let char = int(1, false);
    check(
        "__data_loc char[] name",
        4,
        false,
        "name",
        data_loc(char.clone(), false),
    );
    check(
        "__rel_loc char[] name",
        4,
        false,
        "name",
        data_loc(char, true),
    );
    check(
        "__data_loc u64[] v",
        4,
        false,
        "v",
        data_loc(int(8, false), false),
    );
    check(
        "__data_loc cpumask_t cpus",
        4,
        false,
        "cpus",
        data_loc(named("cpumask_t", 0, false), false),
    );
}

#[test]
fn enums_and_structs_keep_their_names() {
    let name = "zone_type".to_owned();
    check(
        "enum zone_type zone",
        4,
        false,
        "zone",
        Shape::Enum { name, bytes: 4 },
    );
    let name = "struct in6_addr".to_owned();
    check(
        "struct in6_addr a",
        16,
        false,
        "a",
        Shape::Composite { name, bytes: 16 },
    );
    check("dev_t dev", 4, false, "dev", named("dev_t", 4, false));
}

#[test]
fn a_declaration_without_type_or_name_is_none() {
    for text in ["", "x", "int ", "int []", "]", "*", "void (*)", "int (*)("] {
        assert_eq!(shape::read(text, 4, false), None, "{text}");
    }
}

#[test]
fn fuzz_finding_a_letter_of_several_bytes_before_the_name() {
    let elem = named("char \u{2a8}", 1, false);
    check("char \u{2a8}comm[16]", 16, false, "comm", array(elem, 16));
}

const OPENAT: &str = include_str!("../../../fixtures/format/syscalls/sys_enter_openat");

#[test]
fn a_file_gives_number_and_fields() {
    let format = parse("syscalls", "sys_enter_openat", OPENAT).unwrap();
    assert!(format.id > 0);
    let own: Vec<_> = format
        .own_fields()
        .map(|field| (field.declaration.as_str(), field.offset, field.size))
        .collect();
    assert_eq!(
        own,
        [
            ("int __syscall_nr", 8, 4),
            ("int dfd", 16, 8),
            ("const char * filename", 24, 8),
            ("int flags", 32, 8),
            ("umode_t mode", 40, 8),
        ]
    );
    assert_eq!(format.field("common_pid").unwrap().shape, int(4, true));
    assert_eq!(format.field("nothing"), None);
}

#[test]
fn every_fixture_reads_without_gaps_or_overlaps() {
    for (system, event, text) in crate::kernel::fixtures::FORMATS {
        let format = parse(system, event, text).unwrap();
        let mut end = 0;
        for field in &format.fields {
            assert!(
                field.offset >= end,
                "{system}:{event}: {}",
                field.declaration
            );
            end = field.offset + field.size;
        }
    }
}

#[test]
fn malformed_files_are_errors() {
    let reason = |text: &str| parse("s", "e", text).unwrap_err().to_string();
    assert_eq!(reason(""), "format of tracepoint s:e: it has no ID");
    assert_eq!(reason("ID: x\n"), "format of tracepoint s:e: it has no ID");
    assert_eq!(
        reason("ID: 1\nformat:\n\tfield:int x;\toffset:z;\tsize:4;\tsigned:1;\n"),
        "format of tracepoint s:e: no field: `\tfield:int x;\toffset:z;\tsize:4;\tsigned:1;`"
    );
}

#[test]
fn truncated_files_never_panic() {
    for end in 0..OPENAT.len() {
        let _ = parse("s", "e", &OPENAT[..end]);
    }
}
