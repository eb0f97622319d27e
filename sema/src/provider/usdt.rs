//! `usdt`: static probes that programs and libraries bring along.

use super::uprobe::files;
use super::{Args, Point, Site, args, nothing_matches};
use crate::arch::Arch;
use crate::cx::Cx;
use crate::error;
use crate::ir::{
    self, AttachTarget, BinaryOp, CompareOp, ExprKind, ProgramType, Space, Uprobe, UserPlace,
};
use crate::kernel::Binary;
use crate::kernel::glob::{is_pattern, matches};
use crate::kernel::usdt::{ArgPlace, Base, Index, UsdtArg, UsdtPlace, UsdtProbe};
use crate::ty::Ty;
use crate::typed::{Memory, Typed, expr};
use lexer::{Diagnostic, Span};

pub(super) fn expand(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    let (file, namespace, name) = match point.parts.as_slice() {
        [file, name] => (file, None, name),
        [file, namespace, name] => (file, Some(namespace.text.as_str()), name),
        _ => {
            cx.report(error::attach_point_form(point.provider, point.span));
            return Vec::new();
        }
    };
    let Some(binaries) = files(file, &file.text, cx) else {
        return Vec::new();
    };
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    let many_files = is_pattern(&file.text);
    let mut sites = Vec::new();
    for binary in &binaries {
        let answer = binary.usdt();
        // Of everything that processes have mapped, some is no executable any more.
        let all = match answer {
            Err(_) if many_files => continue,
            answer => cx.ask(answer, file.span).unwrap_or_default(),
        };
        let wanted = |probe: &&UsdtProbe| {
            namespace.is_none_or(|pattern| matches(pattern, &probe.provider))
                && matches(&name.text, &probe.name)
        };
        let found: Vec<&UsdtProbe> = all.iter().filter(wanted).collect();
        if found.len() > 1 && namespace.is_none() && !is_pattern(&name.text) {
            let names: Vec<String> = found.iter().map(|p| full_name(binary.path(), p)).collect();
            cx.report(error::ambiguous_static_probe(&name.text, &names, name.span));
            return Vec::new();
        }
        sites.extend(
            found
                .into_iter()
                .map(|probe| site(binary.as_ref(), probe, cx)),
        );
    }
    if sites.is_empty() && !cx.has_errors() {
        let known = binaries.iter().filter_map(|binary| binary.usdt().ok());
        let names: Vec<String> = known.flatten().map(|probe| probe.name.clone()).collect();
        let report = match many_files {
            true => error::no_static_probe_anywhere(&name.text, binaries.len(), &names, name.span),
            false => error::no_static_probe(&name.text, binaries[0].path(), &names, name.span),
        };
        nothing_matches(report, cx);
    }
    sites
}

/// The full name of a static probe, as `probe` gives it.
pub(crate) fn full_name(path: &str, probe: &UsdtProbe) -> String {
    format!("usdt:{path}:{}:{}", probe.provider, probe.name)
}

fn site(binary: &dyn Binary, probe: &UsdtProbe, cx: &Cx<'_>) -> Site {
    let mut specs: Vec<Vec<UsdtArg>> = Vec::new();
    let mut places = Vec::new();
    for place in &probe.places {
        let args = placed(place, binary);
        let known = specs.iter().position(|known| *known == args);
        let layout = known.unwrap_or_else(|| {
            specs.push(args);
            specs.len() - 1
        });
        places.push(UserPlace {
            offset: place.offset,
            semaphore: place.semaphore,
            layout: layout as u32,
        });
    }
    Site {
        name: full_name(binary.path(), probe),
        program: ProgramType::Kprobe,
        attach: AttachTarget::Uprobe(Uprobe {
            path: binary.path().to_owned(),
            function: String::new(),
            places,
            is_return: false,
            pid: cx.options.pid.or(cx.options.child),
            by_pattern: false,
        }),
        args: Args::Usdt(specs.into()),
        raw: None,
    }
}

/// The arguments of a place, those in variables told by how far these are from the instruction:
/// a file is mapped as a whole, so both have moved alike, and where the instruction is its
/// pointer says.
fn placed(place: &UsdtPlace, binary: &dyn Binary) -> Vec<UsdtArg> {
    let mut args = place.args.clone();
    for arg in &mut args {
        let ArgPlace::Memory {
            base, displacement, ..
        } = &mut arg.place
        else {
            continue;
        };
        let Base::Symbol(symbol) = base else {
            continue;
        };
        let addresses = binary.addresses(symbol).unwrap_or_default();
        match (addresses.as_slice(), Arch::X86_64.register("ip")) {
            ([address], Some(pointer)) => {
                let distance = address.wrapping_sub(place.address).cast_signed();
                *displacement = displacement.wrapping_add(distance);
                *base = Base::Register(pointer);
            }
            _ => {
                arg.place = ArgPlace::Unplaced {
                    symbol: std::mem::take(symbol),
                    several: addresses.len() > 1,
                }
            }
        }
    }
    args
}

