//! Strings and buffers: read, cut, compared, sent.

use crate::harness::run;
use crate::support::*;
use sema::ir::{BinaryOp, CompareOp, Expr, ExprKind, Space, Type};

fn address_of(operand: Expr) -> Expr {
    expr(ExprKind::AddressOf(Box::new(operand)), Type::Pointer)
}

fn resize(text: &str, cap: u32) -> Expr {
    expr(ExprKind::Resize(Box::new(literal(text))), string(cap))
}

fn equal(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Eq, left, right)
}

#[test]
fn comparisons() {
    let mut script = Script::raw();
    let maps = [4, 8, 16, 300, 1025].map(|cap| {
        let map = script.scalar_map("@t", string(cap));
        (map, cap)
    });
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    let texts = ["", "abc", "abd", "abcdefg", "abcdefgh", "abcdefghijklmno"];
    let shown = print_event(&mut script, Type::Bool);
    for left in texts {
        for &(map, cap) in &maps {
            let kept = &left[..left.len().min(cap as usize - 1)];
            body.push(set(map, None, resize(left, cap)));
            for right in texts {
                let read = get(map, None, string(cap));
                body.push(emit(shown, [equal(read, literal(right))]));
                wanted.push((kept == right).to_string());
            }
        }
        for (one, one_cap) in &maps[1..] {
            for (other, other_cap) in &maps[1..] {
                let (one, other) = (
                    get(*one, None, string(*one_cap)),
                    get(*other, None, string(*other_cap)),
                );
                let kept = |cap: u32| &left[..left.len().min(cap as usize - 1)];
                body.push(emit(shown, [equal(one, other)]));
                wanted.push((kept(*one_cap) == kept(*other_cap)).to_string());
            }
        }
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
}

#[test]
fn a_difference_far_behind_is_found() {
    let mut script = Script::raw();
    let (one, other) = (
        script.scalar_map("@one", string(1024)),
        script.scalar_map("@other", string(1024)),
    );
    let long = "x".repeat(1000);
    let read = |map| get(map, None, string(1024));
    let body = [
        set(one, None, resize(&long, 1024)),
        set(other, None, resize(&format!("{long}y"), 1024)),
        print(&mut script, equal(read(one), read(other))),
        set(other, None, read(one)),
        print(&mut script, equal(read(one), read(other))),
        print(&mut script, compare(CompareOp::Ne, read(one), read(other))),
    ];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..3], ["false", "true", "false"]);
}

#[test]
fn reading_strings() {
    let mut script = Script::raw();
    let source = script.variable(string(32));
    let read = |cap, len: Option<Expr>| {
        let kind = ExprKind::LoadStr {
            address: Box::new(address_of(var(source, string(32)))),
            len: len.map(Box::new),
            space: Space::Kernel,
        };
        expr(kind, string(cap))
    };
    let len = script.scalar_map("@len", Type::I64);
    let dynamic = || Some(get(len, None, Type::I64));
    let mut body = vec![set_var(source, resize("twelve bytes", 32))];
    for value in [read(32, None), read(7, None), read(32, Some(int(3)))] {
        body.push(print(&mut script, value));
    }
    for length in [0, 5, 31, 5000, -1] {
        body.push(set(len, None, int(length)));
        let matches = ["", "twelv", "twelve bytes"].map(|t| equal(read(32, dynamic()), literal(t)));
        for value in matches {
            body.push(print(&mut script, value));
        }
    }
    let bad = load_str(Space::Kernel, typed(16, Type::Pointer), 64);
    body.push(print(&mut script, equal(bad, literal(""))));
    let bad = load_str(Space::User, typed(16, Type::Pointer), 64);
    body.push(print(&mut script, equal(bad, literal(""))));
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..3], ["twelve bytes", "twelve", "twe"]);
    let row = |index: usize| &ran.lines[3 + 3 * index..6 + 3 * index];
    assert_eq!(row(0), ["true", "false", "false"]);
    assert_eq!(row(1), ["false", "true", "false"]);
    for index in 2..5 {
        assert_eq!(row(index), ["false", "false", "true"]);
    }
    assert_eq!(ran.lines[18..20], ["true", "true"]);
}

#[test]
fn buffers() {
    let mut script = Script::raw();
    let source = script.variable(string(16));
    let buffer = |cap, len: Expr| {
        let kind = ExprKind::LoadBuffer {
            address: Box::new(address_of(var(source, string(16)))),
            len: Some(Box::new(len)),
            space: Space::Kernel,
        };
        expr(kind, Type::Buffer { cap })
    };
    let len = script.scalar_map("@len", Type::U64);
    let counts = script.hash("@seen", Type::Buffer { cap: 8 }, Type::I64);
    let read = || get(len, None, Type::U64);
    let mut body = vec![
        set_var(source, resize("0123456789", 16)),
        set(len, None, uint(4)),
    ];
    body.push(print(&mut script, buffer(8, read())));
    body.push(set(counts, Some(buffer(8, read())), int(1)));
    body.push(set(len, None, uint(1000)));
    body.push(print(&mut script, buffer(8, read())));
    body.push(set(len, None, uint(0)));
    body.push(print(
        &mut script,
        equal(buffer(8, read()), buffer(8, uint(0))),
    ));
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..3], ["0123", "01234567", "true"]);
    assert_eq!(ran.after("@seen[0123]: "), "1");
}

