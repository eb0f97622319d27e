//! The language's values and functions: one row in a table and one checking function each.
//!
//! The table is also what reports, listings and the reference are made of.

mod act;
mod aggregation;
mod cgroup;
mod constants;
mod kfunc;
mod kind;
mod machine;
mod map;
pub(crate) mod names;
mod net;
mod object;
mod output;
mod packet;
mod per_cpu;
mod pinned;
mod read;
mod script;
mod setting;
mod site;
mod stack;
mod strings;
mod task;
mod value;

use crate::cx::Cx;
use crate::error;
use crate::infer::{check_value, macros};
use crate::ir::{Aggregation, ExprKind};
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, Ident};

/// A built-in value or function.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub signature: &'static str,
    /// What it is or does, in a sentence.
    pub doc: &'static str,
    /// When it happens.
    pub mode: Mode,
    /// Whether it needs `--unsafe`.
    pub is_unsafe: bool,
    /// The kernel that it needs beyond the oldest that strobe runs on; empty where it needs none.
    pub kernel: &'static str,
    /// Where it can be used; empty where it can be everywhere.
    pub probes: &'static str,
    /// A use of it.
    pub example: &'static str,
    /// How it is checked.
    check: Check,
}

/// When a built-in does what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the probe, before the statement is over.
    Sync,
    /// In user space, when it comes to the record that the probe has sent.
    Async,
    /// When the script is compiled.
    CompileTime,
}

/// How a built-in is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By its name alone.
    Value,
    /// By a call.
    Function,
    /// By its name or by a call.
    Either,
    /// By a call that is assigned to a map.
    Aggregation,
}

impl Builtin {
    /// How it is used.
    pub fn kind(&self) -> Kind {
        match self.check {
            Check::Value(_) => Kind::Value,
            Check::Either(..) => Kind::Either,
            Check::Aggregation(..) => Kind::Aggregation,
            _ => Kind::Function,
        }
    }

    /// What most rows have in common.
    const PLAIN: Self = Self {
        name: "",
        signature: "",
        doc: "",
        mode: Mode::Sync,
        is_unsafe: false,
        kernel: "",
        probes: "",
        example: "",
        check: Check::Value(|span, _| Typed::unknown(span)),
    };
}

/// How a built-in is checked.
enum Check {
    /// A value, written as a bare name.
    Value(fn(Span, &mut Cx<'_>) -> Typed),
    /// A function, with the fewest and the most arguments it takes.
    Call(usize, usize, fn(&Call<'_>, &mut Cx<'_>) -> Typed),
    /// A value that can also be called, with at most this many arguments.
    Either(usize, fn(&Call<'_>, &mut Cx<'_>) -> Typed),
    /// An aggregation, with the number of arguments it takes.
    Aggregation(
        usize,
        usize,
        fn(&Call<'_>, &mut Cx<'_>) -> Option<Aggregated>,
    ),
}

/// An aggregation and the number that goes into it.
pub(crate) type Aggregated = (Aggregation, Option<Typed>);

/// A call as written.
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    pub(crate) signature: &'static str,
    pub(crate) args: &'a [ast::Expr],
    pub(crate) span: Span,
}

impl Call<'_> {
    /// The n-th argument, checked; the number of arguments has been.
    fn value(&self, n: usize, cx: &mut Cx<'_>) -> Typed {
        match self.args.get(n) {
            Some(arg) => check_value(arg, cx),
            None => Typed::unknown(self.span),
        }
    }

    /// The n-th argument as a number that is known when compiling; reported if it is not.
    fn constant(&self, n: usize, wanted: &str, cx: &mut Cx<'_>) -> Option<i128> {
        let value = self.value(n, cx);
        if value.as_literal().is_none() && !value.is_unknown() {
            cx.report(error::not_constant(self.name, wanted, value.span));
        }
        value.as_literal()
    }

