//! Expressions and types, with the parentheses that C's precedence asks for and those that the
//! source has around an operation inside another.

use super::{Printer, WIDTH, stmt, text};
use crate::ast::*;

/// How tightly an expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Anything,
    Binary(u8),
    Unary,
    Postfix,
    Primary,
}

/// An expression where any can stand.
pub(super) fn value(p: &mut Printer<'_>, expr: &Expr) {
    print(p, expr);
}

/// An expression in parentheses of its own.
pub(super) fn parenthesized(p: &mut Printer<'_>, expr: &Expr) {
    p.write("(");
    print(p, expr);
    p.write(")");
}

/// Things between commas.
pub(super) fn list<T>(p: &mut Printer<'_>, things: &[T], print: impl Fn(&mut Printer<'_>, &T)) {
    for (index, thing) in things.iter().enumerate() {
        if index > 0 {
            p.write(", ");
        }
        print(p, thing);
    }
}

/// Arguments between commas, on a new line wherever one does not fit.
pub(super) fn filled(p: &mut Printer<'_>, args: &[Expr]) {
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            p.write(",");
        }
        let start = p.mark();
        p.write(if index > 0 { " " } else { "" });
        value(p, arg);
        if index > 0 && p.column() > WIDTH - ",".len() {
            p.rewind(start);
            p.newline();
            value(p, arg);
        }
    }
}

/// An operand that must bind at least as tightly as `least`.
fn operand(p: &mut Printer<'_>, expr: &Expr, least: Level) {
    if level(&expr.kind) < least || text::in_parentheses(expr) {
        parenthesized(p, expr);
    } else {
        print(p, expr);
    }
}

fn level(kind: &ExprKind) -> Level {
    match kind {
        ExprKind::Ternary { .. } | ExprKind::Block(_) => Level::Anything,
        ExprKind::Binary { op, .. } => Level::Binary(tier(*op)),
        ExprKind::Unary(..) | ExprKind::Cast { .. } => Level::Unary,
        ExprKind::IncDec { op, .. } => match op {
            IncDec::PreInc | IncDec::PreDec => Level::Unary,
            IncDec::PostInc | IncDec::PostDec => Level::Postfix,
        },
        ExprKind::Field { .. } | ExprKind::TupleField { .. } | ExprKind::Index { .. } => {
            Level::Postfix
        }
        _ => Level::Primary,
    }
}

/// The tier of an operator as in the grammar, 0 the loosest.
fn tier(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 0,
        BinaryOp::And => 1,
        BinaryOp::BitOr => 2,
        BinaryOp::BitXor => 3,
        BinaryOp::BitAnd => 4,
        BinaryOp::Eq | BinaryOp::Ne => 5,
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 6,
        BinaryOp::Shl | BinaryOp::Shr => 7,
        BinaryOp::Add | BinaryOp::Sub => 8,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 9,
    }
}

fn print(p: &mut Printer<'_>, expr: &Expr) {
    match &expr.kind {
        ExprKind::Int(value) => {
            let text = text::integer(p.slice(expr.span), *value);
            p.write(&text);
        }
        ExprKind::Str(bytes) => string(p, expr, bytes),
        ExprKind::Text(pieces) => text_pieces(p, pieces),
        ExprKind::Bool(value) => p.write(&value.to_string()),
        ExprKind::Ident(name) | ExprKind::Var(name) | ExprKind::Map(name) => p.write(name),
        ExprKind::Positional(number) => p.write(&format!("${number}")),
        ExprKind::PositionalCount => p.write("$#"),
        ExprKind::MapIndex { map, keys } => {
            p.write(&map.name);
            bracketed(p, keys);
        }
        ExprKind::Call { name, args } => {
            p.write(&name.name);
            p.write("(");
            list(p, args, value);
            p.write(")");
        }
        ExprKind::Tuple(_) | ExprKind::Record(_) => aggregate(p, &expr.kind),
        ExprKind::Block(block) => stmt::block(p, block),
        ExprKind::SizeOf(_)
        | ExprKind::OffsetOf { .. }
        | ExprKind::TypeInfo(_)
        | ExprKind::ContainerOf { .. } => about_types(p, &expr.kind),
        _ => operation(p, &expr.kind),
    }
}

fn operation(p: &mut Printer<'_>, kind: &ExprKind) {
    match kind {
        ExprKind::Unary(op, inner) => prefix(p, op.as_str(), inner),
        ExprKind::IncDec { op, target } => match op {
            IncDec::PreInc => prefix(p, "++", target),
            IncDec::PreDec => prefix(p, "--", target),
            IncDec::PostInc => postfix(p, target, "++"),
            IncDec::PostDec => postfix(p, target, "--"),
        },
        ExprKind::Binary { op, left, right } => {
            operand(p, left, Level::Binary(tier(*op)));
            p.write(&format!(" {} ", op.as_str()));
            operand(p, right, tighter(tier(*op)));
        }
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => {
            operand(p, cond, Level::Binary(0));
            p.write(if then.is_some() { " ? " } else { " ?: " });
            if let Some(then) = then {
                value(p, then);
                p.write(" : ");
            }
            value(p, otherwise);
        }
        ExprKind::Cast { ty: to, value } => cast(p, to, value),
        ExprKind::Field { base, name } => postfix(p, base, &format!(".{}", name.name)),
        ExprKind::TupleField { base, index, .. } => postfix(p, base, &format!(".{index}")),
        ExprKind::Index { base, index } => {
            operand(p, base, Level::Postfix);
            bracketed(p, std::slice::from_ref(index));
        }
        _ => {}
    }
}

