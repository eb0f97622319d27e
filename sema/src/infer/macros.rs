//! Macros: a call is checked as the macro's body, in an environment of its own.
//!
//! The body sees its parameters, and nothing else of the place that calls it: a variable parameter
//! is the caller's variable, a map parameter the caller's map, and an expression parameter stands
//! for the argument as written, which is checked where the caller wrote it, each time anew.

use super::expr::{check_expr, check_value};
use super::{assign, cast, stmt};
use crate::builtin::{self, Aggregated};
use crate::cx::Cx;
use crate::error;
use crate::ir::Stmt;
use crate::typed::Typed;
use lexer::Span;
use parser::ast::{self, ExprKind, MacroParam};
use std::collections::HashMap;
use std::rc::Rc;

/// Expansions in one program at most: macros that call each other twice grow by powers of two.
const MAX_EXPANSIONS: u32 = 20_000;

/// The macros of a script, by name: several of a name differ in their parameters.
#[derive(Debug, Default)]
pub(crate) struct Macros(HashMap<String, Vec<Rc<ast::Macro>>>);

/// A macro that is being expanded.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    definition: Rc<ast::Macro>,
    /// Whether it is a `#define`, whose text sees what is around the call.
    open: bool,
    /// The call.
    pub(crate) call: Span,
    /// The arguments that expression parameters stand for, by the names of these.
    arguments: HashMap<String, Rc<ast::Expr>>,
}

impl Frame {
    /// The name of the macro.
    pub(crate) fn name(&self) -> &str {
        &self.definition.name.name
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Variable,
    Map,
    Expression,
}

fn takes(param: &MacroParam) -> Takes {
    match param.name.name.as_bytes().first() {
        Some(b'$') => Takes::Variable,
        Some(b'@') => Takes::Map,
        _ => Takes::Expression,
    }
}

/// Takes in a definition.
pub(crate) fn define(definition: &ast::Macro, cx: &mut Cx<'_>) {
    let params = &definition.params;
    for (i, param) in params.iter().enumerate() {
        if let Some(first) = params[..i].iter().find(|p| p.name.name == param.name.name) {
            cx.report(error::parameter_twice(&param.name, first.name.span));
        }
    }
    let kinds = |m: &ast::Macro| m.params.iter().map(takes).collect::<Vec<_>>();
    let known = cx.macros.0.entry(definition.name.name.clone()).or_default();
    let same = known.iter().find(|m| kinds(m) == kinds(definition));
    match same.map(|m| m.name.span) {
        Some(first) => cx.report(error::macro_redefined(&definition.name, first)),
        None => known.push(Rc::new(definition.clone())),
    }
}

/// How a macro is called, for people.
fn signature(definition: &ast::Macro) -> String {
    let params = definition.params.iter().map(|p| p.name.name.as_str());
    let params: Vec<&str> = params.collect();
    format!("{}({})", definition.name.name, params.join(", "))
}

/// The value of a parameter that stands for an expression, where the name is such a parameter.
pub(crate) fn parameter(name: &str, cx: &mut Cx<'_>) -> Option<Typed> {
    let frame = cx.program.frames.last()?;
    let argument = Rc::clone(frame.arguments.get(name)?);
    let param = frame.definition.params.iter().find(|p| p.name.name == name);
    let ty = param.and_then(|param| param.ty.clone());
    let value = in_caller(cx, |cx| check_expr(&argument, cx));
    Some(match ty {
        Some(ty) => of_type(name, value, &ty, cx),
        None => value,
    })
}

/// An argument as a value of the type that its parameter states.
fn of_type(name: &str, value: Typed, ty: &ast::TypeExpr, cx: &mut Cx<'_>) -> Typed {
    let Some(wanted) = cast::resolve(ty, cx) else {
        return Typed::unknown(value.span);
    };
    if value.is_unknown() {
        return value;
    }
    assign::check_fits(name, &wanted, &value, ty.span, cx);
    let span = value.span;
    let lowered = value.convert(&wanted);
    Typed::value(lowered.kind, wanted, span)
}

/// Runs `check` in the environment of whoever called the macro that is being expanded.
fn in_caller<T>(cx: &mut Cx<'_>, check: impl FnOnce(&mut Cx<'_>) -> T) -> T {
    let frame = cx.program.frames.pop();
    if frame.as_ref().is_some_and(|frame| frame.open) {
        let result = check(cx);
        cx.program.frames.extend(frame);
        return result;
    }
    let scopes = cx.program.variables.suspend();
    let names = cx.maps.suspend();
    let result = check(cx);
    cx.maps.resume(names);
    cx.program.variables.resume(scopes);
    cx.program.frames.extend(frame);
    result
}