#[test]
fn elements_of_arrays() {
    let mut script = Script::raw();
    let array = Type::Array {
        elem: Box::new(Type::U16),
        len: 4,
    };
    let values = script.scalar_map("@values", array.clone());
    let index = script.scalar_map("@index", Type::I64);
    let loaded = || {
        let text = address_of(literal("abcdefgh"));
        load(Space::Kernel, text, 0, array.clone())
    };
    let element = |array: Expr, index: Expr| {
        let kind = ExprKind::Index(Box::new(array), Box::new(index));
        expr(kind, Type::U16)
    };
    let mut body = vec![set(values, None, loaded())];
    for number in [0, 3, 4, -1] {
        body.push(set(index, None, int(number)));
        let read = || get(index, None, Type::I64);
        body.push(print(&mut script, element(loaded(), read())));
        let own = get(values, None, array.clone());
        body.push(print(&mut script, element(own, read())));
    }
    body.push(print(&mut script, element(loaded(), int(1))));
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    let number = |text: &[u8; 2]| u16::from_le_bytes(*text).to_string();
    let (first, second, last) = (number(b"ab"), number(b"cd"), number(b"gh"));
    let wanted = [&first, &first, &last, &last, "0", "0", "0", "0", &second];
    assert_eq!(ran.lines[..9], wanted);
}

#[test]
fn sixty_strings_in_one_record() {
    let mut script = Script::raw();
    let source = script.variable(string(16));
    let event = script.event(vec![string(1025); 60]);
    let read = || {
        let address = address_of(var(source, string(16)));
        load_str(Space::Kernel, address, 1025)
    };
    let args: Vec<_> = (0..60).map(|_| read()).collect();
    let body = [set_var(source, resize("text", 16)), emit(event, args)];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.messages, "Attached 1 probe\n", "nothing was lost");
}

#[test]
fn many_long_strings_at_once() {
    let mut script = Script::raw();
    let variables: Vec<_> = (0..12).map(|_| script.variable(string(512))).collect();
    let mut body = Vec::new();
    for (&variable, number) in variables.iter().zip(0..) {
        body.push(set_var(variable, resize(&format!("text {number}"), 512)));
    }
    for &variable in &variables {
        body.push(print(&mut script, var(variable, string(512))));
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    let wanted: Vec<_> = (0..12).map(|number| format!("text {number}")).collect();
    assert_eq!(ran.lines, wanted);
}

#[test]
fn many_numbers_at_once() {
    let mut script = Script::raw();
    let source = script.scalar_map("@source", Type::I64);
    let variables: Vec<_> = (0..70).map(|_| script.variable(Type::I64)).collect();
    let mut body = Vec::new();
    for (&variable, number) in variables.iter().zip(0..) {
        body.push(set(source, None, int(number)));
        body.push(set_var(variable, get(source, None, Type::I64)));
    }
    let sum = variables.iter().fold(int(0), |sum, &variable| {
        binary(
            BinaryOp::Add,
            binary(BinaryOp::Mul, sum, int(3)),
            var(variable, Type::I64),
        )
    });
    body.push(print(&mut script, sum));
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    let wanted = (0..70).fold(0i64, |sum, n| sum.wrapping_mul(3).wrapping_add(n));
    assert_eq!(ran.lines[0], wanted.to_string());
}

#[test]
fn long_strings_as_keys() {
    let mut script = Script::raw();
    let key = Type::Tuple(vec![Type::U8, string(1025), string(1025)]);
    let counts = script.hash("@seen", key, Type::I64);
    let short = script.hash("@short", string(200), string(200));
    let source = script.variable(string(16));
    let read = |cap| load_str(Space::Kernel, address_of(var(source, string(16))), cap);
    let count = || {
        let key = tuple([typed(1, Type::U8), read(1025), resize("other", 1025)]);
        let place = place(counts, Some(key));
        stmt(sema::ir::StmtKind::Expr(increment(
            place,
            1,
            true,
            Type::I64,
        )))
    };
    let script = script.body([
        set_var(source, resize("some text", 16)),
        count(),
        set(short, Some(read(200)), read(200)),
        set_var(source, resize("some", 16)),
        count(),
        set_var(source, resize("some text", 16)),
        count(),
    ]);
    let Some(ran) = run(&script) else { return };
    assert_eq!(
        ran.lines,
        [
            "@seen[1, some, other]: 1",
            "@seen[1, some text, other]: 2",
            "@short[some text]: some text"
        ]
    );
}
