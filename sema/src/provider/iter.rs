//! `iter`: walks over objects of the kernel, one run of the program an object.

use super::{Args, Point, Site, nothing_matches};
use crate::cx::Cx;
use crate::error;
use crate::ir::{self, AttachTarget, ExprKind, Iter, ProgramType, Space};
use crate::kernel::btf::{Btf, BtfType, Kind, TypeId};
use crate::ty::Ty;
use crate::typed::{Memory, Typed};
use lexer::Span;

/// Prefix of the functions that BTF has for every iterator (`include/linux/bpf.h`).
const FUNCTION_PREFIX: &str = "bpf_iter_";

/// Prefix of the structs that programs find in their context.
const CONTEXT_PREFIX: &str = "bpf_iter__";

/// Where the BPF file system is mounted.
const PIN_DIRECTORY: &str = "/sys/fs/bpf";

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let (target, pin) = match point.parts.as_slice() {
        [target] => (target, None),
        // A path has no colon.
        [target, pin] if !pin.text.is_empty() => (target, Some(pin)),
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            return Vec::new();
        }
    };
    if let Some(pin) = pin.filter(|pin| !is_pin(&pin.text)) {
        cx.report(error::pin_name(&pin.text, pin.span));
        return Vec::new();
    }
    let answer = cx.kernel.btf();
    let Some(btf) = cx.ask(answer, point.span) else {
        return Vec::new();
    };
    let Some((function, context)) = find(btf, &target.text) else {
        let names = targets(btf);
        let report = error::unknown_iterator(&target.text, &names, target.span);
        nothing_matches(report, cx);
        return Vec::new();
    };
    let name = match pin {
        Some(pin) => format!("iter:{}:{}", target.text, pin.text),
        None => format!("iter:{}", target.text),
    };
    vec![Site {
        name,
        program: ProgramType::Tracing,
        attach: AttachTarget::Iter(Iter {
            target: target.text.clone(),
            btf_id: function.0,
            pin: pin.map(|pin| pin_path(&pin.text)),
        }),
        args: Args::Iter(context),
        raw: None,
    }]
}

/// Whether a file of the BPF file system can have this name: it keeps names with dots for itself.
fn is_pin(text: &str) -> bool {
    let mut parts = text.strip_prefix('/').unwrap_or(text).split('/');
    parts.all(|part| !part.is_empty() && !part.contains('.'))
}

/// The path of a pin, which without a directory is in the usual one.
fn pin_path(text: &str) -> String {
    match text.starts_with('/') {
        true => text.to_owned(),
        false => format!("{PIN_DIRECTORY}/{text}"),
    }
}

/// The function of an iterator and the struct that its programs find.
fn find(btf: &Btf, target: &str) -> Option<(TypeId, TypeId)> {
    let function = btf.find(&format!("{FUNCTION_PREFIX}{target}"), Kind::Function)?;
    Some((function, context(btf, target)?))
}

/// The struct that programs of an iterator find in their context.
pub(crate) fn context(btf: &Btf, target: &str) -> Option<TypeId> {
    btf.find(&format!("{CONTEXT_PREFIX}{target}"), Kind::Struct)
}

/// What can be iterated over, sorted.
pub(crate) fn targets(btf: &Btf) -> Vec<&str> {
    let functions = btf.names(Kind::Function).into_iter();
    let names = functions.filter_map(|(name, _)| name.strip_prefix(FUNCTION_PREFIX));
    let mut names: Vec<&str> = names.filter(|name| context(btf, name).is_some()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `ctx`: the struct that the program finds.
///
/// It is read by a helper, so that what it points to is an address like any other: of its members
/// the verifier would say that they may be null.
pub(crate) fn whole(context: TypeId, span: Span) -> Typed {
    let memory = Memory {
        base: super::args::context(span),
        offset: 0,
        space: Space::Kernel,
        bits: None,
    };
    Typed::memory(memory, Ty::Struct(context), span)
}

/// Whether there is an object: programs run once more when there is none left. The first member is
/// of the iterator itself, the second the object.
pub(crate) fn has_object(context: TypeId, span: Span, cx: &Cx<'_>) -> Option<ir::Expr> {
    let btf = cx.kernel.btf().ok()?;
    let BtfType::Struct(composite) = btf.get(context).ok()? else {
        return None;
    };
    let object = composite.members.into_iter().nth(1)?;
    let load = ExprKind::Load {
        base: Box::new(super::args::context(span)),
        offset: i64::from(object.bit_offset / 8),
        space: Space::Kernel,
        bits: None,
    };
    let load = crate::typed::expr(load, ir::Type::U64, span);
    let kind = ExprKind::Convert(Box::new(load));
    Some(crate::typed::expr(kind, ir::Type::Bool, span))
}
