//! BTF that is written by hand: what is well-formed reads back, what is not is an error.

mod continued;

use super::*;
use expect_test::{Expect, expect};

fn parse(builder: &Builder) -> Btf {
    Btf::parse("test", builder.finish()).expect("a builder writes well-formed BTF")
}

fn reason(result: Result<Btf, KernelError>) -> String {
    match result {
        Err(KernelError::Malformed { reason, .. }) => reason,
        other => panic!("expected a malformed error, got {other:?}"),
    }
}

#[test]
fn integers_tell_width_and_sign() {
    let mut b = Builder::new();
    b.int("int", 4, 1);
    b.int("_Bool", 1, 4);
    let btf = parse(&b);
    let id = btf.find("int", Kind::Int).unwrap();
    let int = Int {
        name: "int",
        bytes: 4,
        bits: 32,
        signed: true,
        char: false,
        bool: false,
    };
    assert_eq!(btf.get(id), Ok(BtfType::Int(int)));
    let bool = btf.find("_Bool", Kind::Int).unwrap();
    assert!(matches!(btf.get(bool), Ok(BtfType::Int(it)) if it.bool && !it.signed));
}

#[test]
fn names_are_told_apart_by_kind_and_the_first_of_several_wins() {
    let mut b = Builder::new();
    let first = b.structure("foo", 4, &[]);
    b.structure("foo", 8, &[]);
    let typedef = b.typedef("foo", first);
    let btf = parse(&b);
    assert_eq!(btf.find("foo", Kind::Struct), Some(first));
    assert_eq!(btf.find("foo", Kind::Typedef), Some(typedef));
    assert_eq!(btf.find("foo", Kind::Union), None);
    assert_eq!(btf.find("", Kind::Struct), None);
    assert_eq!(btf.find("fo", Kind::Struct), None);
}

#[test]
fn every_name_of_many_is_found() {
    let mut b = Builder::new();
    let names: Vec<String> = (0..5000).map(|index| format!("type_{index}")).collect();
    let ids: Vec<TypeId> = names.iter().map(|name| b.float(name, 8)).collect();
    let btf = parse(&b);
    for (name, id) in names.iter().zip(&ids) {
        assert_eq!(btf.find(name, Kind::Float), Some(*id));
    }
    assert_eq!(btf.find("type_5000", Kind::Float), None);
    assert_eq!(btf.names(Kind::Float).len(), 5000);
}

#[test]
fn a_name_that_ends_another_name_is_told_apart() {
    let mut b = Builder::new();
    b.typedef("btf_id", TypeId::VOID);
    let id = b.typedef("id", TypeId::VOID);
    let btf = parse(&b);
    // The first look-ups search, the later ones use a table: all must agree.
    for _ in 0..20 {
        assert_eq!(btf.find("id", Kind::Typedef), Some(id));
        assert_eq!(btf.find("f_id", Kind::Typedef), None);
        assert_eq!(btf.find("\0id", Kind::Typedef), None);
    }
}

#[test]
fn resolve_peels_typedefs_qualifiers_and_tags() {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let tag = b.type_tag("user", int);
    let volatile = b.volatile(tag);
    let constant = b.constant(volatile);
    let restrict = b.restrict(constant);
    let typedef = b.typedef("t", restrict);
    let btf = parse(&b);
    assert_eq!(btf.resolve(typedef), Ok(int));
    assert_eq!(btf.resolve(TypeId::VOID), Ok(TypeId::VOID));
    assert_eq!(btf.size_of(typedef), Ok(Some(4)));
}

#[test]
fn sizes_follow_c() {
    let mut b = Builder::new();
    let short = b.int("short", 2, 1);
    let row = b.array(short, 3);
    let grid = b.array(row, 5);
    let pointer = b.pointer(TypeId::VOID);
    let function = b.prototype(TypeId::VOID, &[]);
    let forward = b.forward("unknown", false);
    let huge = b.array(grid, u32::MAX);
    let btf = parse(&b);
    assert_eq!(btf.size_of(grid), Ok(Some(30)));
    assert_eq!(btf.size_of(pointer), Ok(Some(8)));
    assert_eq!(btf.size_of(function), Ok(None));
    assert_eq!(btf.size_of(forward), Ok(None));
    assert_eq!(btf.size_of(TypeId::VOID), Ok(None));
    assert!(btf.size_of(huge).is_err());
}