/// `argN`. Where the places of a probe keep it differently, the upper half of the cookie tells which it is.
pub(crate) fn argument(n: u32, specs: &[Vec<UsdtArg>], span: Span, cx: &mut Cx<'_>) -> Typed {
    let of: Option<Vec<&UsdtArg>> = specs.iter().map(|args| args.get(n as usize)).collect();
    let Some(of) = of.filter(|of| !of.is_empty()) else {
        let count = specs.iter().map(Vec::len).min().unwrap_or(0);
        let name = cx.program.site.name.clone();
        return cx.fail(error::static_probe_argument(n, &name, count, span), span);
    };
    cx.program.reads_context = true;
    let ty = Ty::int(8, of.iter().all(|arg| arg.signed));
    let mut values = Vec::new();
    for arg in &of {
        match value(arg, &ty, span) {
            Ok(value) => values.push(value),
            Err(report) => return cx.fail(report, span),
        }
    }
    let all_alike = of.iter().all(|arg| *arg == of[0]);
    let kind = if all_alike {
        values.swap_remove(0).kind
    } else {
        by_layout(values, &ty, span).kind
    };
    Typed::value(kind, ty, span)
}

/// The n-th of the values, where n is the upper half of the cookie.
fn by_layout(values: Vec<ir::Expr>, ty: &Ty, span: Span) -> ir::Expr {
    let mut numbered = values.into_iter().enumerate().rev();
    let Some((_, mut chosen)) = numbered.next() else {
        return expr(ExprKind::Int(0), ty.lower(), span);
    };
    for (n, value) in numbered {
        let cookie = expr(ExprKind::Builtin(ir::Builtin::Cookie), ir::Type::U64, span);
        let cookie = binary(BinaryOp::Shr, cookie, word(32, span), span);
        let number = expr(ExprKind::Int(n as u64), ir::Type::U64, span);
        let same = ExprKind::Compare(CompareOp::Eq, Box::new(cookie), Box::new(number));
        chosen = expr(
            ExprKind::Ternary {
                cond: Box::new(expr(same, ir::Type::Bool, span)),
                then: Box::new(value),
                otherwise: Box::new(chosen),
            },
            ty.lower(),
            span,
        );
    }
    chosen
}

/// The value of an argument; the report of a place that cannot be read.
fn value(arg: &UsdtArg, ty: &Ty, span: Span) -> Result<ir::Expr, Diagnostic> {
    let own = Ty::int(arg.bytes, arg.signed);
    let value = match &arg.place {
        ArgPlace::Constant(constant) => {
            return Ok(Typed::literal(i128::from(*constant), span).convert(ty));
        }
        ArgPlace::Register { register, shift } => {
            let whole = register_value(*register, span);
            let wanted = match shift {
                0 => whole,
                shift => binary(BinaryOp::Shr, whole, word(u64::from(*shift), span), span),
            };
            Typed::value(wanted.kind, Ty::U64, span).convert(&own)
        }
        ArgPlace::Memory {
            base,
            displacement,
            indices,
        } => {
            let base = match base {
                Base::Nothing => None,
                Base::Register(register) => Some(register_value(*register, span)),
                Base::Symbol(symbol) => {
                    return Err(error::static_probe_variable(symbol, false, span));
                }
            };
            let indices = indices.iter().map(|index| scaled(*index, span));
            let both = |base, index| binary(BinaryOp::Add, base, index, span);
            let sum = base.into_iter().chain(indices).reduce(both);
            let memory = Memory {
                base: sum.unwrap_or_else(|| word(0, span)),
                offset: *displacement,
                space: Space::User,
                bits: None,
            };
            Typed::memory(memory, own.clone(), span).into_ir()
        }
        ArgPlace::Unplaced { symbol, several } => {
            return Err(error::static_probe_variable(symbol, *several, span));
        }
        ArgPlace::Unknown(text) => return Err(error::static_probe_place(text, span)),
    };
    Ok(Typed::value(value.kind, own, span).convert(ty))
}

fn scaled(index: Index, span: Span) -> ir::Expr {
    let whole = register_value(index.register, span);
    let register = match index.half {
        Some(signed) => {
            let half = Typed::value(whole.kind, Ty::U64, span).convert(&Ty::int(4, signed));
            Typed::value(half.kind, Ty::int(4, signed), span).convert(&Ty::U64)
        }
        None => whole,
    };
    match index.shift {
        0 => register,
        shift => binary(BinaryOp::Shl, register, word(u64::from(shift), span), span),
    }
}

/// The value of a register, given its offset in the context.
fn register_value(offset: u32, span: Span) -> ir::Expr {
    args::register(i64::from(offset), span).into_ir()
}

fn word(value: u64, span: Span) -> ir::Expr {
    expr(ExprKind::Int(value), ir::Type::U64, span)
}

fn binary(op: BinaryOp, left: ir::Expr, right: ir::Expr, span: Span) -> ir::Expr {
    let kind = ExprKind::Binary(op, Box::new(left), Box::new(right));
    expr(kind, ir::Type::U64, span)
}
