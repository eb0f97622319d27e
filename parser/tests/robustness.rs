//! No input makes the parser panic, overflow its stack or lose its way: nesting beyond the limit,
//! long scripts, junk, and every script of the test data with a piece missing.

use lexer::{Lexer, SourceMap};
use std::path::Path;

#[test]
fn nesting_beyond_the_limit_is_one_report() {
    let many = 20_000;
    let nested = |open: &str, inner: &str, close: &str| {
        format!(
            "begin {{ $x = {}{inner}{}; }}",
            open.repeat(many),
            close.repeat(many)
        )
    };
    for script in [
        nested("(", "1", ")"),
        nested("-", "1", ""),
        nested("!", "1", ""),
        nested("*", "$p", ""),
        nested("++", "$x", ""),
        nested("(u8)", "1", ""),
        nested("f(", "1", ")"),
        nested("@a[", "1", "]"),
        nested("(1, ", "1", ")"),
        nested("{ ", "1", " }"),
        nested("1 + ", "1", ""),
        nested("1 || ", "1", ""),
        nested("1 ? 1 : ", "1", ""),
        nested("1 ? ", "1", " : 1"),
        nested("", "$p", ".a"),
        nested("", "$p", "->a"),
        nested("", "$p", "[0]"),
        nested("", "$p", "++"),
        nested("sizeof(", "1", ")"),
        nested("(typeof(", "1", "))1"),
        nested("(int8", "*", ")1"),
        format!("begin {{ {}{} }}", "{".repeat(many), "}".repeat(many)),
        format!(
            "begin {{ {}{} }}",
            "if (1) {".repeat(many),
            "}".repeat(many)
        ),
        format!(
            "begin {{ if (1) {{ }} {} }}",
            "else if (1) { }".repeat(many)
        ),
        format!(
            "kprobe:f / {}1{} / {{ }}",
            "(".repeat(many),
            ")".repeat(many)
        ),
    ] {
        assert_eq!(codes(&script), ["too-deeply-nested"], "{}", &script[..60]);
    }
}

#[test]
fn unclosed_nesting_is_reported() {
    for open in ["(", "{", "[", "@a[", "f(", "if (1) {"] {
        let script = format!("begin {{ {}", open.repeat(20_000));
        let codes = codes(&script);
        assert!(codes.contains(&"too-deeply-nested"), "{open}: {codes:?}");
    }
}

#[test]
fn what_stays_below_the_limit_is_read_shown_and_formatted() {
    for script in [
        format!("begin {{ $x = 1{}; }}", " + 1".repeat(490)),
        format!("begin {{ $x = {}1{}; }}", "(".repeat(240), ")".repeat(240)),
        format!("begin {{ $x = {}1; }}", "-".repeat(240)),
        format!("begin {{ if (1) {{ }} {} }}", "else if (1) { }".repeat(240)),
        format!("begin {{ {} }}", "f(1, 2 + 3, $a.b.c); ".repeat(1000)),
        format!("begin {{ f({}); }}", "1 + 1, ".repeat(1000)),
    ] {
        let mut sources = SourceMap::new();
        let file = sources.add("script", script);
        let (program, reports) = parser::parse(&sources, file);
        assert!(reports.is_empty(), "{reports:?}");
        assert!(!parser::dump(&program, &sources).is_empty());
        assert!(!parser::format(&program, &sources, file).is_empty());
    }
}

#[test]
fn a_long_script_is_read_and_a_longer_one_refused() {
    let probe = "kprobe:f /pid == 1/ { @x[pid, comm] = count(); if ($a > 1) { $b = 2; } }\n";
    let long = probe.repeat(1_000_000 / probe.len());
    let mut sources = SourceMap::new();
    let file = sources.add("script", long.as_str());
    let (program, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty());
    assert_eq!(program.items.len(), 1_000_000 / probe.len());
    assert_eq!(
        codes(&probe.repeat(10_000_000 / probe.len())),
        ["script-too-large"]
    );
}

#[test]
fn long_runs_of_one_thing_are_read() {
    for piece in [
        "/*",
        "*/",
        "\"",
        "'",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "/",
        "// ",
        "#\\\n",
        "struct ",
        "begin{}",
        "import \"a\"\n",
        "k /1 ",
        "$x = ; ",
        "a",
        "1",
        "\\",
        "\u{feff}",
        "é",
        ";",
        "let @a = f(1)\n",
        "else ",
        "\"a\" ",
        "a:",
    ] {
        for script in [
            piece.repeat(30_000),
            format!("begin {{ {}", piece.repeat(30_000)),
            format!("begin {{ f({}); }}", piece.repeat(30_000)),
            format!("kprobe:f /{}", piece.repeat(30_000)),
        ] {
            assert!(codes(&script).len() <= 20, "{piece:?}");
        }
    }
}

#[test]
fn junk_is_reported() {
    let mut state = 1_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u32
    };
    for _ in 0..300 {
        let length = random() % 200;
        let junk: String = (0..length)
            .map(|_| char::from((random() % 256) as u8))
            .collect();
        codes(&junk);
        codes(&format!("begin {{ {junk}"));
    }
}

#[test]
fn scripts_with_a_token_missing_or_twice_are_read() {
    for text in good_scripts() {
        let mut sources = SourceMap::new();
        let file = sources.add("script", text.as_str());
        let tokens: Vec<_> = Lexer::new(file, &text).map(|t| t.span.range()).collect();
        for range in tokens {
            let missing = format!("{}{}", &text[..range.start], &text[range.end..]);
            let twice = format!("{}{}", &text[..range.end], &text[range.start..]);
            codes(&missing);
            codes(&twice);
        }
    }
}

#[test]
fn scripts_cut_short_anywhere_are_read() {
    for text in good_scripts() {
        for (at, _) in text.char_indices() {
            codes(&text[..at]);
            codes(&text[at..]);
        }
    }
}

/// The codes of a script's reports, whose places must lie in it and between characters.
fn codes(text: &str) -> Vec<&'static str> {
    let mut sources = SourceMap::new();
    let file = sources.add("script", text);
    let (_, reports) = parser::parse(&sources, file);
    for label in reports.iter().flat_map(|report| &report.labels) {
        assert!(label.span.start <= label.span.end, "{label:?}");
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
    reports.iter().map(|report| report.code).collect()
}

fn good_scripts() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data/ok");
    let entries = std::fs::read_dir(directory).expect("the directory is readable");
    let paths = entries.map(|entry| entry.expect("the directory is readable").path());
    let scripts = paths.filter(|path| path.extension().is_some_and(|e| e == "bt"));
    let texts: Vec<String> = scripts
        .map(|path| std::fs::read_to_string(path).expect("the script is text"))
        .collect();
    assert!(texts.len() >= 40);
    texts
}
