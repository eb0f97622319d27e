//! What can be wrong with C text, and how it is said.

use lexer::{Diagnostic, Span};

/// A mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) kind: ErrorKind,
    pub(super) span: Span,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ErrorKind {
    /// A token that cannot stand there.
    Unexpected { found: String, expected: String },
    /// Types, brackets or includes nested too deep.
    TooDeep,
    /// A `#` line that there is not.
    UnknownDirective { word: String },
    /// A `#` line that is not of its form.
    DirectiveForm { form: &'static str },
    /// `#else`, `#elif` or `#endif` without an `#if`.
    LoneDirective { word: String },
    /// A second `#else`.
    SecondElse { word: String },
    /// An `#if` without an `#endif`.
    UnclosedIf { word: String },
    /// `#error text`.
    Declared { text: String },
    /// An `#if` of something that is no number.
    Condition { why: String },
    /// A macro that is called with the wrong number of arguments.
    MacroArguments { name: String, wanted: usize },
    /// Macros that expand to far too much.
    TooMuch,
    /// A number that does not read as one.
    BadNumber { text: String },
    /// `struct` without a name or a body.
    NoTag { word: &'static str },
    /// Words that are no type together: `unsigned float`.
    BadSpecifiers { words: String },
}

impl Error {
    /// The report.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        match &self.kind {
            ErrorKind::Unexpected { found, expected } => unexpected(found, expected, self.span),
            ErrorKind::TooDeep => too_deep(self.span),
            ErrorKind::UnknownDirective { word } => unknown_directive(word, self.span),
            ErrorKind::DirectiveForm { form } => directive_form(form, self.span),
            ErrorKind::LoneDirective { word } => lone_directive(word, self.span),
            ErrorKind::SecondElse { word } => second_else(word, self.span),
            ErrorKind::UnclosedIf { word } => unclosed_if(word, self.span),
            ErrorKind::Declared { text } => declared(text, self.span),
            ErrorKind::Condition { why } => condition(why, self.span),
            ErrorKind::MacroArguments { name, wanted } => macro_arguments(name, *wanted, self.span),
            ErrorKind::TooMuch => too_much(self.span),
            ErrorKind::BadNumber { text } => bad_number(text, self.span),
            ErrorKind::NoTag { word } => no_tag(word, self.span),
            ErrorKind::BadSpecifiers { words } => bad_specifiers(words, self.span),
        }
    }
}

fn unexpected(found: &str, expected: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "c-syntax",
        format!("expected {expected} in the C definition, found {found}"),
    )
    .primary(span, format!("{expected} should stand here"))
    .help("definitions are written as in C: `struct name { int member; };`")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("too-deeply-nested", "the C text nests too deep")
        .primary(span, "one level too many")
        .help("give inner types names of their own")
}

fn unknown_directive(word: &str, span: Span) -> Diagnostic {
    const KNOWN: [&str; 12] = [
        "define", "undef", "include", "if", "ifdef", "ifndef", "elif", "else", "endif", "error",
        "warning", "pragma",
    ];
    let report = Diagnostic::error("c-directive", format!("there is no `#{word}`"))
        .primary(span, "not a preprocessor directive");
    match lexer::suggest(word, KNOWN) {
        Some(near) => report.help(format!("did you mean `#{near}`?")),
        None => report.help("comments are written `// …` or `/* … */`"),
    }
}

fn directive_form(form: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-directive", "this preprocessor line is not complete")
        .primary(span, "not of its form")
        .help(format!("write `{form}`"))
}

fn lone_directive(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-directive", format!("`#{word}` without an `#if`"))
        .primary(span, "no condition is open here")
        .help("begin with `#if`, `#ifdef` or `#ifndef`, or drop this line")
}

fn second_else(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-directive", format!("`#{word}` after `#else`"))
        .primary(span, "the last branch has begun already")
        .help("close the condition with `#endif` first")
}

fn unclosed_if(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-directive", format!("`#{word}` without an `#endif`"))
        .primary(span, "never closed")
        .help("add `#endif` where the condition should end")
}

fn declared(text: &str, span: Span) -> Diagnostic {
    let message = match text {
        "" => "#error".to_owned(),
        text => text.to_owned(),
    };
    Diagnostic::error("c-error", message)
        .primary(span, "the script refuses to go on here")
        .help("the conditions around this line tell what it needs")
}

fn condition(why: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-condition", format!("the condition has no value: {why}"))
        .primary(span, "not a constant of the preprocessor")
        .help("numbers, macros that are numbers, `defined(NAME)` and operators can stand here")
}

fn macro_arguments(name: &str, wanted: usize, span: Span) -> Diagnostic {
    let s = if wanted == 1 { "" } else { "s" };
    Diagnostic::error(
        "c-macro-arguments",
        format!("the macro `{name}` takes {wanted} argument{s}"),
    )
    .primary(span, "called with another number")
    .help("commas inside parentheses do not separate arguments")
}

fn too_much(span: Span) -> Diagnostic {
    Diagnostic::error("c-too-much", "the C text expands to too much")
        .primary(span, "given up here")
        .help("macros that double with every step grow without end")
}

fn bad_number(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-number", format!("`{text}` is not a whole number of C"))
        .primary(span, "cannot be read")
        .help("numbers are written `10`, `0x1f` or `017`, and may end in `U`, `L` or `UL`")
}

fn no_tag(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-syntax", format!("`{word}` needs a name or a body"))
        .primary(span, "neither follows")
        .help(format!("write `{word} name {{ … }};`"))
}

fn bad_specifiers(words: &str, span: Span) -> Diagnostic {
    Diagnostic::error("c-syntax", format!("`{words}` is not a type of C"))
        .primary(span, "these words do not go together")
        .help("integers are `char`, `short`, `int`, `long` and `long long`, `unsigned` or not")
}
