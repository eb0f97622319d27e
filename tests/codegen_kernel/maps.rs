//! Entries of maps: written, read, changed in place, removed, refused.

use crate::harness::run;
use crate::support::*;
use sema::ir::{BinaryOp, CompareOp, Expr, ExprKind, MapKind, MapValue, Type};

fn has(map: sema::ir::MapId, key: Expr) -> Expr {
    let key = Box::new(key);
    expr(ExprKind::MapHas { map, key }, Type::Bool)
}

fn delete(map: sema::ir::MapId, key: Option<Expr>) -> Expr {
    let key = key.map(Box::new);
    expr(ExprKind::MapDelete { map, key }, Type::Bool)
}

#[test]
fn scalar_maps() {
    let mut script = Script::raw();
    let x = script.scalar_map("@x", Type::I64);
    let y = script.scalar_map("@y", Type::I64);
    script.scalar_map("@never", Type::I64);
    let script = script.body([
        set(x, None, int(-5)),
        set(
            y,
            None,
            binary(BinaryOp::Mul, get(x, None, Type::I64), int(3)),
        ),
    ]);
    let Some(ran) = run(&script) else { return };
    assert_eq!(ran.lines, ["@x: -5", "@y: -15"]);
}

#[test]
fn keys_of_every_width() {
    let mut script = Script::raw();
    let mut body = Vec::new();
    let types = [Type::U8, Type::U16, Type::I32, Type::U64, Type::Bool];
    let maps = types.map(|ty| (script.hash("@m", ty.clone(), ty.clone()), ty));
    for (map, ty) in maps {
        body.push(set(map, Some(typed(1, ty.clone())), typed(1, ty)));
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(
        ran.lines,
        [
            "@m[1]: 1",
            "@m[1]: 1",
            "@m[1]: 1",
            "@m[1]: 1",
            "@m[true]: true"
        ]
    );
}

#[test]
fn an_entry_that_is_not_there_reads_as_zero() {
    let mut script = Script::raw();
    let map = script.hash("@m", Type::I64, Type::I64);
    let texts = script.hash("@t", Type::I64, string(16));
    let body = vec![
        print(&mut script, get(map, Some(int(1)), Type::I64)),
        print(&mut script, has(map, int(1))),
        set(map, Some(int(1)), int(7)),
        print(&mut script, has(map, int(1))),
        print(&mut script, get(map, Some(int(1)), Type::I64)),
        print(
            &mut script,
            compare(
                CompareOp::Eq,
                get(texts, Some(int(1)), string(16)),
                literal(""),
            ),
        ),
    ];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["0", "false", "true", "7", "true", "@m[1]: 7"]);
}

#[test]
fn padding_and_what_follows_a_string_are_no_part_of_a_key() {
    let mut script = Script::raw();
    let key = Type::Tuple(vec![Type::U8, string(12), Type::U64]);
    let counts = script.hash("@m", key, Type::I64);
    let text = script.variable(string(12));
    let resize = |text: &str| {
        let literal = Box::new(literal(text));
        expr(ExprKind::Resize(literal), string(12))
    };
    let count = |flag: i64, text: Expr| {
        let key = tuple([typed(flag, Type::U8), text, uint(3)]);
        let place = place(counts, Some(key));
        stmt(sema::ir::StmtKind::Expr(increment(
            place,
            1,
            true,
            Type::I64,
        )))
    };
    let texts = script.scalar_map("@text", string(12));
    let script = script.body([
        set_var(text, resize("a long one")),
        count(1, var(text, string(12))),
        set_var(text, resize("ab")),
        count(1, var(text, string(12))),
        count(1, resize("ab")),
        set(texts, None, resize("something")),
        set(texts, None, resize("ab")),
        count(1, get(texts, None, string(12))),
        count(
            1,
            load_str(sema::ir::Space::Kernel, address_of(resize("ab")), 12),
        ),
    ]);
    let Some(ran) = run(&script) else { return };
    assert_eq!(
        ran.lines,
        ["@m[1, a long one, 3]: 1", "@m[1, ab, 3]: 4", "@text: ab"]
    );
}

fn address_of(operand: Expr) -> Expr {
    expr(ExprKind::AddressOf(Box::new(operand)), Type::Pointer)
}