/// The macro that a call means: the one whose parameters the arguments fit best.
pub(super) fn choose(name: &str, args: &[ast::Expr], cx: &Cx<'_>) -> Option<Rc<ast::Macro>> {
    let candidates = cx.macros.0.get(name)?.iter();
    let fitting = candidates.filter(|m| {
        m.params.len() == args.len() && m.params.iter().zip(args).all(|(p, a)| fits(p, a))
    });
    let specific = |m: &&Rc<ast::Macro>| {
        let params = m.params.iter();
        params.filter(|p| takes(p) != Takes::Expression).count()
    };
    fitting.max_by_key(specific).cloned()
}

fn fits(param: &MacroParam, arg: &ast::Expr) -> bool {
    match takes(param) {
        Takes::Variable => matches!(arg.kind, ExprKind::Var(_)),
        Takes::Map => matches!(arg.kind, ExprKind::Map(_)),
        Takes::Expression => true,
    }
}

/// Whether a name is a macro's.
pub(crate) fn is_macro(name: &str, cx: &Cx<'_>) -> bool {
    cx.macros.0.contains_key(name)
}

/// Whether a name is a parameter of the macro that is being expanded.
pub(crate) fn is_parameter(name: &str, cx: &Cx<'_>) -> bool {
    let frame = cx.program.frames.last();
    frame.is_some_and(|frame| frame.arguments.contains_key(name))
}

/// Every name of a macro.
pub(crate) fn names(cx: &Cx<'_>) -> Vec<String> {
    let mut names: Vec<String> = cx.macros.0.keys().cloned().collect();
    names.sort_unstable();
    names
}

/// The value of a call, where it is one of a macro.
pub(crate) fn call(name: &str, args: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Option<Typed> {
    let definition = choose(name, args, cx)?;
    Some(expand(definition, args, span, cx))
}

/// What is said about a call of a macro whose arguments none of that name takes.
pub(crate) fn no_such_call(name: &str, args: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    let candidates = cx.macros.0.get(name).cloned().unwrap_or_default();
    let signatures: Vec<String> = candidates.iter().map(|m| signature(m)).collect();
    let of_length = candidates.iter().find(|m| m.params.len() == args.len());
    let wrong = of_length.and_then(|m| m.params.iter().zip(args).find(|(p, a)| !fits(p, a)));
    let report = match wrong {
        Some((param, arg)) => {
            let wanted = match takes(param) {
                Takes::Map => "a map",
                _ => "a variable",
            };
            error::macro_argument(name, wanted, arg.span, param.name.span)
        }
        None => {
            let defined = candidates.first().map(|m| m.name.span);
            error::macro_argument_count(name, args.len(), &signatures, span, defined)
        }
    };
    cx.fail(report, span)
}

/// The aggregation that a macro, a block or a parameter ends with, where it does. What comes before
/// it goes to `out`.
pub(crate) fn aggregated(
    e: &ast::Expr,
    out: &mut Vec<Stmt>,
    cx: &mut Cx<'_>,
) -> Option<Option<Aggregated>> {
    if !ends_in_aggregation(e, MAX_LOOKED_INTO, cx) {
        return None;
    }
    let (name, args) = match &e.kind {
        ExprKind::Call { name, args } => (&name.name, args.as_slice()),
        ExprKind::Ident(name) => (name, [].as_slice()),
        ExprKind::Block(block) => return Some(stmt::block_aggregation(block, out, cx)),
        _ => return None,
    };
    if let Some(argument) = argument(name, cx).filter(|_| matches!(e.kind, ExprKind::Ident(_))) {
        return Some(in_caller(cx, |cx| {
            builtin::check_aggregation(&argument, out, cx)
        }));
    }
    let definition = choose(name, args, cx)?;
    if !may_expand(&definition, e.span, cx) {
        return Some(None);
    }
    enter(&definition, args, e.span, cx);
    let aggregated = stmt::block_aggregation(&definition.body, out, cx);
    let strays = leave(cx);
    for (map, at) in strays {
        cx.report(error::map_not_passed(&map, at, &definition.name));
    }
    Some(aggregated)
}

/// Macros inside each other that are looked into for an aggregation.
const MAX_LOOKED_INTO: u32 = 64;

fn argument(name: &str, cx: &Cx<'_>) -> Option<Rc<ast::Expr>> {
    let frame = cx.program.frames.last()?;
    frame.arguments.get(name).cloned()
}

/// The argument that an expression of a macro's body stands for.
fn given<'a>(
    definition: &ast::Macro,
    args: &'a [ast::Expr],
    e: &ast::Expr,
) -> Option<&'a ast::Expr> {
    let ExprKind::Ident(name) = &e.kind else {
        return None;
    };
    let mut params = definition.params.iter();
    args.get(params.position(|param| param.name.name == *name)?)
}

