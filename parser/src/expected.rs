//! What could have stood at a place, in words: not forty tokens but "a value" or "an operator".

/// The tokens that only begin values, with those that also continue them.
const VALUE: &[&str] = &[
    "integer",
    "string",
    "variable",
    "parameter",
    "$#",
    "map",
    "name",
    "true",
    "false",
    "comptime",
    "sizeof",
    "offsetof",
    "typeinfo",
    "container_of",
    "value {",
    "(",
    "!",
    "~",
    "-",
    "*",
    "&",
    "++",
    "--",
];

const OPERATOR: &[&str] = &[
    "+", "-", "*", "/", "%", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", "&&",
    "||", "?", ".", "->", "[", "++", "--", "!",
];

const ASSIGNMENT: &[&str] = &[
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=",
];

const STATEMENT: &[&str] = &[
    "if", "while", "for", "unroll", "break", "continue", "return", "let", "_", "{", ";",
];

const TYPE: &[&str] = &["type", "struct", "union", "enum", "typeof"];

const ITEM: &[&str] = &[
    "definition",
    "config",
    "import",
    "macro",
    "let",
    "probe name",
    "attach point",
    ";",
];

/// A set of tokens that is named as a whole where its witnesses are all expected.
struct Group {
    words: &'static str,
    witnesses: &'static [&'static str],
    members: &'static [&'static [&'static str]],
}

const GROUPS: &[Group] = &[
    Group {
        words: "a probe",
        witnesses: &["probe name", "definition"],
        members: &[ITEM],
    },
    Group {
        words: "a statement",
        witnesses: &["if", "integer"],
        members: &[STATEMENT, VALUE],
    },
    Group {
        words: "a type or a value",
        witnesses: &["type", "integer", "sizeof"],
        members: &[VALUE, TYPE],
    },
    Group {
        words: "a value",
        witnesses: &["integer", "variable"],
        members: &[VALUE, TYPE],
    },
    Group {
        words: "a type",
        witnesses: &["type", "struct"],
        members: &[TYPE, &["name"]],
    },
    Group {
        words: "an assignment",
        witnesses: &["=", "+="],
        members: &[ASSIGNMENT],
    },
    Group {
        words: "an operator",
        witnesses: &["+", "=="],
        members: &[OPERATOR],
    },
];

/// Whether the parser could have gone on with this token.
pub(crate) fn has(expected: &[String], token: &str) -> bool {
    expected.iter().any(|e| bare(e) == token)
}

/// What was expected as a list in words, single tokens before groups; empty where nothing was.
pub(crate) fn in_words(expected: &[String]) -> String {
    let mut rest: Vec<&str> = expected.iter().map(|e| bare(e)).collect();
    let mut groups = Vec::new();
    for group in GROUPS {
        if group.witnesses.iter().all(|w| rest.contains(w)) {
            rest.retain(|token| !group.members.iter().any(|m| m.contains(token)));
            groups.push(group.words.to_owned());
        }
    }
    if groups.iter().any(|words| words == "an operator") {
        groups.retain(|words| words != "an assignment");
    }
    let words = rest.into_iter().map(word).chain(groups).collect();
    join(words)
}

/// The token's name in the grammar without the quotes around it.
fn bare(expected: &str) -> &str {
    expected.trim_matches('"')
}

fn word(token: &str) -> String {
    match token {
        "integer" => "a number".to_owned(),
        "string" => "a string".to_owned(),
        "variable" => "a variable (`$x`)".to_owned(),
        "map" => "a map (`@m`)".to_owned(),
        "name" => "a name".to_owned(),
        "attach point" => "an attach point".to_owned(),
        "probe name" => "a probe's name".to_owned(),
        "predicate open" => "a predicate (`/…/`)".to_owned(),
        "predicate close" => "the closing `/`".to_owned(),
        "value {" => "`{`".to_owned(),
        "parameter" => "a parameter (`$1`)".to_owned(),
        _ => format!("`{token}`"),
    }
}

fn join(words: Vec<String>) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
