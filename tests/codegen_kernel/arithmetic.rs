//! Operators on numbers that the compiler cannot see, against Rust's own arithmetic.

use crate::harness::run;
use crate::support::*;
use sema::ir::{BinaryOp, CompareOp, Expr, ExprKind, Type, UnaryOp};

const OPERATORS: [BinaryOp; 10] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Shl,
    BinaryOp::Shr,
    BinaryOp::BitAnd,
    BinaryOp::BitOr,
    BinaryOp::BitXor,
];

fn integer(bytes: u8, signed: bool) -> Type {
    Type::Int { bytes, signed }
}

/// What the language defines, on 128 bits: no case of it overflows there.
fn expected(op: BinaryOp, ty: &Type, left: i128, right: i128) -> i128 {
    let width = 8 * ty.size();
    let amount = (right as u128 % u128::from(width)) as u32;
    let value = match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::Div if right == 0 => 0,
        BinaryOp::Div => left / right,
        BinaryOp::Mod if right == 0 => left,
        BinaryOp::Mod => left % right,
        BinaryOp::Shl => left << amount,
        BinaryOp::Shr => left >> amount,
        BinaryOp::BitAnd => left & right,
        BinaryOp::BitOr => left | right,
        BinaryOp::BitXor => left ^ right,
    };
    cut(ty, value)
}

fn cut(ty: &Type, value: i128) -> i128 {
    match (ty.size(), ty.is_signed()) {
        (1, true) => i128::from(value as i8),
        (1, false) => i128::from(value as u8),
        (2, true) => i128::from(value as i16),
        (2, false) => i128::from(value as u16),
        (4, true) => i128::from(value as i32),
        (4, false) => i128::from(value as u32),
        (_, true) => i128::from(value as i64),
        (_, false) => i128::from(value as u64),
    }
}

fn edges(ty: &Type) -> Vec<i128> {
    let bits = 8 * ty.size();
    let mut values = vec![0, 1, 3, 100];
    if ty.is_signed() {
        values.extend([-1, -7, -(1i128 << (bits - 1))]);
    } else {
        values.extend([(1i128 << bits) - 1, 1i128 << (bits - 1)]);
    }
    values
}

fn all_pairs(ty: &Type) {
    for op in OPERATORS {
        let mut script = Script::raw();
        let left = script.scalar_map("@left", ty.clone());
        let right = script.scalar_map("@right", ty.clone());
        let mut wanted = Vec::new();
        let mut body = Vec::new();
        let shown = print_event(&mut script, ty.clone());
        for a in edges(ty) {
            for b in edges(ty) {
                wanted.push(expected(op, ty, a, b).to_string());
                let read = |map| get(map, None, ty.clone());
                body.push(set(left, None, typed(a as i64, ty.clone())));
                body.push(set(right, None, typed(b as i64, ty.clone())));
                body.push(emit(shown, [binary(op, read(left), read(right))]));
            }
        }
        let Some(ran) = run(&script.body(body)) else {
            return;
        };
        assert_eq!(ran.lines[..wanted.len()], wanted, "{op:?} of {ty:?}");
    }
}

#[test]
fn int64() {
    all_pairs(&Type::I64);
}

#[test]
fn uint64() {
    all_pairs(&Type::U64);
}

#[test]
fn int32() {
    all_pairs(&Type::I32);
}

#[test]
fn uint32() {
    all_pairs(&Type::U32);
}

#[test]
fn int16() {
    all_pairs(&integer(2, true));
}

#[test]
fn uint8() {
    all_pairs(&Type::U8);
}