    /// The n-th argument as a text that is known when compiling; reported if it is not.
    fn text(&self, n: usize, wanted: &str, cx: &mut Cx<'_>) -> Option<(Vec<u8>, Span)> {
        let value = self.value(n, cx);
        let text = value.as_text().map(<[u8]>::to_vec);
        if text.is_none() && !value.is_unknown() {
            cx.report(error::not_constant(self.name, wanted, value.span));
        }
        Some((text?, value.span))
    }

    /// An argument that must be an integer; reported if it is none.
    fn integer(&self, n: usize, wanted: &str, cx: &mut Cx<'_>) -> Option<Typed> {
        let value = self.value(n, cx);
        if value.ty.is_integer() {
            return Some(value);
        }
        self.wrong(wanted, &value, cx);
        None
    }

    /// Reports that an argument is of the wrong type.
    fn wrong(&self, wanted: &str, arg: &Typed, cx: &mut Cx<'_>) -> Typed {
        if arg.is_unknown() {
            return Typed::unknown(self.span);
        }
        let report = error::argument(self.name, wanted, &arg.ty, arg.span);
        cx.fail(report, self.span)
    }
}

/// Every built-in, by theme.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    [
        value::TABLE,
        script::TABLE,
        setting::TABLE,
        site::TABLE,
        machine::TABLE,
        task::TABLE,
        cgroup::TABLE,
        stack::TABLE,
        aggregation::TABLE,
        output::TABLE,
        act::TABLE,
        map::TABLE,
        read::TABLE,
        object::TABLE,
        packet::TABLE,
        per_cpu::TABLE,
        strings::TABLE,
        net::TABLE,
        kind::TABLE,
        kfunc::TABLE,
    ]
    .into_iter()
    .flatten()
}

fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|b| b.name == name)
}

/// Whether a bare name means a value: one that is built in, or a macro of the script.
pub(crate) fn is_value(name: &str, cx: &Cx<'_>) -> bool {
    find(name).is_some()
        || cx.definitions.r#macro(name).is_some()
        || macros::is_macro(name, cx)
        || macros::is_parameter(name, cx)
}

/// A bare name: a built-in value, a numbered argument, or a constant of the kernel.
pub(crate) fn check_name(name: &str, span: Span, cx: &mut Cx<'_>) -> Typed {
    if let Some(value) = macros::parameter(name, cx) {
        return value;
    }
    if let Some(value) = macros::call(name, &[], span, cx) {
        return value;
    }
    match find(name) {
        Some(Builtin {
            check: Check::Value(check),
            ..
        }) => return check(span, cx),
        Some(Builtin {
            check: Check::Either(_, check) | Check::Call(0, _, check),
            signature,
            ..
        }) => {
            let call = Call {
                name,
                signature,
                args: &[],
                span,
            };
            return check(&call, cx);
        }
        Some(other) => {
            let report = error::call_without_parentheses(name, other.signature, span);
            return cx.fail(report, span);
        }
        None => {}
    }
    if let Some(value) = crate::definitions::expand(name, span, cx) {
        return value;
    }
    if let Some(argument) = site::numbered(name, span, cx) {
        return argument;
    }
    if let Some(constant) = value::kernel_constant(name, span, cx) {
        return constant;
    }
    if let Some(number) = constants::find(name) {
        return Typed::literal(number, span);
    }
    if macros::is_macro(name, cx) {
        return macros::no_such_call(name, &[], span, cx);
    }
    cx.wanted.constant(name);
    let own = macros::names(cx);
    let values = all().filter(|b| matches!(b.check, Check::Value(_) | Check::Either(..)));
    let own = own.iter().map(String::as_str);
    let names = values.map(|b| b.name).chain(own);
    let names: Vec<&str> = names.chain(cx.definitions.macros()).collect();
    cx.fail(error::unknown_name(name, &names, span), span)
}

