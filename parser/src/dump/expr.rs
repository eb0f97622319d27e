//! Expressions and types.

use super::{Tree, stmt};
use crate::ast::*;
use lexer::Span;

pub(super) fn expr(tree: &mut Tree<'_>, expr: &Expr) {
    tree.node(&label(&expr.kind), expr.span, |tree| {
        children(tree, &expr.kind)
    });
}

/// The line of a node, without its children.
fn label(kind: &ExprKind) -> String {
    match kind {
        ExprKind::Int(value) => format!("integer {value}"),
        ExprKind::Str(bytes) => format!("string \"{}\"", bytes.escape_ascii()),
        ExprKind::Text(_) => "text".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Ident(name) => format!("name {name}"),
        ExprKind::Var(name) => format!("variable {name}"),
        ExprKind::Map(name) => format!("map {name}"),
        ExprKind::MapIndex { map, .. } => format!("map entry {}", map.name),
        ExprKind::Positional(number) => format!("parameter ${number}"),
        ExprKind::PositionalCount => "parameter count".to_owned(),
        ExprKind::Unary(op, _) => format!("unary {}", op.as_str().trim_end()),
        ExprKind::IncDec { op, .. } => format!("step {op:?}"),
        ExprKind::Binary { op, .. } => format!("binary {}", op.as_str()),
        ExprKind::Ternary { then: None, .. } => "ternary ?:".to_owned(),
        ExprKind::Ternary { .. } => "ternary".to_owned(),
        ExprKind::Call { name, .. } => format!("call {}", name.name),
        ExprKind::Cast { .. } => "cast".to_owned(),
        ExprKind::Field { name, .. } => format!("field {}", name.name),
        ExprKind::TupleField { index, .. } => format!("element {index}"),
        ExprKind::Index { .. } => "index".to_owned(),
        ExprKind::Tuple(_) => "tuple".to_owned(),
        ExprKind::Record(_) => "record".to_owned(),
        ExprKind::SizeOf(_) => "sizeof".to_owned(),
        ExprKind::OffsetOf { path, .. } => format!("offsetof {}", path_text(path)),
        ExprKind::TypeInfo(_) => "typeinfo".to_owned(),
        ExprKind::ContainerOf { path, .. } => format!("container_of {}", path_text(path)),
        ExprKind::Block(_) => "block expression".to_owned(),
    }
}

fn children(tree: &mut Tree<'_>, kind: &ExprKind) {
    match kind {
        ExprKind::Int(_)
        | ExprKind::Str(_)
        | ExprKind::Bool(_)
        | ExprKind::Ident(_)
        | ExprKind::Var(_)
        | ExprKind::Map(_)
        | ExprKind::Positional(_)
        | ExprKind::PositionalCount => {}
        ExprKind::MapIndex { keys: list, .. }
        | ExprKind::Call { args: list, .. }
        | ExprKind::Text(list)
        | ExprKind::Tuple(list) => list.iter().for_each(|e| expr(tree, e)),
        ExprKind::Unary(_, inner)
        | ExprKind::IncDec { target: inner, .. }
        | ExprKind::Field { base: inner, .. }
        | ExprKind::TupleField { base: inner, .. } => expr(tree, inner),
        ExprKind::Binary {
            left: first,
            right: second,
            ..
        }
        | ExprKind::Index {
            base: first,
            index: second,
        } => {
            expr(tree, first);
            expr(tree, second);
        }
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => {
            expr(tree, cond);
            then.iter().for_each(|e| expr(tree, e));
            expr(tree, otherwise);
        }
        ExprKind::Cast { ty: to, value } => {
            ty(tree, to);
            expr(tree, value);
        }
        ExprKind::Record(fields) => {
            for (name, value) in fields {
                let text = format!("entry {}", name.name);
                tree.node(&text, name.span, |tree| expr(tree, value));
            }
        }
        ExprKind::SizeOf(of) | ExprKind::TypeInfo(of) | ExprKind::OffsetOf { of, .. } => {
            type_or_expr(tree, of);
        }
        ExprKind::ContainerOf {
            pointer, ty: of, ..
        } => {
            expr(tree, pointer);
            ty(tree, of);
        }
        ExprKind::Block(block) => stmt::block(tree, block),
    }
}

fn type_or_expr(tree: &mut Tree<'_>, of: &TypeOrExpr) {
    match of {
        TypeOrExpr::Type(of) => ty(tree, of),
        TypeOrExpr::Expr(of) => expr(tree, of),
    }
}

pub(super) fn ty(tree: &mut Tree<'_>, ty: &TypeExpr) {
    let span: Span = ty.span;
    match &ty.kind {
        TypeKind::Named(name) => tree.leaf(&format!("type {name}"), span),
        TypeKind::Struct(name) => tree.leaf(&format!("type struct {name}"), span),
        TypeKind::Union(name) => tree.leaf(&format!("type union {name}"), span),
        TypeKind::Enum(name) => tree.leaf(&format!("type enum {name}"), span),
        TypeKind::Sized(name, size) => {
            tree.node(&format!("type {name} of size"), span, |tree| {
                expr(tree, size)
            });
        }
        TypeKind::Pointer(to) => tree.node("type pointer", span, |tree| self::ty(tree, to)),
        TypeKind::Array(of, size) => tree.node("type array", span, |tree| {
            self::ty(tree, of);
            size.iter().for_each(|s| expr(tree, s));
        }),
        TypeKind::Tuple(elems) => tree.node("type tuple", span, |tree| {
            elems.iter().for_each(|elem| self::ty(tree, elem));
        }),
        TypeKind::Record(fields) => tree.node("type record", span, |tree| {
            for (name, of) in fields {
                let text = format!("entry {}", name.name);
                tree.node(&text, name.span, |tree| self::ty(tree, of));
            }
        }),
        TypeKind::TypeOf(of) => tree.node("type of", span, |tree| type_or_expr(tree, of)),
    }
}

fn path_text(path: &[Ident]) -> String {
    let names: Vec<&str> = path.iter().map(|name| name.name.as_str()).collect();
    names.join(".")
}
