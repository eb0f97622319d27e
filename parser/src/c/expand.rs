//! Macros: what is defined, and what it expands to.

use super::MAX_DEPTH;
use super::error::{Error, ErrorKind};
use super::token::{Kind, Token};
use lexer::Span;
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::rc::Rc;

/// Tokens that one text may expand to. Kernel headers take some hundred thousand.
const MAX_TOKENS: usize = 1 << 20;

/// A macro.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// The name's place.
    pub(super) span: Span,
    /// The parameters of a macro that is called, and whether `...` is the last.
    pub(super) params: Option<(Vec<Rc<str>>, bool)>,
    pub(super) body: Vec<Token>,
    /// The body as written, with spaces for the backslashes that continue lines.
    pub(super) text: String,
    /// Whether it was there from the start.
    pub(super) predefined: bool,
}

/// Every macro that is defined now.
#[derive(Debug, Default)]
pub(super) struct Macros {
    pub(super) defined: BTreeMap<Rc<str>, Definition>,
    produced: usize,
}

/// The macros that are defined where a header is asked for: written out, the lines of C that define
/// them again. Those that were there from the start are a compiler's own business.
#[derive(Clone, Copy, Debug)]
pub struct Defined<'a>(pub(super) &'a Macros);

impl Display for Defined<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let own = |(_, definition): &(&Rc<str>, &Definition)| !definition.predefined;
        for (name, definition) in self.0.defined.iter().filter(own) {
            write!(f, "#define {name}")?;
            if let Some((params, variadic)) = &definition.params {
                let rest = if *variadic { "..." } else { "" };
                // `...` names its arguments itself; `args...` keeps the name.
                let params = params.join(", ");
                let params = params.strip_suffix("__VA_ARGS__").unwrap_or(&params);
                write!(f, "({params}{rest})")?;
            }
            writeln!(f, " {}", definition.text)?;
        }
        Ok(())
    }
}

impl Macros {
    /// Whether a name is defined.
    pub(super) fn has(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }

    /// Lets expansion begin again with all that one text may expand to.
    pub(super) fn forget_effort(&mut self) {
        self.produced = 0;
    }

    /// Replaces every macro in a run of tokens.
    pub(super) fn expand(&mut self, tokens: &[Token]) -> Result<Vec<Token>, Error> {
        let mut out = Vec::with_capacity(tokens.len());
        self.expand_into(tokens, &mut Vec::new(), &mut out)?;
        Ok(out)
    }

