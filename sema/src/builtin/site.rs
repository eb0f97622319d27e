//! Values that the attach point provides: its name, arguments by number, registers, what a
//! function returns.

use super::{Builtin, Call, Check};
use crate::cx::Cx;
use crate::error;
use crate::infer::text;
use crate::ir::{self, ExprKind};
use crate::provider::registers::convention;
use crate::provider::{Args, Moment, args, iter, usdt};
use crate::ty::{AddressSpace, Pointee, Ty};
use crate::typed::{Memory, Typed};
use lexer::Span;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "probe",
        signature: "probe",
        doc: "The full name of the attach point.",
        example: "@[probe] = count()",
        check: Check::Value(probe),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "func",
        signature: "func",
        doc: "The name of the traced function.",
        probes: "kprobe, kretprobe, fentry, fexit, uprobe, uretprobe",
        example: "@[func] = count()",
        check: Check::Value(function),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "retval",
        signature: "retval",
        doc: "What the traced function returns.",
        probes: "kretprobe, fexit, uretprobe",
        example: "@[retval] = count()",
        check: Check::Value(returned),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "ctx",
        signature: "ctx.member",
        doc: "What an iterator is at.",
        probes: "iter",
        example: "print(ctx.task.pid)",
        check: Check::Value(context),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "reg",
        signature: "reg(\"name\")",
        doc: "The value of a register.",
        probes: "kprobe, kretprobe, uprobe, uretprobe",
        example: "print(reg(\"ip\"))",
        check: Check::Call(1, 1, register),
        ..Builtin::PLAIN
    },
];

fn probe(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.reads_probe_name = true;
    let site = &cx.program.site;
    if cx.program.name_room.probe == 0 || !site.has_cookie() {
        return text(site.name.clone().into_bytes(), span);
    }
    from_table(ir::Builtin::ProbeName, cx.program.name_room.probe, span)
}

fn function(span: Span, cx: &mut Cx<'_>) -> Typed {
    let site = &cx.program.site;
    let Some(name) = site.attach.function() else {
        let report = error::no_function(&site.name, span);
        return cx.fail(report, span);
    };
    let name = name.to_owned();
    cx.program.reads_probe_name = true;
    let room = cx.program.name_room.function;
    if room == 0 || !cx.program.site.has_cookie() {
        return text(name.into_bytes(), span);
    }
    from_table(ir::Builtin::FunctionName, room, span)
}

/// A text that differs from target to target of the program.
fn from_table(builtin: ir::Builtin, cap: u32, span: Span) -> Typed {
    Typed::value(
        ExprKind::Builtin(builtin),
        Ty::Str { cap, cut: false },
        span,
    )
}

fn returned(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.reads_context = true;
    let value = match cx.program.site.args.clone() {
        args if args.moment() == Some(Moment::Return) => {
            Some(args::register(convention().return_value(), span))
        }
        Args::Function(signature) => args::returned(&signature, span, cx),
        _ => None,
    };
    value.unwrap_or_else(|| {
        let report = error::no_return_value(&cx.program.site.name, span);
        cx.fail(report, span)
    })
}

fn context(span: Span, cx: &mut Cx<'_>) -> Typed {
    cx.program.reads_context = true;
    match cx.program.site.args {
        Args::Iter(context) => iter::whole(context, span),
        _ => {
            let report = error::no_context(&cx.program.site.name, span);
            cx.fail(report, span)
        }
    }
}

fn register(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let Some((name, span)) = call.text(0, "the name of a register", cx) else {
        return Typed::unknown(call.span);
    };
    if cx.program.site.args.moment().is_none() {
        let report = error::no_registers(&cx.program.site.name, call.span);
        return cx.fail(report, call.span);
    }
    let name = String::from_utf8_lossy(&name);
    let Some(offset) = convention().register(&name) else {
        let report = error::unknown_register(&name, &convention().names(), span);
        return cx.fail(report, call.span);
    };
    cx.program.reads_context = true;
    args::register(offset, call.span)
}

/// `argN` and `sargN`, if the name is one of them.
pub(super) fn numbered(name: &str, span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let number = |prefix| -> Option<u32> {
        let digits: &str = name.strip_prefix(prefix)?;
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number)
    };
    if let Some(n) = number("arg") {
        let value = argument(n, span, cx);
        return Some(value.unwrap_or_else(|report| cx.fail(report, span)));
    }
    let n = number("sarg")?;
    let value = stack_argument(n, span, cx);
    Some(value.unwrap_or_else(|report| cx.fail(report, span)))
}

/// `argN`: an argument by its number, as its 8 bytes.
fn argument(n: u32, span: Span, cx: &mut Cx<'_>) -> Result<Typed, lexer::Diagnostic> {
    let none =
        |cx: &Cx<'_>| error::no_numbered_args(&format!("arg{n}"), &cx.program.site.name, span);
    if let Args::Usdt(layouts) = cx.program.site.args.clone() {
        return Ok(usdt::argument(n, &layouts, span, cx));
    }
    let moment = cx.program.site.args.moment();
    if moment == Some(Moment::Return) {
        return Err(error::arguments_at_return(&format!("arg{n}"), span));
    }
    let offset = match &cx.program.site.args {
        Args::Raw(params) if (n as usize) < params.len() => Some(i64::from(n) * 8),
        Args::Function(signature) => signature.params.get(n as usize).map(|p| p.offset),
        _ if moment == Some(Moment::Entry) => match convention().argument(n) {
            None => {
                return Err(error::argument_on_stack(
                    n,
                    convention().argument_count(),
                    span,
                ));
            }
            offset => offset,
        },
        _ => None,
    };
    let offset = offset.ok_or_else(|| none(cx))?;
    cx.program.reads_context = true;
    Ok(args::register(offset, span))
}

/// `sargN`: an argument on the stack, when a function is entered.
fn stack_argument(n: u32, span: Span, cx: &mut Cx<'_>) -> Result<Typed, lexer::Diagnostic> {
    let moment = cx.program.site.args.moment();
    let name = format!("sarg{n}");
    if moment == Some(Moment::Return) {
        return Err(error::arguments_at_return(&name, span));
    }
    if moment.is_none() {
        return Err(error::no_numbered_args(&name, &cx.program.site.name, span));
    }
    cx.program.reads_context = true;
    let pointer = Ty::Pointer {
        to: Pointee::Void,
        space: AddressSpace::Kernel,
    };
    let memory = Memory {
        base: args::register(convention().stack(), span).convert(&pointer),
        offset: convention().stack_argument(n),
        space: cx.program.site.attach.memory(),
        bits: None,
    };
    Ok(Typed::memory(memory, Ty::U64, span))
}