/// `name(args)`
pub(crate) fn check_call(name: &Ident, args: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    if let Some(value) = macros::call(&name.name, args, span, cx) {
        return value;
    }
    let own = crate::definitions::is_own_call(&name.name, cx);
    let Some(builtin) = find(&name.name).filter(|_| !own) else {
        if let Some(value) = crate::definitions::call(&name.name, args, span, cx) {
            return value;
        }
        if macros::is_macro(&name.name, cx) {
            return macros::no_such_call(&name.name, args, span, cx);
        }
        args.iter()
            .for_each(|arg| drop(crate::infer::check_expr(arg, cx)));
        let functions = all().filter(|b| !matches!(b.check, Check::Value(_)));
        let own = macros::names(cx);
        let names = functions.map(|b| b.name);
        let names: Vec<&str> = names.chain(own.iter().map(String::as_str)).collect();
        return cx.fail(error::unknown_function(&name.name, &names, name.span), span);
    };
    let call = Call {
        name: builtin.name,
        signature: builtin.signature,
        args,
        span,
    };
    if builtin.is_unsafe && !cx.options.allow_unsafe {
        cx.report(error::needs_unsafe(builtin.name, name.span));
    }
    match builtin.check {
        Check::Call(least, most, check) => match count_fits(&call, least, most, cx) {
            true => check(&call, cx),
            false => Typed::unknown(span),
        },
        Check::Either(most, check) => match count_fits(&call, 0, most, cx) {
            true => check(&call, cx),
            false => Typed::unknown(span),
        },
        Check::Value(check) if args.is_empty() => check(span, cx),
        Check::Value(_) => cx.fail(error::value_called(&name.name, span), span),
        Check::Aggregation(..) => cx.fail(error::aggregation_alone(&name.name, span), span),
    }
}

/// Whether a call of this name is an aggregation.
pub(crate) fn is_aggregation(name: &str) -> bool {
    find(name).is_some_and(|builtin| matches!(builtin.check, Check::Aggregation(..)))
}

/// The aggregation that an expression is, if it is one: only an assignment to a map may be. What
/// a macro does before it goes to `out`.
pub(crate) fn check_aggregation(
    e: &ast::Expr,
    out: &mut Vec<crate::ir::Stmt>,
    cx: &mut Cx<'_>,
) -> Option<Aggregated> {
    if let Some(aggregated) = crate::infer::aggregated(e, out, cx) {
        return aggregated;
    }
    let ast::ExprKind::Call { name, args } = &e.kind else {
        return None;
    };
    let builtin = find(&name.name)?;
    let Check::Aggregation(least, most, check) = builtin.check else {
        return None;
    };
    let call = Call {
        name: builtin.name,
        signature: builtin.signature,
        args,
        span: e.span,
    };
    let checked = match count_fits(&call, least, most, cx) {
        true => check(&call, cx),
        false => None,
    };
    // What is wrong has been reported; for the map it is an aggregation all the same.
    Some(checked.unwrap_or_else(|| (aggregation::stand_in(builtin.name), None)))
}

fn count_fits(call: &Call<'_>, least: usize, most: usize, cx: &mut Cx<'_>) -> bool {
    let given = call.args.len();
    let fits = (least..=most).contains(&given);
    if !fits {
        cx.report(error::argument_count(
            call.signature,
            call.name,
            given,
            call.span,
        ));
    }
    fits
}

/// The word that an argument is, of those that a built-in knows; reported if it is none of them.
fn word<'a>(
    call: &Call<'_>,
    n: usize,
    known: &'a [&'static str],
    cx: &mut Cx<'_>,
) -> Option<&'a str> {
    let arg = call.args.get(n)?;
    let given = match &arg.kind {
        ast::ExprKind::Ident(name) => name.as_str(),
        _ => "",
    };
    let found = known.iter().copied().find(|word| *word == given);
    if found.is_none() {
        cx.report(error::unknown_word(call.name, given, known, arg.span));
    }
    found
}

/// The family of the attach point that is being checked.
fn provider<'a>(cx: &'a Cx<'_>) -> &'a str {
    let name = &cx.program.site.name;
    name.split(':').next().unwrap_or(name)
}

/// A call made for its effect: its statements, and no value.
fn action(stmts: Vec<crate::ir::Stmt>, span: Span) -> Typed {
    let nothing = Typed::void(ExprKind::Int(0), span).into_ir();
    Typed::value(ExprKind::Block(stmts, Box::new(nothing)), Ty::Void, span)
}
