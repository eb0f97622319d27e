//! What is read of C text, and what is wrong with it.

use super::{Include, Includes, NoIncludes, Piece, SYSTEM_FILES, Wanted, read};
use lexer::{FileId, Span};

/// The macros and a line for each declaration, or the codes of the reports.
fn shown(text: &str) -> String {
    let pieces = [Piece {
        text,
        span: Span::new(FileId(0), 0, 0),
    }];
    let (unit, reports) = read(&pieces, &[("BPFTRACE_HAVE_BTF", "1")], &mut NoIncludes);
    if !reports.is_empty() {
        let lines = reports.iter().map(|r| format!("{}: {}", r.code, r.message));
        return lines.collect::<Vec<_>>().join("\n");
    }
    let macros = unit
        .macros
        .iter()
        .map(|m| format!("{}={}", m.name.name, m.text));
    let names = unit.declarations.iter().map(|d| {
        let names = d.declarators.iter().filter_map(|d| d.name.as_ref());
        let names: Vec<&str> = names.map(|name| name.name.as_str()).collect();
        format!("{}:{}", &text[d.base.span.range()], names.join(","))
    });
    macros.chain(names).collect::<Vec<_>>().join("\n")
}

#[test]
fn conditions_choose() {
    let text =
        "#ifdef BPFTRACE_HAVE_BTF\nstruct a { int x; };\n#else\nstruct b { int x; };\n#endif\n";
    assert_eq!(shown(text), "struct a { int x; }:");
    let text = "#define N 3\n#if N > 2 && !defined(M) && (1 << 40) / 1024 == 1UL << 30\n\
                #define YES N\n#elif 1\n#define NO\n#endif";
    assert_eq!(shown(text), "N=3\nYES=N");
    let text = "#if 0\n#if 1\n#define A 1\n#else\n#define B 1\n#endif\n#error no\n#elif 1 - 1\n#define C 1\n#else\n#define D 1\n#endif";
    assert_eq!(shown(text), "D=1");
}

#[test]
fn macros_expand() {
    let text = "#define SIZE(n) ((n) * 2)\n#define T unsigned long\ntypedef T SIZED[SIZE(4)];";
    assert_eq!(shown(text), "SIZE=((n) * 2)\nT=unsigned long\nT:SIZED",);
    assert_eq!(shown("#define V(a, ...) a"), "");
    assert_eq!(shown("#define A A\ntypedef int A;"), "A=A\nint:A");
    let glued = "#define G(a, b) a##b\ntypedef int G(x, 1);";
    assert!(shown(glued).ends_with(":x1"), "{}", shown(glued));
    let lines = "#define LONG 1 + \\\n 2\n";
    assert_eq!(shown(lines), "LONG=1 +    2");
}

#[test]
fn what_declares_no_type_is_passed_over() {
    let text = "extern int f(int a, char *b);\nstatic inline int g(void) { return 1; }\nint x = { 1 }, y;\n\
                _Static_assert(sizeof(int) == 4, \"\");\ntypedef int (*fn)(void *, ...), *p;";
    assert_eq!(shown(text), "int:fn,p");
}

#[test]
fn mistakes_are_told() {
    for (text, report) in [
        ("struct S { int x };", "struct S { int x }:"),
        (
            "struct S { int };",
            "c-syntax: expected the name of a member in the C definition, found `}`",
        ),
        (
            "struct S { int 3; };",
            "c-syntax: expected a name in the C definition, found `3`",
        ),
        ("struct;", "c-syntax: `struct` needs a name or a body"),
        (
            "typedef unsigned float f;",
            "c-syntax: `unsigned float` is not a type of C",
        ),
        (
            "#if\n#endif",
            "c-condition: the condition has no value: nothing is there",
        ),
        (
            "#if 1 / 0\n#endif",
            "c-condition: the condition has no value: it divides by zero",
        ),
        ("#ifdef X", "c-directive: `#ifdef` without an `#endif`"),
        ("#endif", "c-directive: `#endif` without an `#if`"),
        ("#defin X", "c-directive: there is no `#defin`"),
        ("#error too old", "c-error: too old"),
        (
            "#define F(a) a\ntypedef F(1, 2) x;",
            "c-macro-arguments: the macro `F` takes 1 argument",
        ),
        (
            "enum { A = 1.5 };",
            "c-number: `1.5` is not a whole number of C",
        ),
    ] {
        assert_eq!(shown(text), report, "{text}");
    }
}

/// A compiler that is shown what is defined, and answers with a text of its own.
struct Compiler {
    asked: String,
}

impl Includes for Compiler {
    fn include(&mut self, wanted: &Wanted<'_>) -> Include {
        self.asked = wanted.defined.to_string();
        let text = "#define SIZE 4\ntypedef int (*SIZE)(LIMIT x);\n".to_owned();
        Include::Expanded(FileId(SYSTEM_FILES), text)
    }
}

#[test]
fn a_compiler_is_told_the_macros_and_its_text_is_not_expanded_again() {
    let text = "#define LIMIT 3\n#define ADD(a, b) ((a) + \\\n  b)\n#define ALL(f, ...) f(__VA_ARGS__)\n\
                #define LIST(x...) x\n#include <x.h>\nstruct S { SIZE f; };";
    let piece = Piece {
        text,
        span: Span::new(FileId(0), 0, text.len() as u32),
    };
    let mut compiler = Compiler {
        asked: String::new(),
    };
    let (unit, reports) = read(&[piece], &[("ONE", "1")], &mut compiler);
    assert_eq!(
        compiler.asked,
        "#define ADD(a, b) ((a) +     b)\n#define ALL(f, ...) f(__VA_ARGS__)\n\
         #define LIMIT 3\n#define LIST(x...) x\n"
    );
    // The typedef is named `SIZE`, not 4; what comes behind the header is expanded.
    let names = unit.declarations[0].declarators.iter();
    let names: Vec<_> = names.flat_map(|d| d.name.as_ref()).collect();
    assert_eq!(names[0].name, "SIZE");
    assert!(reports.iter().any(|report| report.message.contains('4')));
}
