//! Types of everything in a probe: each construct's rule is in the file of its theme.

mod access;
mod address;
mod assign;
mod cast;
mod constant;
mod convert;
mod describe;
mod expr;
mod looping;
pub(crate) mod macros;
mod memory;
mod object;
mod op;
mod stmt;

pub(crate) use access::{MapPlace, map_place, place_of};
pub(crate) use assign::{assign_variable, counter, keep, keep_key};
pub(crate) use cast::integer_named;
pub(crate) use constant::truth as known_truth;
pub(crate) use expr::{check_expr, check_printed, check_value, number, record_of, text};
pub(crate) use macros::{Frame, Macros, aggregated};
pub(crate) use memory::{field_of, from_btf, pointed_to};
pub(crate) use object::valued;
pub(crate) use op::condition;

use crate::cx::Cx;
use crate::ir::{self, MapKind};
use crate::{error, provider, ty::Ty};
use parser::ast;

/// Checks a clause for the place that the context names.
pub(crate) fn check_probe(probe: &ast::Probe, cx: &mut Cx<'_>) -> ir::Probe {
    let written = probe.predicate.as_ref().map(|p| op::condition(p, cx));
    let own = provider::condition(probe.span, cx);
    let predicate = match (own, written) {
        (Some(own), Some(written)) => Some(crate::typed::expr(
            ir::ExprKind::And(Box::new(own), Box::new(written)),
            ir::Type::Bool,
            probe.span,
        )),
        (own, written) => own.or(written),
    };
    let body = stmt::check_body(&probe.body, cx);
    let provider = cx.program.site.name.split(':').next().unwrap_or("");
    let provider: String = provider.chars().take(10).collect();
    ir::Probe {
        symbol: format!("{provider}_{}", cx.program.number + 1),
        program: cx.program.site.program,
        targets: Vec::new(),
        variables: cx.program.variables.lower(),
        predicate,
        body,
        span: probe.span,
    }
}

/// Reports maps that are read but never filled, or with nothing but themselves. Called once types
/// are stable.
pub(crate) fn check_maps(cx: &mut Cx<'_>) {
    let filled = |m: &&crate::tables::MapEntry| m.value.is_some() && !m.is_unknown();
    let reported = cx.has_errors();
    let names: Vec<String> = cx
        .maps
        .iter()
        .filter(filled)
        .map(|m| m.name.clone())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let empty = cx.maps.iter().filter(|m| match m.is_unknown() {
        true => !reported,
        false => m.value.is_none() && m.declared.is_none() && !m.attempted,
    });
    let reports: Vec<_> = empty
        .map(|m| error::unknown_map(&m.name, &names, m.span))
        .collect();
    reports.into_iter().for_each(|report| cx.report(report));
}

/// Reports a feature that the script's settings refuse.
pub(crate) fn refuse(feature: &str, what: &str, span: lexer::Span, cx: &mut Cx<'_>) {
    if cx.config.refused.iter().any(|refused| refused == feature) {
        cx.report(error::refused(feature, what, span));
    }
}

/// Takes in `let @m = kind(size);`.
pub(crate) fn declare_map(decl: &ast::MapDecl, cx: &mut Cx<'_>) {
    refuse("map_decl", "declarations of maps", decl.span, cx);
    let kinds = [
        ("hash", MapKind::Hash),
        ("lruhash", MapKind::LruHash),
        ("percpuhash", MapKind::PerCpuHash),
        ("percpulruhash", MapKind::LruPerCpuHash),
    ];
    let Some(&(_, kind)) = kinds.iter().find(|(name, _)| *name == decl.kind.name) else {
        let names = kinds.map(|(name, _)| name);
        cx.report(error::unknown_map_kind(
            &decl.kind.name,
            &names,
            decl.kind.span,
        ));
        return;
    };
    let size = check_expr(&decl.size, cx);
    match size.as_literal().map(u32::try_from) {
        Some(Ok(size)) if size > 0 => {
            let map = cx.maps.id(&decl.map.name, decl.map.span);
            let entry = cx.maps.get(map);
            if entry.declared.is_some() {
                let first = entry.span;
                cx.report(error::redefined(&decl.map.name, decl.map.span, first));
            }
            cx.maps.declare(map, kind, size);
        }
        _ => cx.report(error::out_of_bounds(
            "the size of a map",
            "above 0",
            size.span,
        )),
    }
}

impl Ty {
    /// Whether it can be stored in a variable or map, or printed.
    pub(crate) fn is_value(&self) -> bool {
        !matches!(self, Ty::Void | Ty::Struct(_) | Ty::Args)
    }
}