/// Whether an expression that is no call of an aggregation has one as its value.
fn ends_in_aggregation(e: &ast::Expr, depth: u32, cx: &Cx<'_>) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let is_one = |e: &ast::Expr| {
        let direct = matches!(&e.kind, ExprKind::Call { name, args }
            if builtin::is_aggregation(&name.name) && choose(&name.name, args, cx).is_none());
        direct || ends_in_aggregation(e, depth, cx)
    };
    let of_macro = |name: &str, args: &[ast::Expr]| {
        let Some(definition) = choose(name, args, cx) else {
            return false;
        };
        match definition.body.result.as_deref() {
            Some(result) => is_one(given(&definition, args, result).unwrap_or(result)),
            None => false,
        }
    };
    match &e.kind {
        ExprKind::Call { name, args } => of_macro(&name.name, args),
        ExprKind::Ident(name) => match argument(name, cx) {
            Some(argument) => is_one(&argument),
            None => of_macro(name, &[]),
        },
        ExprKind::Block(block) => block.result.as_deref().is_some_and(is_one),
        _ => false,
    }
}

fn expand(definition: Rc<ast::Macro>, args: &[ast::Expr], span: Span, cx: &mut Cx<'_>) -> Typed {
    if !may_expand(&definition, span, cx) {
        return Typed::unknown(span);
    }
    enter(&definition, args, span, cx);
    let value = body(&definition.body, span, cx);
    let strays = leave(cx);
    for (map, at) in strays {
        cx.report(error::map_not_passed(&map, at, &definition.name));
    }
    value
}

/// Whether a macro is not in itself, and there may be one more expansion; reported if not.
fn may_expand(definition: &Rc<ast::Macro>, span: Span, cx: &mut Cx<'_>) -> bool {
    let around = cx.program.frames.iter();
    if around
        .clone()
        .any(|f| Rc::ptr_eq(&f.definition, definition))
    {
        let mut chain: Vec<String> = around.map(|frame| frame.name().to_owned()).collect();
        chain.push(definition.name.name.clone());
        let report = error::macro_recursion(&chain, span, definition.name.span);
        cx.report(report);
        return false;
    }
    counted(span, cx)
}

/// Counts an expansion; whether there may be one more.
fn counted(span: Span, cx: &mut Cx<'_>) -> bool {
    cx.program.expansions += 1;
    if cx.program.expansions == MAX_EXPANSIONS + 1 {
        let outermost = cx.program.frames.first().map_or(span, |frame| frame.call);
        let frames = std::mem::take(&mut cx.program.frames);
        cx.report(error::too_many_expansions(MAX_EXPANSIONS, outermost));
        cx.program.frames = frames;
    }
    cx.program.expansions <= MAX_EXPANSIONS
}