/// `struct outer { int a; union { int b; struct { int c; int d: 3; int e: 5; }; }; struct { int f; } g; }`
fn nested() -> (Btf, TypeId) {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let inner = b.structure(
        "",
        8,
        &[("c", int, 0, 0), ("d", int, 32, 3), ("e", int, 35, 5)],
    );
    let union = b.union("", 8, &[("b", int, 0, 0), ("", inner, 0, 0)]);
    let named = b.structure("", 4, &[("f", int, 0, 0)]);
    let outer = b.structure(
        "outer",
        16,
        &[("a", int, 0, 0), ("", union, 32, 0), ("g", named, 96, 0)],
    );
    (parse(&b), outer)
}

#[test]
fn members_are_found_through_anonymous_ones_alone() {
    let (btf, outer) = nested();
    let find = |name| btf.find_member(outer, name).unwrap();
    let e = find("e").unwrap();
    assert_eq!(e.path, [1, 1, 2]);
    assert_eq!((e.member.bit_offset, e.member.bits), (67, Some(5)));
    let b = find("b").unwrap();
    assert_eq!(
        (b.path, b.member.bit_offset, b.member.bits),
        (vec![1, 0], 32, None)
    );
    assert_eq!(find("f"), None);
    assert_eq!(btf.find_member(TypeId(1), "a"), Ok(None));
}

#[test]
fn enums_of_32_and_64_bits_keep_sign_and_value() {
    let mut b = Builder::new();
    b.enumeration("small", 4, true, &[("MINUS", -1), ("ONE", 1)]);
    b.enumeration("flags", 4, false, &[("TOP", 0x8000_0000)]);
    b.enumeration("wide", 8, false, &[("ALL", -1), ("HIGH", 1 << 40)]);
    b.enumeration("deep", 8, true, &[("DEEP", i64::MIN)]);
    let btf = parse(&b);
    let value = |name: &str| {
        btf.find_constant(name)
            .unwrap()
            .map(|it| (it.ty.0, it.value))
    };
    assert_eq!(value("MINUS"), Some((1, -1)));
    assert_eq!(value("ONE"), Some((1, 1)));
    assert_eq!(value("TOP"), Some((2, 0x8000_0000)));
    assert_eq!(value("ALL"), Some((3, -1)));
    assert_eq!(value("HIGH"), Some((3, 1 << 40)));
    assert_eq!(value("DEEP"), Some((4, i64::MIN)));
    assert_eq!(value("small"), None);
    assert!(matches!(
        btf.get(TypeId(3)),
        Ok(BtfType::Enum(it)) if it.bytes == 8 && !it.signed && it.constants.len() == 2
    ));
}

#[test]
fn prototypes_tell_parameters_and_variadic_ones() {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let prototype = b.prototype(int, &[("count", int), ("", TypeId::VOID)]);
    let function = b.function("add", prototype);
    let btf = parse(&b);
    assert!(matches!(
        btf.get(function),
        Ok(BtfType::Function { name: "add", prototype: it }) if it == prototype
    ));
    let Ok(BtfType::Prototype(it)) = btf.get(prototype) else {
        panic!("not a prototype");
    };
    assert_eq!(
        it.params,
        [Param {
            name: "count",
            ty: int
        }]
    );
    assert!(it.variadic);
}

fn check_name(make: impl FnOnce(&mut Builder, TypeId) -> TypeId, expected: &str) {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let id = make(&mut b, int);
    assert_eq!(parse(&b).type_name(id).unwrap(), expected);
}

#[test]
fn type_names_are_c() {
    check_name(|_, _| TypeId::VOID, "void");
    check_name(
        |b, _| {
            let task = b.structure("task_struct", 8, &[]);
            b.pointer(task)
        },
        "struct task_struct *",
    );
    check_name(
        |b, int| {
            let constant = b.constant(int);
            b.pointer(constant)
        },
        "const int *",
    );
    check_name(
        |b, int| {
            let pointer = b.pointer(int);
            let constant = b.constant(pointer);
            b.pointer(constant)
        },
        "int *const *",
    );
    check_name(
        |b, int| {
            let row = b.array(int, 3);
            let pointer = b.pointer(row);
            b.array(pointer, 2)
        },
        "int (*[2])[3]",
    );
    check_name(
        |b, int| {
            let text = b.pointer(int);
            let prototype = b.prototype(TypeId::VOID, &[("p", text), ("", TypeId::VOID)]);
            b.pointer(prototype)
        },
        "void (*)(int *p, ...)",
    );
    check_name(|b, int| b.prototype(int, &[]), "int (void)");
    check_name(|b, _| b.forward("f", true), "union f");
    check_name(|b, _| b.structure("", 0, &[]), "struct {...}");
}

