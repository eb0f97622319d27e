//! `args` as a value: a record of every argument.

use super::{Args, args};
use crate::cx::Cx;
use crate::error;
use crate::infer::{record_of, valued};
use crate::ty::Ty;
use crate::typed::Typed;
use parser::ast::Ident;

/// The arguments of the probe as a record.
pub(crate) fn as_record(whole: &Typed, cx: &mut Cx<'_>) -> Typed {
    let span = whole.span;
    let names: Vec<String> = match cx.program.site.args.clone() {
        Args::Tracepoint(format) => format.own_fields().map(|f| f.name.clone()).collect(),
        Args::Raw(params) => params.iter().map(|(name, _)| name.clone()).collect(),
        Args::Function(signature) => signature.params.iter().map(|p| p.name.clone()).collect(),
        Args::None | Args::Iter(_) | Args::Registers(_) | Args::Usdt(_) | Args::User(_) => {
            return cx.fail(error::not_printable(&Ty::Args, span), span);
        }
    };
    let fields: Vec<(String, Typed)> = names
        .into_iter()
        .map(|name| {
            let ident = Ident {
                name: name.clone(),
                span,
            };
            let value = args::field(&ident, span, cx);
            (name, valued(value, cx))
        })
        .collect();
    record_of(fields, span)
}