#[test]
fn a_constant_divisor() {
    let mut script = Script::raw();
    let number = script.scalar_map("@number", Type::I64);
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    let shown = print_event(&mut script, Type::I64);
    for value in [-1_000_001i64, -8, -7, 0, 7, 8, 1_000_001, i64::MIN] {
        for divisor in [1i64, 2, -2, 3, 1000, -1] {
            let read = || get(number, None, Type::I64);
            body.push(set(number, None, int(value)));
            for op in [BinaryOp::Div, BinaryOp::Mod] {
                body.push(emit(shown, [binary(op, read(), int(divisor))]));
            }
            wanted.push(value.wrapping_div(divisor).to_string());
            wanted.push(value.wrapping_rem(divisor).to_string());
        }
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
}

#[test]
fn comparisons_follow_the_sign_of_their_type() {
    let mut script = Script::raw();
    let mut body = Vec::new();
    let mut wanted = Vec::new();
    let shown = print_event(&mut script, Type::Bool);
    for ty in [Type::I64, Type::U64, Type::I32, Type::U8] {
        let left = script.scalar_map("@left", ty.clone());
        let right = script.scalar_map("@right", ty.clone());
        for (a, b) in [(1i64, 2i64), (2, 1), (-1, 1), (1, -1), (-1, -1)] {
            body.push(set(left, None, typed(a, ty.clone())));
            body.push(set(right, None, typed(b, ty.clone())));
            let (a, b) = (cut(&ty, i128::from(a)), cut(&ty, i128::from(b)));
            for (op, holds) in [
                (CompareOp::Eq, a == b),
                (CompareOp::Ne, a != b),
                (CompareOp::Lt, a < b),
                (CompareOp::Le, a <= b),
                (CompareOp::Gt, a > b),
                (CompareOp::Ge, a >= b),
            ] {
                let read = |map| get(map, None, ty.clone());
                body.push(emit(shown, [compare(op, read(left), read(right))]));
                wanted.push(holds.to_string());
            }
        }
    }
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
}

#[test]
fn conversions_cut_and_extend() {
    let mut script = Script::raw();
    let wide = script.scalar_map("@wide", Type::I64);
    let narrow = script.scalar_map("@narrow", integer(1, true));
    let types = [
        integer(1, true),
        Type::U8,
        integer(2, true),
        Type::U16,
        Type::I32,
        Type::U32,
        Type::U64,
    ];
    let mut body = vec![
        set(wide, None, int(-2_000_000_001)),
        set(narrow, None, typed(-3, integer(1, true))),
    ];
    let mut wanted = Vec::new();
    for ty in types {
        for (map, from, value) in [
            (wide, Type::I64, -2_000_000_001i128),
            (narrow, integer(1, true), -3),
        ] {
            let value = cut(&ty, value).to_string();
            let read = get(map, None, from);
            body.push(print(&mut script, convert(read, ty.clone())));
            wanted.push(value);
        }
    }
    let truth = convert(get(wide, None, Type::I64), Type::Bool);
    body.push(print(&mut script, truth.clone()));
    wanted.push("true".to_owned());
    body.push(print(&mut script, unary(UnaryOp::Not, truth)));
    wanted.push("false".to_owned());
    body.push(print(
        &mut script,
        unary(UnaryOp::BitNot, get(wide, None, Type::I64)),
    ));
    wanted.push("2000000000".to_owned());
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..wanted.len()], wanted);
}

fn unary(op: UnaryOp, operand: Expr) -> Expr {
    let ty = operand.ty.clone();
    expr(ExprKind::Unary(op, Box::new(operand)), ty)
}

#[test]
fn logic_stops_as_soon_as_it_can() {
    let mut script = Script::raw();
    let (calls, zero) = (
        script.scalar_map("@calls", Type::I64),
        script.scalar_map("@zero", Type::I64),
    );
    let yes = || {
        let count = increment(place(calls, None), 1, false, Type::I64);
        compare(CompareOp::Gt, count, int(0))
    };
    let no = || compare(CompareOp::Ne, get(zero, None, Type::I64), int(0));
    let and = |a, b| expr(ExprKind::And(Box::new(a), Box::new(b)), Type::Bool);
    let or = |a, b| expr(ExprKind::Or(Box::new(a), Box::new(b)), Type::Bool);
    let values = [
        and(no(), yes()),
        or(yes(), yes()),
        and(yes(), no()),
        or(no(), and(yes(), or(no(), yes()))),
    ];
    let body: Vec<_> = values.map(|v| print(&mut script, v)).into_iter().collect();
    let Some(ran) = run(&script.body(body)) else {
        return;
    };
    assert_eq!(ran.lines[..4], ["false", "true", "false", "true"]);
    assert_eq!(ran.after("@calls: "), "4");
}