/// Whether a `#define` of this name is being expanded.
pub(crate) fn is_expanding(name: &str, cx: &Cx<'_>) -> bool {
    let mut frames = cx.program.frames.iter();
    frames.any(|frame| frame.open && frame.name() == name)
}

/// The value of a call of a `#define`, of which `text` is the body.
pub(crate) fn expand_definition(
    name: &str,
    params: &[String],
    args: &[ast::Expr],
    text: &ast::Expr,
    span: Span,
    cx: &mut Cx<'_>,
) -> Typed {
    if !counted(span, cx) {
        return Typed::unknown(span);
    }
    let ident = |name: &str| ast::Ident {
        name: name.to_owned(),
        span: text.span,
    };
    let params = params.iter().map(|param| MacroParam {
        name: ident(param),
        ty: None,
    });
    let body = ast::Block {
        stmts: Vec::new(),
        result: None,
        span: text.span,
    };
    let arguments = params.clone().map(|param| param.name.name);
    let arguments = arguments.zip(args.iter().cloned().map(Rc::new)).collect();
    cx.program.frames.push(Frame {
        definition: Rc::new(ast::Macro {
            name: ident(name),
            params: params.collect(),
            body,
            span: text.span,
        }),
        open: true,
        call: span,
        arguments,
    });
    let value = check_expr(text, cx);
    cx.program.frames.pop();
    Typed { span, ..value }
}

/// Sets up the environment of a body.
fn enter(definition: &Rc<ast::Macro>, args: &[ast::Expr], call: Span, cx: &mut Cx<'_>) {
    let mut arguments = HashMap::new();
    let mut variables = HashMap::new();
    let mut maps = HashMap::new();
    for (param, arg) in definition.params.iter().zip(args) {
        let name = param.name.name.clone();
        match &arg.kind {
            ExprKind::Var(given) if takes(param) == Takes::Variable => {
                if let Some(id) = cx.program.variables.find(given) {
                    variables.insert(name, id);
                }
            }
            ExprKind::Map(given) if takes(param) == Takes::Map => {
                let id = cx.maps.id(given, arg.span);
                maps.insert(name, id);
            }
            _ => {
                arguments.insert(name, Rc::new(arg.clone()));
            }
        }
    }
    cx.program.variables.enter_macro(variables);
    cx.maps.enter_macro(maps);
    cx.program.frames.push(Frame {
        definition: Rc::clone(definition),
        open: false,
        call,
        arguments,
    });
    check_types(definition, cx);
}

/// Whether the variables and maps that are passed are of the types that the parameters state.
fn check_types(definition: &ast::Macro, cx: &mut Cx<'_>) {
    for param in &definition.params {
        let Some(ty) = param
            .ty
            .as_ref()
            .filter(|_| takes(param) != Takes::Expression)
        else {
            continue;
        };
        let (name, span) = (param.name.name.clone(), param.name.span);
        let kind = match takes(param) {
            Takes::Map => ExprKind::Map(name),
            _ => ExprKind::Var(name),
        };
        let value = check_value(&ast::Expr { kind, span }, cx);
        of_type(&param.name.name, value, ty, cx);
    }
}

/// Gives the environment of the caller back; yields the maps that the body had no right to.
fn leave(cx: &mut Cx<'_>) -> Vec<(String, Span)> {
    cx.program.variables.leave();
    cx.program.frames.pop();
    cx.maps.leave_macro()
}

/// The value of a body; one that is an expression alone is that expression.
fn body(body: &ast::Block, call: Span, cx: &mut Cx<'_>) -> Typed {
    match &body.result {
        Some(result) if body.stmts.is_empty() => Typed {
            span: call,
            ..check_expr(result, cx)
        },
        _ => stmt::block_value(body, call, cx),
    }
}
