//! What can be wrong with the order of tokens, and how it is said.

use lexer::{Diagnostic, Span};

/// A mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) kind: ParseErrorKind,
    pub(crate) span: Span,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseErrorKind {
    /// A token that cannot stand there.
    Unexpected { found: String, expected: String },
    /// The script ends in the middle of something.
    UnexpectedEnd { expected: String },
    /// Brackets, operators or branches nested too deep.
    TooDeep,
    /// `$0` or a number that does not fit in an attach point.
    BadPositional,
    /// `x = 1`.
    AssignToName { name: String },
    /// `let x`, `for (x : …)`.
    MissingSigil { name: String },
    /// `if = 1`, `let while`.
    KeywordAsName { word: String },
    /// `=` between two values where nothing is assigned.
    AssignInCondition,
    /// `$a = $b = 1`.
    ChainedAssignment,
    /// `1.5`.
    FloatingPoint,
    /// `$x[1, 2]`.
    SeveralIndices,
    /// Two statements without a semicolon between them; the place is where it belongs.
    MissingSemicolon { next: Span },
    /// Two values in a list without a comma; the place is where it belongs.
    MissingComma { next: Span },
    /// A block that does not open.
    MissingBrace { before: String },
    /// A probe that ends before its block.
    MissingAction,
    /// A `(` or `[` that is not closed; the place is the bracket.
    UnclosedBracket { closer: char, before: Span },
    /// A `)`, `]` or `}` that nothing opened.
    Unmatched { closer: char },
    /// `and`, `or`, `not`.
    WordOperator {
        word: String,
        operator: &'static str,
    },
    /// `elif`.
    ElseIf { word: String },
    /// A statement at the top level.
    OutsideProbe,
    /// `else` without an `if`.
    LoneElse,
    /// Two attach points without a comma.
    TwoAttachPoints,
    /// `kprobe:f pid == 1 { … }`.
    BarePredicate,
    /// `/ /`.
    EmptyPredicate,
}

impl ParseErrorKind {
    /// Whether it would be none inside a block.
    pub(crate) fn belongs_in_block(&self) -> bool {
        matches!(self, Self::OutsideProbe | Self::Unmatched { .. })
    }

    /// The stable code word.
    fn code(&self) -> &'static str {
        match self {
            Self::Unexpected { .. } => "unexpected-token",
            Self::UnexpectedEnd { .. } => "unexpected-end",
            Self::TooDeep => "too-deeply-nested",
            Self::BadPositional => "bad-positional",
            Self::AssignToName { .. } | Self::MissingSigil { .. } => "missing-sigil",
            Self::KeywordAsName { .. } => "keyword-as-name",
            Self::AssignInCondition => "assignment-in-condition",
            Self::ChainedAssignment => "chained-assignment",
            Self::FloatingPoint => "floating-point",
            Self::SeveralIndices => "several-indices",
            Self::MissingSemicolon { .. } => "missing-semicolon",
            Self::MissingComma { .. } => "missing-comma",
            Self::MissingBrace { .. } => "missing-brace",
            Self::MissingAction => "missing-action",
            Self::UnclosedBracket { .. } => "unclosed-bracket",
            Self::Unmatched { .. } => "unmatched-bracket",
            Self::WordOperator { .. } => "word-operator",
            Self::ElseIf { .. } => "else-if",
            Self::OutsideProbe => "statement-outside-probe",
            Self::LoneElse => "lone-else",
            Self::TwoAttachPoints => "missing-comma",
            Self::EmptyPredicate => "empty-predicate",
            Self::BarePredicate => "bare-predicate",
        }
    }
}

