//! Expressions: one call for each kind.

use super::{access, address, assign, cast, describe, object, op, stmt};
use crate::builtin;
use crate::cx::Cx;
use crate::error;
use crate::ir;
use crate::provider::whole;
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, ExprKind};

/// Checks an expression; what is wrong with it is reported once, and then it is of unknown type.
pub(crate) fn check_expr(e: &ast::Expr, cx: &mut Cx<'_>) -> Typed {
    let span = e.span;
    match &e.kind {
        ExprKind::Int(value) => Typed::literal(i128::from(*value), span),
        ExprKind::Text(pieces) => joined(pieces, span, cx),
        ExprKind::Bool(truth) => Typed::value(ir::ExprKind::Int(u64::from(*truth)), Ty::Bool, span),
        ExprKind::Str(bytes) => text(bytes.clone(), span),
        ExprKind::Ident(name) => builtin::check_name(name, span, cx),
        ExprKind::Var(name) => access::variable(name, span, cx),
        ExprKind::Map(name) => access::scalar_map(name, span, cx),
        ExprKind::MapIndex { map, keys } => access::map_entry(map, keys, span, cx),
        ExprKind::Positional(n) => positional(*n, span, cx),
        ExprKind::PositionalCount => Typed::literal(cx.options.positional.len() as i128, span),
        ExprKind::Unary(operator, operand) => op::unary(*operator, operand, span, cx),
        ExprKind::IncDec { op, target } => assign::increment(*op, target, span, cx),
        ExprKind::Binary { .. } => op::binary(e, cx),
        ExprKind::Ternary {
            cond,
            then,
            otherwise,
        } => op::ternary(cond, then.as_deref(), otherwise, span, cx),
        ExprKind::Call { name, args } => builtin::check_call(name, args, span, cx),
        ExprKind::Cast { ty, value } => cast::check(ty, value, span, cx),
        ExprKind::Field { base, name } => access::field(base, name, span, cx),
        ExprKind::TupleField {
            base,
            index,
            index_span,
        } => access::element(base, *index, *index_span, span, cx),
        ExprKind::Index { base, index } => access::index(base, index, span, cx),
        ExprKind::Tuple(elems) => tuple(elems, span, cx),
        ExprKind::Record(fields) => record(fields, span, cx),
        ExprKind::Block(block) => stmt::block_value(block, span, cx),
        ExprKind::SizeOf(what) => cast::size_of(what, span, cx),
        ExprKind::OffsetOf { of, path } => cast::offset_of(of, path, span, cx),
        ExprKind::TypeInfo(what) => describe::type_info(what, span, cx),
        ExprKind::ContainerOf { pointer, ty, path } => {
            address::container(pointer, ty, path, span, cx)
        }
    }
}

/// Checks an expression of which the value is wanted: calls that give none are reported, and so
/// are structs as a whole.
pub(crate) fn check_value(e: &ast::Expr, cx: &mut Cx<'_>) -> Typed {
    let value = check_printed(e, cx);
    match value.ty {
        Ty::StackCopy { .. } => cx.fail(error::stack_copy(e.span), e.span),
        _ => value,
    }
}

/// As [`check_value`], of what is printed at once.
pub(crate) fn check_printed(e: &ast::Expr, cx: &mut Cx<'_>) -> Typed {
    let value = check_expr(e, cx);
    match value.ty {
        Ty::Void => cx.fail(error::no_value(e.span), e.span),
        Ty::Args => whole::as_record(&value, cx),
        _ => object::valued(value, cx),
    }
}

/// A text constant, whose capacity is its length and the terminator.
pub(crate) fn text(bytes: Vec<u8>, span: Span) -> Typed {
    let ty = Ty::Str {
        cap: bytes.len() as u32 + 1,
        cut: false,
    };
    Typed::value(ir::ExprKind::Str(bytes), ty, span)
}

/// Text constants side by side, some of them by their names.
fn joined(pieces: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    let values: Vec<Typed> = pieces.iter().map(|piece| check_expr(piece, cx)).collect();
    if values.iter().any(Typed::is_unknown) {
        return Typed::unknown(span);
    }
    let mut bytes = Vec::new();
    for (n, value) in values.iter().enumerate() {
        let Some(more) = value.as_text() else {
            let neighbour = if n > 0 { n - 1 } else { n + 1 };
            let beside = (
                pieces[neighbour].span,
                values[neighbour].as_text().is_some(),
            );
            return cx.fail(error::not_a_text(pieces[n].span, beside), span);
        };
        bytes.extend_from_slice(more);
    }
    text(bytes, span)
}

/// `$1`: a number if it reads as one, otherwise a text; 0 where it was not given.
fn positional(n: u32, span: Span, cx: &mut Cx<'_>) -> Typed {
    let Some(given) = cx.options.parameter(n) else {
        return Typed::literal(0, span);
    };
    match number(given) {
        Some(value) => Typed::literal(value, span),
        None => text(given.as_bytes().to_vec(), span),
    }
}

/// A whole number as people write one on a command line.
pub(crate) fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None if digits.starts_with('0') && digits.len() > 1 => {
            u64::from_str_radix(digits, 8).ok()?
        }
        None => digits.parse().ok()?,
    };
    let value = sign * i128::from(value);
    (value >= i128::from(i64::MIN)).then_some(value)
}

fn tuple(elems: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    let elems: Vec<Typed> = elems.iter().map(|e| check_value(e, cx)).collect();
    tuple_of(elems, span)
}

/// A tuple of checked values.
pub(crate) fn tuple_of(elems: Vec<Typed>, span: Span) -> Typed {
    if elems.iter().any(Typed::is_unknown) {
        return Typed::unknown(span);
    }
    let types: Vec<Ty> = elems.iter().map(Typed::stored_type).collect();
    let values = elems
        .into_iter()
        .zip(&types)
        .map(|(e, ty)| e.convert(ty))
        .collect();
    Typed::value(ir::ExprKind::Aggregate(values), Ty::Tuple(types), span)
}

fn record(fields: &[(ast::Ident, ast::Expr)], span: Span, cx: &mut Cx<'_>) -> Typed {
    let fields = fields.iter();
    let fields = fields.map(|(name, e)| (name.name.clone(), check_value(e, cx)));
    record_of(fields.collect(), span)
}

/// A record of checked values.
pub(crate) fn record_of(fields: Vec<(String, Typed)>, span: Span) -> Typed {
    let (names, values): (Vec<String>, Vec<Typed>) = fields.into_iter().unzip();
    if values.iter().any(Typed::is_unknown) {
        return Typed::unknown(span);
    }
    let types: Vec<Ty> = values.iter().map(Typed::stored_type).collect();
    let values = values
        .into_iter()
        .zip(&types)
        .map(|(e, ty)| e.convert(ty))
        .collect();
    let ty = Ty::Record(names.into_iter().zip(types).collect());
    Typed::value(ir::ExprKind::Aggregate(values), ty, span)
}

impl Typed {
    /// The type in which a variable, key or map keeps the value: a literal that is not negative
    /// goes with every integer type, so it counts as the smallest unsigned one.
    pub(crate) fn stored_type(&self) -> Ty {
        match self.as_literal() {
            Some(value) if value >= 0 => {
                let fits = |bytes: &u8| Ty::int(*bytes, false).holds(value);
                let bytes = [1, 2, 4, 8].into_iter().find(fits).unwrap_or(8);
                Ty::int(bytes, false)
            }
            _ => self.ty.clone(),
        }
    }
}