#[test]
fn increments_before_and_after() {
    let mut script = Script::raw();
    let types = [Type::I64, Type::I32, Type::U8];
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    for ty in types {
        let scalar = script.scalar_map("@s", ty.clone());
        let keyed = script.hash("@k", Type::I64, ty.clone());
        let variable = script.variable(ty.clone());
        let places = [
            place(scalar, None),
            place(keyed, Some(int(1))),
            sema::ir::Place::Var(variable),
        ];
        for place in places {
            for (delta, before) in [(1, true), (1, false), (-1, true), (3, false)] {
                let value = increment(place.clone(), delta, before, ty.clone());
                body.push(print(&mut script, value));
            }
            wanted.extend(["0", "2", "2", "4"]);
        }
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
    assert_eq!(ran.after("@s: "), "4");
    assert_eq!(ran.after("@k[1]: "), "4");
}

#[test]
fn adding_to_a_map() {
    let mut script = Script::raw();
    let sum = script.scalar_map("@sum", Type::I64);
    let by_key = script.hash("@by_key", Type::I64, Type::I64);
    let add = |map, key: Option<Expr>, op, amount| {
        let value = binary(op, get(map, key.clone(), Type::I64), int(amount));
        set(map, key, value)
    };
    let script = script.body([
        add(sum, None, BinaryOp::Add, 40),
        add(sum, None, BinaryOp::Sub, -2),
        add(by_key, Some(int(1)), BinaryOp::Sub, 5),
        add(by_key, Some(int(1)), BinaryOp::Add, 2),
        add(by_key, Some(int(1)), BinaryOp::Mul, 4),
    ]);
    let Some(ran) = run(&script) else { return };
    assert_eq!(ran.lines, ["@by_key[1]: -12", "@sum: 42"]);
}

#[test]
fn deletion() {
    let mut script = Script::raw();
    let keyed = script.hash("@k", Type::I64, Type::I64);
    let scalar = script.scalar_map("@s", Type::I64);
    let other = script.map(
        "@p",
        Some(Type::I64),
        MapValue::Plain(Type::I64),
        MapKind::PerCpuHash,
    );
    let mut body = vec![
        set(keyed, Some(int(1)), int(1)),
        set(keyed, Some(int(2)), int(2)),
        set(scalar, None, int(3)),
        set(other, Some(int(4)), int(4)),
    ];
    for value in [
        delete(keyed, Some(int(1))),
        delete(keyed, Some(int(1))),
        delete(scalar, None),
        delete(scalar, None),
        delete(other, Some(int(4))),
        get(scalar, None, Type::I64),
    ] {
        body.push(print(&mut script, value));
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(
        ran.lines,
        ["true", "false", "true", "false", "true", "0", "@k[2]: 2"]
    );
}

#[test]
fn a_full_map_counts_what_it_refuses() {
    let mut script = Script::raw();
    let keyed = script.hash("@k", Type::I64, Type::I64);
    let counts = script.aggregation("@c", Some(Type::I64), sema::ir::Aggregation::Count);
    script.program.maps[0].max_entries = 2;
    script.program.maps[1].max_entries = 2;
    let mut body = Vec::new();
    for key in 0..5 {
        body.push(set(keyed, Some(int(key)), int(key)));
        body.push(aggregate(
            counts,
            Some(int(key)),
            sema::ir::Aggregation::Count,
            None,
        ));
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["@c[0]: 1", "@c[1]: 1", "@k[0]: 0", "@k[1]: 1"]);
    assert_eq!(ran.messages.matches('3').count(), 2, "{}", ran.messages);
}

#[test]
fn values_in_memory() {
    let mut script = Script::raw();
    let pair = Type::Tuple(vec![Type::I32, string(8)]);
    let scalar = script.scalar_map("@s", pair.clone());
    let keyed = script.hash("@k", string(8), pair.clone());
    let variable = script.variable(pair.clone());
    let text = |text: &str| expr(ExprKind::Resize(Box::new(literal(text))), string(8));
    let value = |number, name: &str| tuple([typed(number, Type::I32), text(name)]);
    let member = |base: Expr, number, ty| expr(ExprKind::Member(Box::new(base), number), ty);
    let read = || var(variable, pair.clone());
    // A value put together from itself must not read what it has already written.
    let turned = tuple([
        binary(
            BinaryOp::Add,
            member(read(), 0, Type::I32),
            typed(1, Type::I32),
        ),
        member(read(), 1, string(8)),
    ]);
    let body = [
        set_var(variable, value(4, "four")),
        set_var(variable, turned),
        set(scalar, None, read()),
        set(keyed, Some(text("x")), get(scalar, None, pair.clone())),
        set(keyed, Some(text("x")), value(9, "nine")),
        set(
            keyed,
            Some(text("y")),
            get(keyed, Some(text("none")), pair.clone()),
        ),
    ];
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.after("@s: "), "(5, four)");
    assert_eq!(ran.after("@k[x]: "), "(9, nine)");
    assert_eq!(ran.after("@k[y]: "), "(0, )");
}

#[test]
fn every_kind_of_map_takes_and_gives() {
    let mut script = Script::raw();
    let kinds = [
        MapKind::Hash,
        MapKind::LruHash,
        MapKind::PerCpuHash,
        MapKind::LruPerCpuHash,
    ];
    let mut body = Vec::new();
    for kind in kinds {
        let map = script.map("@m", Some(Type::I64), MapValue::Plain(Type::I64), kind);
        body.push(set(map, Some(int(1)), int(5)));
        let change = increment(place(map, Some(int(1))), 2, false, Type::I64);
        body.push(print(&mut script, change));
    }
    let map = script.map(
        "@m",
        None,
        MapValue::Plain(Type::I64),
        MapKind::PerCpuScalar,
    );
    body.push(set(map, None, int(5)));
    body.push(print(&mut script, get(map, None, Type::I64)));
    // What a per-CPU map prints at the end depends on the CPU it ran on.
    body.push(exit(0));
    script.program.config.print_maps_on_exit = false;
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines, ["7", "7", "7", "7", "5"]);
}