    fn expand_into(
        &mut self,
        tokens: &[Token],
        active: &mut Vec<Rc<str>>,
        out: &mut Vec<Token>,
    ) -> Result<(), Error> {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            self.produced += 1;
            if self.produced > MAX_TOKENS {
                let kind = ErrorKind::TooMuch;
                return Err(Error {
                    kind,
                    span: token.span,
                });
            }
            let found = (token.kind == Kind::Ident && !token.painted)
                .then(|| self.defined.get(&token.text))
                .flatten();
            let Some(definition) = found else {
                out.push(token.clone());
                continue;
            };
            if active.contains(&token.text) {
                out.push(Token {
                    painted: true,
                    ..token.clone()
                });
                continue;
            }
            if active.len() >= MAX_DEPTH {
                let kind = ErrorKind::TooDeep;
                return Err(Error {
                    kind,
                    span: token.span,
                });
            }
            let body = match &definition.params {
                None => definition.body.clone(),
                Some((params, variadic)) => {
                    let Some((args, next)) = arguments(&tokens[at..]) else {
                        out.push(token.clone());
                        continue;
                    };
                    let definition = definition.clone();
                    let (params, variadic) = (params.clone(), *variadic);
                    let args = bind(token, &params, variadic, args)?;
                    at += next;
                    self.substitute(&definition.body, &params, &args, active)?
                }
            };
            let body: Vec<Token> = body.into_iter().map(|t| placed(t, token)).collect();
            active.push(Rc::clone(&token.text));
            self.expand_into(&body, active, out)?;
            active.pop();
        }
        Ok(())
    }

    /// A body with the arguments in place of the parameters. An argument is expanded first, unless
    /// it is made text of (`#`) or glued (`##`).
    fn substitute(
        &mut self,
        body: &[Token],
        params: &[Rc<str>],
        args: &[Vec<Token>],
        active: &mut Vec<Rc<str>>,
    ) -> Result<Vec<Token>, Error> {
        let arg = |token: &Token| {
            let position = params.iter().position(|p| *p == token.text);
            position
                .filter(|_| token.kind == Kind::Ident)
                .map(|p| &args[p])
        };
        let mut out: Vec<Token> = Vec::new();
        let mut at = 0;
        while let Some(token) = body.get(at) {
            at += 1;
            if token.is("#")
                && let Some(value) = body.get(at).and_then(arg)
            {
                at += 1;
                let text: String = value.iter().map(|t| &*t.text).collect();
                let text = format!("{text:?}").into();
                out.push(Token {
                    kind: Kind::Str,
                    text,
                    ..token.clone()
                });
                continue;
            }
            if token.is("##") && !out.is_empty() {
                let Some(next) = body.get(at) else { break };
                at += 1;
                let right = arg(next).cloned().unwrap_or_else(|| vec![next.clone()]);
                glue(&mut out, right);
                continue;
            }
            match arg(token) {
                Some(value) if body.get(at).is_some_and(|next| next.is("##")) => {
                    out.extend(value.iter().cloned());
                }
                Some(value) => self.expand_into(&value.clone(), active, &mut out)?,
                None => out.push(token.clone()),
            }
        }
        Ok(out)
    }
}

/// A token of a macro's body, told of at the place of the call.
fn placed(token: Token, call: &Token) -> Token {
    Token {
        span: call.span,
        starts_line: false,
        ..token
    }
}

/// Makes one token of the last and the first.
fn glue(out: &mut Vec<Token>, right: Vec<Token>) {
    let mut right = right.into_iter();
    if let (Some(left), Some(first)) = (out.last_mut(), right.next()) {
        let text = format!("{}{}", left.text, first.text);
        let glued = super::token::tokens(&text, left.span).into_iter().next();
        let kind = glued.map_or(Kind::Unknown, |token| token.kind);
        *left = Token {
            kind,
            text: text.into(),
            painted: false,
            ..left.clone()
        };
    }
    out.extend(right);
}

/// The arguments in parentheses at the start of these tokens, and how many tokens they take.
fn arguments(tokens: &[Token]) -> Option<(Vec<Vec<Token>>, usize)> {
    if !tokens.first()?.is("(") {
        return None;
    }
    let mut args = vec![Vec::new()];
    let mut depth = 0u32;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        match &*token.text {
            ")" if depth == 0 => return Some((args, at + 1)),
            "," if depth == 0 => args.push(Vec::new()),
            text => {
                match text {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                if let Some(last) = args.last_mut() {
                    last.push(token.clone());
                }
            }
        }
    }
    None
}

/// One argument a parameter.
fn bind(
    call: &Token,
    params: &[Rc<str>],
    variadic: bool,
    mut args: Vec<Vec<Token>>,
) -> Result<Vec<Vec<Token>>, Error> {
    if params.is_empty() && args.len() == 1 && args[0].is_empty() {
        args.clear();
    }
    if variadic && args.len() >= params.len() {
        // `__VA_ARGS__` is the last of the parameters.
        let rest = args.split_off(params.len() - 1);
        let comma = Token {
            kind: Kind::Punct,
            text: ",".into(),
            ..call.clone()
        };
        args.push(rest.join(&comma));
    } else if variadic && args.len() + 1 == params.len() {
        args.push(Vec::new());
    }
    if args.len() != params.len() {
        let kind = ErrorKind::MacroArguments {
            name: call.text.to_string(),
            wanted: params.len(),
        };
        return Err(Error {
            kind,
            span: call.span,
        });
    }
    Ok(args)
}