impl ParseError {
    /// The report.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        match &self.kind {
            ParseErrorKind::Unexpected { .. }
            | ParseErrorKind::UnexpectedEnd { .. }
            | ParseErrorKind::TooDeep
            | ParseErrorKind::OutsideProbe
            | ParseErrorKind::MissingAction
            | ParseErrorKind::LoneElse
            | ParseErrorKind::BarePredicate
            | ParseErrorKind::EmptyPredicate => self.misplaced(),
            ParseErrorKind::MissingSemicolon { .. }
            | ParseErrorKind::MissingComma { .. }
            | ParseErrorKind::MissingBrace { .. }
            | ParseErrorKind::UnclosedBracket { .. }
            | ParseErrorKind::Unmatched { .. }
            | ParseErrorKind::TwoAttachPoints => self.punctuation(),
            ParseErrorKind::AssignToName { .. }
            | ParseErrorKind::MissingSigil { .. }
            | ParseErrorKind::KeywordAsName { .. }
            | ParseErrorKind::WordOperator { .. }
            | ParseErrorKind::ElseIf { .. } => self.word(),
            ParseErrorKind::BadPositional
            | ParseErrorKind::AssignInCondition
            | ParseErrorKind::ChainedAssignment
            | ParseErrorKind::FloatingPoint
            | ParseErrorKind::SeveralIndices => self.expression(),
        }
    }

    fn report(&self, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.kind.code(), message).primary(self.span, label)
    }

    fn misplaced(&self) -> Diagnostic {
        match &self.kind {
            ParseErrorKind::Unexpected { found, expected } if expected.is_empty() => self
                .report(format!("unexpected {found}"), "does not belong here")
                .help("remove it"),
            ParseErrorKind::Unexpected { found, expected } => {
                let label = format!("expected {expected}");
                self.report(format!("unexpected {found}"), label)
                    .help(instead(expected))
            }
            ParseErrorKind::UnexpectedEnd { expected } => {
                let label = format!("expected {expected} after this");
                self.report("the script ends too early", label)
                    .help("write the rest of it")
            }
            ParseErrorKind::TooDeep => self
                .report("this is nested too deeply", "the limit is reached here")
                .note(format!("the limit is {} levels", crate::MAX_DEPTH))
                .note("brackets, operators of one expression and `else if` branches count")
                .help("split it into several statements with variables"),
            ParseErrorKind::OutsideProbe => self
                .report(
                    "a statement stands outside any probe",
                    "not part of a probe",
                )
                .help("put it into a probe's braces, such as `begin { … }`"),
            ParseErrorKind::MissingAction => self
                .report("this probe has no action", "the script ends here")
                .help("say what it does: `{ … }`"),
            ParseErrorKind::LoneElse => self
                .report(
                    "`else` without `if`",
                    "no `if` block ends right before this",
                )
                .help("`else` follows the `}` of its `if`"),
            ParseErrorKind::BarePredicate => self
                .report(
                    "a predicate stands between slashes",
                    "read as an attach point",
                )
                .help("write `/pid == 1/ { … }`, or use `if` in the action"),
            _ => self
                .report("the predicate is empty", "no condition between the slashes")
                .help("write a condition, such as `/pid == 1/`, or leave the slashes out"),
        }
    }

    fn punctuation(&self) -> Diagnostic {
        match &self.kind {
            ParseErrorKind::MissingSemicolon { next } => self
                .report("missing `;` between two statements", "expected `;`")
                .secondary(*next, "the next statement starts here")
                .help("end the statement with `;`"),
            ParseErrorKind::MissingComma { next } => self
                .report("missing `,` between two values", "expected `,`")
                .secondary(*next, "the next value starts here")
                .help("separate the values with `,`"),
            ParseErrorKind::MissingBrace { before } => self
                .report(format!("missing `{{` before {before}"), "expected `{`")
                .help("the braces around a block are always needed: `{ … }`"),
            ParseErrorKind::UnclosedBracket { closer, before } => self
                .report(format!("missing `{closer}`"), "this is not closed")
                .secondary(*before, format!("expected `{closer}` before this"))
                .help(format!("add the missing `{closer}`")),
            ParseErrorKind::Unmatched { closer } => self
                .report(
                    format!("unmatched `{closer}`"),
                    "nothing is open that this closes",
                )
                .help(format!(
                    "remove the `{closer}`, or add what it should close"
                )),
            _ => self
                .report(
                    "two attach points stand side by side",
                    "a second attach point",
                )
                .help("separate attach points with `,`; the action starts with `{`"),
        }
    }

    fn word(&self) -> Diagnostic {
        match &self.kind {
            ParseErrorKind::AssignToName { name } => self
                .report(
                    format!("cannot assign to `{name}`"),
                    "neither variable nor map",
                )
                .help(format!(
                    "write `${name}` for a variable or `@{name}` for a map"
                )),
            ParseErrorKind::MissingSigil { name } => self
                .report(format!("`{name}` is not a variable"), "has no `$`")
                .help(format!("variables start with `$`: write `${name}`")),
            ParseErrorKind::KeywordAsName { word } => self
                .report(format!("`{word}` is a keyword"), "cannot be used as a name")
                .help(format!(
                    "write `${word}` for a variable or `@{word}` for a map"
                )),
            ParseErrorKind::WordOperator { word, operator } => self
                .report(format!("`{word}` is not an operator"), "a plain name here")
                .help(format!("write `{operator}`")),
            ParseErrorKind::ElseIf { word } => self
                .report(format!("`{word}` is not a keyword"), "read as a name")
                .help("write `else if`"),
            _ => self.report("unexpected word", "does not belong here"),
        }
    }

    fn expression(&self) -> Diagnostic {
        match &self.kind {
            ParseErrorKind::BadPositional => self
                .report("this is not a parameter", "out of range")
                .help("parameters count from `$1`"),
            ParseErrorKind::AssignInCondition => self
                .report(
                    "`=` assigns, it does not compare",
                    "an assignment has no value",
                )
                .help("write `==` to compare"),
            ParseErrorKind::ChainedAssignment => self
                .report("an assignment has no value", "a second assignment")
                .help("write two statements"),
            ParseErrorKind::FloatingPoint => self
                .report("there are no floating-point numbers", "not an integer")
                .note("programs in the kernel cannot use floating point")
                .help("use integers of a smaller unit, such as nanoseconds or thousandths"),
            _ => self
                .report("only maps take several keys", "a second index")
                .help("write `[a][b]` for an array of arrays"),
        }
    }
}

/// What to write where `expected`, a list in words, would have been right.
fn instead(expected: &str) -> String {
    let has = |words: &str| expected.contains(words);
    if has("a statement") {
        "write a statement, such as `@x = 1;`, or close the block".to_owned()
    } else if has("a value") {
        "write a value, such as `$x`, `@m`, `pid`, `10` or `\"text\"`".to_owned()
    } else if has("`;`") {
        "end the statement with `;`, or go on with an operator".to_owned()
    } else if has("an attach point") {
        "write where to attach, such as `tracepoint:syscalls:sys_enter_read`".to_owned()
    } else {
        format!("write {expected}")
    }
}