fn check_definition(btf: &Btf, id: TypeId, expected: Expect) {
    expected.assert_eq(&btf.definition(id).unwrap());
}

#[test]
fn definitions_write_anonymous_members_out() {
    let (btf, outer) = nested();
    check_definition(
        &btf,
        outer,
        expect![[r#"
            struct outer {
            	int a;
            	union {
            		int b;
            		struct {
            			int c;
            			int d: 3;
            			int e: 5;
            		};
            	};
            	struct {
            		int f;
            	} g;
            };"#]],
    );
}

#[test]
fn definitions_of_enums_respect_the_sign() {
    let mut b = Builder::new();
    let signed = b.enumeration("s", 4, true, &[("A", -1)]);
    let unsigned = b.enumeration("", 8, false, &[("B", -1)]);
    let member = b.structure("holder", 8, &[("it", unsigned, 0, 0)]);
    let btf = parse(&b);
    check_definition(
        &btf,
        signed,
        expect![[r#"
            enum s {
            	A = -1,
            };"#]],
    );
    check_definition(
        &btf,
        member,
        expect![[r#"
            struct holder {
            	enum {
            		B = 18446744073709551615,
            	} it;
            };"#]],
    );
}

#[test]
fn types_that_refer_to_themselves_are_errors() {
    let mut b = Builder::new();
    let alias = b.next_id();
    b.typedef("loop", alias);
    let array = b.next_id();
    b.array(array, 1);
    let pointer = b.next_id();
    b.pointer(pointer);
    let nested = b.next_id();
    b.structure("", 8, &[("", nested, 0, 0)]);
    let callback = b.next_id();
    b.prototype(callback, &[("f", callback), ("g", callback)]);
    let btf = parse(&b);
    assert!(btf.resolve(alias).is_err());
    assert!(btf.size_of(array).is_err());
    assert!(btf.type_name(pointer).is_err());
    assert!(btf.find_member(nested, "x").is_err());
    assert!(btf.definition(nested).is_err());
    assert!(btf.type_name(callback).is_err());
}

#[test]
fn a_tree_of_anonymous_members_that_doubles_at_each_level_is_given_up() {
    let mut b = Builder::new();
    let mut inner = b.structure("", 4, &[]);
    for _ in 0..30 {
        inner = b.structure("", 4, &[("", inner, 0, 0), ("", inner, 0, 0)]);
    }
    let btf = parse(&b);
    assert!(btf.find_member(inner, "x").is_err());
    assert!(btf.definition(inner).is_err());
}

#[test]
fn fuzz_finding_a_text_that_grows_with_every_step_is_given_up() {
    let mut b = Builder::new();
    let name = "n".repeat(4096);
    let callback = b.next_id();
    let long = TypeId(callback.0 + 1);
    b.prototype(long, &[(&name, long), (&name, callback), (&name, callback)]);
    b.structure(&name, 4, &[]);
    let pointer = b.next_id();
    b.pointer(pointer);
    let btf = parse(&b);
    assert!(btf.type_name(callback).is_err());
    assert!(btf.definition(callback).is_err());
    assert!(btf.type_name(pointer).is_err());
}

#[test]
fn fuzz_finding_wide_structs_within_each_other_are_given_up() {
    let mut b = Builder::new();
    let inner = b.structure("", 4, &[("x", TypeId::VOID, 0, 0); 1000]);
    let outer = b.structure("", 4, &[("", inner, 0, 0); 1000]);
    let btf = parse(&b);
    assert!(btf.find_member(outer, "y").is_err());
    assert!(btf.find_member(inner, "y").unwrap().is_none());
}

#[test]
fn foreign_byte_order_and_other_formats_are_refused() {
    let mut bytes = Builder::new().finish();
    bytes.swap(0, 1);
    assert_eq!(
        reason(Btf::parse("test", bytes.clone())),
        "written for a machine of the other byte order"
    );
    bytes[..2].copy_from_slice(b"EL");
    assert!(reason(Btf::parse("test", bytes.clone())).starts_with("starts with 0x"));
    let mut bytes = Builder::new().finish();
    bytes[2] = 9;
    assert_eq!(reason(Btf::parse("test", bytes)), "version 9 is not known");
}

/// Asks everything of everything; the answers do not matter, that they come does.
fn exercise(btf: &Btf) {
    for id in (0..btf.len() + 2).map(TypeId) {
        let _ = btf.get(id);
        let _ = btf.resolve(id);
        let _ = btf.size_of(id);
        let _ = btf.type_name(id);
        let _ = btf.definition(id);
        let _ = btf.find_member(id, "e");
    }
    let _ = btf.find("outer", Kind::Struct);
    let _ = btf.find_constant("ONE");
    let _ = btf.names(Kind::Struct);
}

fn everything() -> Builder {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let array = b.array(int, 3);
    let pointer = b.pointer(array);
    b.structure("outer", 16, &[("a", int, 0, 0), ("p", pointer, 64, 0)]);
    b.union("either", 8, &[("a", int, 0, 3)]);
    b.enumeration("small", 4, true, &[("ONE", 1)]);
    b.enumeration("wide", 8, true, &[("TWO", 2)]);
    b.forward("later", false);
    let typedef = b.typedef("t", int);
    b.constant(typedef);
    let prototype = b.prototype(int, &[("x", int)]);
    b.function("f", prototype);
    b.variable("v", int);
    b.float("double", 8);
    b.decl_tag("kfunc", prototype);
    b
}

#[test]
fn truncated_bytes_are_errors_at_every_length() {
    let bytes = everything().finish();
    for len in 0..bytes.len() {
        assert!(
            Btf::parse("test", bytes[..len].to_vec()).is_err(),
            "{len} bytes"
        );
    }
    exercise(&parse(&everything()));
}

#[test]
fn no_changed_word_makes_the_reader_panic() {
    let bytes = everything().finish();
    for at in (0..bytes.len()).step_by(4) {
        for word in [
            0,
            1,
            7,
            0xff,
            0x7fff_ffff,
            u32::MAX,
            0x1300_0001,
            0x0500_ffff,
        ] {
            let mut bytes = bytes.clone();
            let len = bytes.len().min(at + 4);
            bytes[at..len].copy_from_slice(&u32::to_ne_bytes(word)[..len - at]);
            if let Ok(btf) = Btf::parse("test", bytes) {
                exercise(&btf);
            }
        }
    }
}

/// The slice of a real kernel's type information, whose facts `bpftool btf dump` gave.
#[test]
fn a_real_kernels_types_read_as_bpftool_reads_them() {
    let btf = Btf::parse("vmlinux", crate::kernel::fixtures::BTF).unwrap();
    let task = btf.find("task_struct", Kind::Struct).unwrap();
    assert_eq!(btf.size_of(task), Ok(Some(3264)));
    let tgid = btf.find_member(task, "tgid").unwrap().unwrap().member;
    assert_eq!(tgid.bit_offset, 10144);
    assert_eq!(btf.type_name(tgid.ty).unwrap(), "pid_t");
    let switch = btf.find("btf_trace_sched_switch", Kind::Typedef).unwrap();
    assert_eq!(
        btf.type_name(btf.resolve(switch).unwrap()).unwrap(),
        "void (*)(void *, bool, struct task_struct *, struct task_struct *, unsigned int)"
    );
    let tgid = btf.find_constant("PIDTYPE_TGID").unwrap().unwrap();
    assert_eq!(Some(tgid.ty), btf.find("pid_type", Kind::Enum));
    assert_eq!(tgid.value, 1);
    let desc = btf.find("desc_struct", Kind::Struct).unwrap();
    let dpl = btf.find_member(desc, "dpl").unwrap().unwrap().member;
    assert_eq!((dpl.bit_offset, dpl.bits), (45, Some(2)));
    for id in (0..btf.len()).map(TypeId) {
        btf.definition(id).unwrap();
    }
}