/// The level that the right operand of a left-associative operator needs.
fn tighter(tier: u8) -> Level {
    match tier {
        9 => Level::Unary,
        tier => Level::Binary(tier + 1),
    }
}

fn prefix(p: &mut Printer<'_>, op: &str, inner: &Expr) {
    p.write(op);
    let start = p.mark();
    operand(p, inner, Level::Unary);
    // `- -x` and `& &x` must not become `--x` and `&&x`.
    if matches!(op, "-" | "&") && p.since(start).starts_with(op) {
        p.out.insert(start.length, ' ');
    }
}

fn postfix(p: &mut Printer<'_>, inner: &Expr, op: &str) {
    operand(p, inner, Level::Postfix);
    p.write(op);
}

fn bracketed<T: std::borrow::Borrow<Expr>>(p: &mut Printer<'_>, keys: &[T]) {
    p.write("[");
    list(p, keys, |p, key| value(p, key.borrow()));
    p.write("]");
}

/// `(T)e`. After a typedef's name an operator that could stand between two values would be taken
/// for one, so such an operand keeps parentheses.
fn cast(p: &mut Printer<'_>, to: &TypeExpr, inner: &Expr) {
    p.write("(");
    let start = p.mark();
    ty(p, to);
    let is_plain = !lexer::starts_type(p.since(start)) && !p.out.ends_with('*');
    p.write(")");
    let start = p.mark();
    operand(p, inner, Level::Unary);
    if is_plain && p.since(start).starts_with(['-', '+', '*', '&']) {
        p.rewind(start);
        parenthesized(p, inner);
    }
}

/// A string in its pieces; those on lines of their own stay there.
fn string(p: &mut Printer<'_>, expr: &Expr, bytes: &[u8]) {
    let Some(pieces) = text::pieces(p.slice(expr.span)) else {
        p.write(&text::quoted(bytes));
        return;
    };
    let Some((first, rest)) = pieces.split_first() else {
        return;
    };
    p.write(first.text);
    p.indent += 1;
    for piece in rest {
        match piece.on_new_line {
            true => p.newline(),
            false => p.write(" "),
        }
        p.write(piece.text);
    }
    p.indent -= 1;
}

/// Literals and the names of literals.
fn text_pieces(p: &mut Printer<'_>, pieces: &[Expr]) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            p.write(" ");
        }
        print(p, piece);
    }
}

fn aggregate(p: &mut Printer<'_>, kind: &ExprKind) {
    p.write("(");
    match kind {
        ExprKind::Tuple(elements) => {
            list(p, elements, value);
            if elements.len() == 1 {
                p.write(",");
            }
        }
        ExprKind::Record(fields) => list(p, fields, |p, (name, of)| {
            p.write(&format!("{}=", name.name));
            value(p, of);
        }),
        _ => {}
    }
    p.write(")");
}

fn about_types(p: &mut Printer<'_>, kind: &ExprKind) {
    match kind {
        ExprKind::SizeOf(of) => {
            p.write("sizeof(");
            type_or_expr(p, of);
        }
        ExprKind::TypeInfo(of) => {
            p.write("typeinfo(");
            type_or_expr(p, of);
        }
        ExprKind::OffsetOf { of, path } => {
            p.write("offsetof(");
            type_or_expr(p, of);
            p.write(&format!(", {}", joined(path)));
        }
        ExprKind::ContainerOf {
            pointer,
            ty: of,
            path,
        } => {
            p.write("container_of(");
            value(p, pointer);
            p.write(", ");
            ty(p, of);
            p.write(&format!(", {}", joined(path)));
        }
        _ => {}
    }
    p.write(")");
}

fn type_or_expr(p: &mut Printer<'_>, of: &TypeOrExpr) {
    match of {
        TypeOrExpr::Type(of) => ty(p, of),
        TypeOrExpr::Expr(of) => value(p, of),
    }
}

pub(super) fn ty(p: &mut Printer<'_>, of: &TypeExpr) {
    match &of.kind {
        TypeKind::Named(name) => p.write(name),
        TypeKind::Struct(name) => p.write(&format!("struct {name}")),
        TypeKind::Union(name) => p.write(&format!("union {name}")),
        TypeKind::Enum(name) => p.write(&format!("enum {name}")),
        TypeKind::Sized(name, size) => {
            p.write(name);
            bracketed(p, std::slice::from_ref(size));
        }
        TypeKind::Pointer(to) => {
            ty(p, to);
            let star = if matches!(to.kind, TypeKind::Pointer(_)) {
                "*"
            } else {
                " *"
            };
            p.write(star);
        }
        TypeKind::Array(element, size) => {
            ty(p, element);
            p.write("[");
            size.iter().for_each(|size| value(p, size));
            p.write("]");
        }
        TypeKind::Tuple(elems) => {
            p.write("(");
            list(p, elems, ty);
            p.write(if elems.len() == 1 { ",)" } else { ")" });
        }
        TypeKind::Record(fields) => {
            p.write("(");
            list(p, fields, |p, (name, of)| {
                p.write(&format!("{}=", name.name));
                ty(p, of);
            });
            p.write(")");
        }
        TypeKind::TypeOf(inner) => {
            p.write("typeof(");
            type_or_expr(p, inner);
            p.write(")");
        }
    }
}

fn joined(path: &[Ident]) -> String {
    let names: Vec<&str> = path.iter().map(|name| name.name.as_str()).collect();
    names.join(".")
}
