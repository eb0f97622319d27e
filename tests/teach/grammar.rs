//! The grammar for editors (TextMate's form, which VS Code, Sublime Text, Zed's and GitHub's
//! highlighters read): made of the compiler's own tables, and tried on every saved tool.
//!
//! `UPDATE_EXPECT=1` writes `docs/editors/strobe.tmLanguage.json` anew.

use crate::strobe::root;
use regex_lite::Regex;
use sema::reference::{Kind, builtins, providers, settings};
use serde_json::{Value, json};

const KEYWORDS: [&str; 16] = [
    "if", "else", "while", "for", "unroll", "break", "continue", "return", "let", "config",
    "macro", "import", "begin", "end", "BEGIN", "END",
];

const OPERATORS: [&str; 6] = [
    "comptime",
    "sizeof",
    "offsetof",
    "typeof",
    "typeinfo",
    "container_of",
];

fn grammar() -> Value {
    let words = |words: Vec<&str>| format!(r"\b({})\b", words.join("|"));
    let mut long: Vec<&str> = providers().map(|p| p.name).collect();
    long.retain(|name| !KEYWORDS.contains(name));
    let short = providers().filter_map(|p| p.short);
    let attach = long.iter().copied().chain(short).collect::<Vec<_>>();
    let mut values: Vec<&str> = builtins()
        .filter(|b| matches!(b.kind(), Kind::Value | Kind::Either))
        .map(|b| b.name)
        .collect();
    values.sort_unstable();
    values.dedup();
    let aggregations = builtins().filter(|b| b.kind() == Kind::Aggregation);
    let rule =
        |name: &str, pattern: &str| json!({ "name": format!("{name}.bt"), "match": pattern });
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "bpftrace and strobe",
        "scopeName": "source.bt",
        "fileTypes": ["bt"],
        "firstLineMatch": "^#!.*\\b(strobe|bpftrace)\\b",
        "patterns": [
            rule("comment.line.double-slash", r"//.*$"),
            json!({ "name": "comment.block.bt", "begin": r"/\*", "end": r"\*/" }),
            rule("comment.line.shebang", r"^#!.*$"),
            rule("meta.preprocessor", r"^\s*#\s*(include|define|undef|if|ifdef|ifndef|elif|else|endif)\b.*$"),
            json!({
                "name": "string.quoted.double.bt", "begin": "\"", "end": "\"",
                "patterns": [
                    rule("constant.character.escape", r#"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[ntr\\"])"#),
                    rule("constant.other.placeholder", r"%[-+ #0]*[0-9*]*(\.[0-9*]+)?(hh|h|ll|l|j|z|t)?[a-zA-Z]{1,2}")
                ]
            }),
            rule("entity.name.tag", &format!(r"\b({}):[^\s,{{/]+", attach.join("|"))),
            rule("keyword.control", &words(KEYWORDS.to_vec())),
            rule("keyword.operator.word", &words(OPERATORS.to_vec())),
            rule("constant.language", r"\b(true|false)\b"),
            rule("storage.type", r"\b(u?int(8|16|32|64)?(_t)?|[us](8|16|32|64)|bool|string|buffer|struct|union|enum|void|char|short|long|size_t)\b"),
            rule("variable.other.map", r"@[a-zA-Z_0-9]*"),
            rule("variable.parameter", r"\$([0-9]+|#)"),
            rule("variable.other", r"\$[a-zA-Z_][a-zA-Z_0-9]*"),
            rule("constant.numeric", r"\b(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*(e[0-9]+)?(ns|us|ms|s|m|h|d)?)\b"),
            rule("support.function.aggregation", &words(aggregations.map(|b| b.name).collect())),
            rule("variable.language", &format!(r"\b({}|s?arg[0-9]+)\b", values.join("|"))),
            rule("support.type.property-name", &words(settings().map(|s| s.0).collect())),
            rule("support.function", r"\b[a-z_][a-z_0-9]*!?(?=\s*\()"),
            rule("keyword.operator", r"[-+*/%&|^!<>=?:~]+"),
        ]
    })
}

#[test]
fn the_grammar_is_up_to_date() {
    let path = root().join("docs/editors/strobe.tmLanguage.json");
    let made = serde_json::to_string_pretty(&grammar()).expect("it is JSON") + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, made).expect("the grammar is writable");
        return;
    }
    let written = std::fs::read_to_string(&path).expect("the grammar is there");
    assert!(
        made == written,
        "docs/editors/strobe.tmLanguage.json is stale: run UPDATE_EXPECT=1 cargo test --test teach grammar"
    );
}

#[test]
fn the_grammar_knows_the_words_of_the_tools() {
    let grammar = grammar();
    let rules = grammar["patterns"].as_array().expect("a list");
    let scope = |word: &str| {
        let matching = rules.iter().find(|rule| {
            // Looking ahead is for editors; what follows the word is left out here.
            let pattern = rule["match"]
                .as_str()
                .unwrap_or("^$")
                .replace(r"(?=\s*\()", "");
            let pattern = Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
            pattern.is_match(word)
        });
        matching.map_or("", |rule| rule["name"].as_str().unwrap_or(""))
    };
    for (word, expected) in [
        ("tracepoint:sched:sched_switch", "entity.name.tag.bt"),
        ("@start", "variable.other.map.bt"),
        ("$x", "variable.other.bt"),
        ("$1", "variable.parameter.bt"),
        ("if", "keyword.control.bt"),
        ("hist", "support.function.aggregation.bt"),
        ("printf", "support.function.bt"),
        ("nsecs", "variable.language.bt"),
        ("arg0", "variable.language.bt"),
        ("0x1f", "constant.numeric.bt"),
        ("10ms", "constant.numeric.bt"),
        ("uint64", "storage.type.bt"),
        ("max_strlen", "support.type.property-name.bt"),
        ("// words", "comment.line.double-slash.bt"),
    ] {
        assert_eq!(scope(word), expected, "{word}");
    }
}
