//! Expressions as a person would write them in a sentence.

use parser::ast::{Expr, ExprKind, IncDec};

/// Characters of an expression that still fit a sentence.
const LONGEST: usize = 40;

/// The text of an expression, where it is short and simple.
pub(super) fn spell(e: &Expr) -> Option<String> {
    write(e).filter(|text| text.chars().count() <= LONGEST)
}

fn write(e: &Expr) -> Option<String> {
    Some(match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Bool(truth) => truth.to_string(),
        ExprKind::Str(bytes) => format!("{:?}", std::str::from_utf8(bytes).ok()?),
        ExprKind::Ident(name) | ExprKind::Var(name) | ExprKind::Map(name) => name.clone(),
        ExprKind::MapIndex { map, keys } => format!("{}[{}]", map.name, list(keys)?),
        ExprKind::Positional(n) => format!("${n}"),
        ExprKind::PositionalCount => "$#".to_owned(),
        ExprKind::Unary(op, operand) => format!("{}{}", op.as_str(), operand_of(operand)?),
        ExprKind::IncDec { op, target } => {
            let target = write(target)?;
            match op {
                IncDec::PreInc => format!("++{target}"),
                IncDec::PreDec => format!("--{target}"),
                IncDec::PostInc => format!("{target}++"),
                IncDec::PostDec => format!("{target}--"),
            }
        }
        ExprKind::Binary { op, left, right } => {
            let (left, right) = (operand_of(left)?, operand_of(right)?);
            format!("{left} {} {right}", op.as_str())
        }
        ExprKind::Call { name, args } => format!("{}({})", name.name, list(args)?),
        ExprKind::Field { base, name } => format!("{}.{}", operand_of(base)?, name.name),
        ExprKind::TupleField { base, index, .. } => format!("{}.{index}", operand_of(base)?),
        ExprKind::Index { base, index } => format!("{}[{}]", operand_of(base)?, write(index)?),
        ExprKind::Tuple(elems) => format!("({})", list(elems)?),
        _ => return None,
    })
}

/// An operand, in parentheses where it is an operation itself.
fn operand_of(e: &Expr) -> Option<String> {
    let text = write(e)?;
    Some(match e.kind {
        ExprKind::Binary { .. } => format!("({text})"),
        _ => text,
    })
}

fn list(exprs: &[Expr]) -> Option<String> {
    let texts: Option<Vec<String>> = exprs.iter().map(write).collect();
    Some(texts?.join(", "))
}
