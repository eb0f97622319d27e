//! Layouts beside those of the C compiler, for structs that are made at random.

use super::Definitions;
use crate::kernel::Fake;
use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::modules::Modules;
use lexer::SourceMap;
use std::fmt::Write as _;
use std::process::Command;

/// Types and members that come out of a seed.
struct Generator {
    state: u64,
    /// The C text so far.
    text: String,
    /// Names of the structs and unions so far, without the tag word, and of their plain members.
    made: Vec<Made>,
    members: u32,
}

struct Made {
    word: &'static str,
    name: String,
    plain: Vec<String>,
    fields: Vec<String>,
}

impl Generator {
    fn below(&mut self, bound: u64) -> u64 {
        // Numerical Recipes' generator; its upper bits are good enough.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005);
        self.state = self.state.wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    fn member_name(&mut self) -> String {
        self.members += 1;
        format!("m{}", self.members)
    }

    fn attribute(&mut self) -> &'static str {
        let any = [
            " __attribute__((packed))",
            " __attribute__((aligned(2)))",
            " __attribute__((aligned(16)))",
            " __attribute__((packed, aligned(4)))",
            " __attribute__((aligned))",
        ];
        match self.below(6) {
            0 => self.pick(&any),
            _ => "",
        }
    }

    fn plain_type(&mut self) -> String {
        let basic = [
            "char",
            "signed char",
            "unsigned char",
            "short",
            "unsigned short",
            "int",
            "unsigned",
            "long",
            "unsigned long",
            "long long",
            "unsigned long long int",
            "_Bool",
            "float",
            "double",
            "long double",
            "enum color",
            "enum wide",
            "small_t",
            "word_t",
            "__int128",
        ];
        match self.below(5) {
            0 if !self.made.is_empty() => {
                let index = self.below(self.made.len() as u64) as usize;
                format!("{} {}", self.made[index].word, self.made[index].name)
            }
            _ => self.pick(&basic).to_owned(),
        }
    }

    fn composite(&mut self) {
        let word = self.pick(&["struct", "struct", "struct", "union"]);
        let name = format!("t{}", self.made.len());
        let mut made = Made {
            word,
            name,
            plain: Vec::new(),
            fields: Vec::new(),
        };
        let mut body = String::new();
        self.body(&mut body, &mut made, 0);
        if made.plain.is_empty() && made.fields.is_empty() {
            body.push_str(" int only;");
            made.plain.push("only".to_owned());
        }
        let attribute = self.attribute();
        let _ = writeln!(self.text, "{word} {} {{{body} }}{attribute};", made.name);
        self.made.push(made);
    }

    fn body(&mut self, body: &mut String, made: &mut Made, depth: u32) {
        for _ in 0..1 + self.below(6) {
            match self.below(10) {
                0..3 => self.bit_field(body, made),
                3 if depth < 3 => {
                    let word = self.pick(&["struct", "union"]);
                    let attribute = self.attribute();
                    let _ = write!(body, " {word} {{");
                    self.body(body, made, depth + 1);
                    // Attributes behind an anonymous one are those of its type.
                    let _ = write!(body, " }}{attribute};");
                }
                _ => self.plain(body, made),
            }
        }
    }

    fn plain(&mut self, body: &mut String, made: &mut Made) {
        let name = self.member_name();
        let ty = self.plain_type();
        let declarator = match self.below(8) {
            0 => format!("{ty} *{name}"),
            1 => format!("{ty} {name}[{}]", self.below(5)),
            2 => format!("{ty} {name}[2][1 + {}]", self.below(3)),
            3 => format!("{ty} *(*{name})(int, char *)"),
            4 => format!("{ty} (*{name})[3]"),
            _ => format!("{ty} {name}"),
        };
        let attribute = self.attribute();
        let _ = write!(body, " {declarator}{attribute};");
        made.plain.push(name);
    }

    fn bit_field(&mut self, body: &mut String, made: &mut Made) {
        let types = [
            ("char", 8),
            ("unsigned char", 8),
            ("unsigned short", 16),
            ("int", 32),
            ("unsigned", 32),
            ("unsigned long", 64),
            ("long long", 64),
            ("_Bool", 1),
            ("word_t", 16),
        ];
        let (ty, most) = self.pick(&types);
        let width = 1 + self.below(most);
        match self.below(8) {
            0 => {
                let _ = write!(body, " {ty} : 0;");
            }
            1 => {
                let _ = write!(body, " {ty} : {width};");
            }
            _ => {
                let name = self.member_name();
                let attribute = match self.below(8) {
                    0 => " __attribute__((packed))",
                    _ => "",
                };
                let _ = write!(body, " {ty} {name} : {width}{attribute};");
                made.fields.push(name);
            }
        }
    }

    /// A C program that tells every size, offset, and place of a bit-field.
    fn program(&self) -> String {
        let mut main = String::new();
        for made in &self.made {
            let ty = format!("{} {}", made.word, made.name);
            let _ = writeln!(main, "printf(\"{} %zu\\n\", sizeof({ty}));", made.name);
            for member in &made.plain {
                let offset = format!("offsetof({ty}, {member})");
                let _ = writeln!(
                    main,
                    "printf(\"{}.{member} %zu 0\\n\", 8 * {offset});",
                    made.name
                );
            }
            for field in &made.fields {
                let set = format!("{{ {ty} v; memset(&v, 0, sizeof v); v.{field} = -1;");
                let tell = format!("tell(\"{}.{field}\", &v, sizeof v); }}", made.name);
                let _ = writeln!(main, "{set} {tell}");
            }
        }
        format!("{HEAD}{}int main(void) {{\n{main}return 0; }}\n", self.text)
    }
}

const PRELUDE: &str = "enum color { RED, GREEN = 3 };\nenum wide { LOW = -1, HIGH = 1L << 40 };\n\
    typedef unsigned char small_t;\ntypedef unsigned short word_t;\n";

const HEAD: &str = r#"
#include <stdio.h>
#include <stddef.h>
#include <string.h>
static void tell(const char *name, const void *p, size_t size) {
    const unsigned char *bytes = p;
    size_t first = 0, count = 0;
    for (size_t bit = 0; bit < 8 * size; bit++)
        if (bytes[bit / 8] >> bit % 8 & 1) { if (!count) first = bit; count++; }
    printf("%s %zu %zu\n", name, first, count);
}
"#;

fn ours(btf: &Btf, made: &[Made]) -> String {
    let mut text = String::new();
    let find = |made: &Made| -> TypeId {
        let kind = if made.word == "union" {
            Kind::Union
        } else {
            Kind::Struct
        };
        btf.find(&made.name, kind).expect("every type is there")
    };
    for made in made {
        let id = find(made);
        let size = btf
            .size_of(id)
            .expect("types read")
            .expect("types have sizes");
        let _ = writeln!(text, "{} {size}", made.name);
        for name in made.plain.iter().chain(&made.fields) {
            let found = btf
                .find_member(id, name)
                .expect("types read")
                .expect("members are there");
            let bits = found.member.bits.unwrap_or(0);
            let _ = writeln!(
                text,
                "{}.{name} {} {bits}",
                made.name, found.member.bit_offset
            );
        }
    }
    text
}

/// Reads C text as a script's.
fn definitions(text: &str) -> (Option<Btf>, Vec<lexer::Diagnostic>) {
    let mut sources = SourceMap::new();
    let file = sources.add("layout", format!("{text}\nbegin {{ }}"));
    let (script, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{reports:?}");
    let kernel = Fake::new();
    let (definitions, reports) = Definitions::read(&script, &kernel, false, Modules::default());
    (definitions.own, reports)
}

fn theirs(program: &str, seed: u64) -> Option<String> {
    let folder = std::env::temp_dir().join(format!("strobe-layout-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the C program");
    let (source, binary) = (folder.join("layout.c"), folder.join("layout"));
    std::fs::write(&source, program).expect("the C program is written");
    let mut gcc = Command::new("gcc");
    gcc.args(["-w", "-std=gnu11", "-o"])
        .arg(&binary)
        .arg(&source);
    let compiled = gcc.output().ok()?;
    let complaints = String::from_utf8_lossy(&compiled.stderr).into_owned();
    assert!(compiled.status.success(), "{complaints}");
    let told = Command::new(&binary).output().expect("the C program runs");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    Some(String::from_utf8(told.stdout).expect("names and numbers"))
}

#[test]
fn layouts_are_the_c_compilers() {
    for seed in 1..=6 {
        let mut generator = Generator {
            state: seed,
            text: PRELUDE.to_owned(),
            made: Vec::new(),
            members: 0,
        };
        for _ in 0..120 {
            generator.composite();
        }
        let (btf, reports) = definitions(&generator.text);
        assert!(reports.is_empty(), "{reports:?}\n{}", generator.text);
        let ours = ours(&btf.expect("there are types"), &generator.made);
        let Some(theirs) = theirs(&generator.program(), seed) else {
            eprintln!("skipped: there is no gcc to compare layouts with");
            return;
        };
        let differences: Vec<String> = ours
            .lines()
            .zip(theirs.lines())
            .filter(|(ours, theirs)| ours != theirs)
            .map(|(ours, theirs)| format!("ours {ours}, gcc's {theirs}"))
            .collect();
        assert!(
            differences.is_empty(),
            "seed {seed}: {}\n{}",
            differences.join("\n"),
            generator.text
        );
        assert_eq!(ours.lines().count(), theirs.lines().count());
    }
}

#[test]
fn mistakes_are_told() {
    for (text, code) in [
        ("struct S { nothing_t x; };", "unknown-type"),
        ("struct S { int a; };\nstruct S { int b; };", "redefined"),
        ("struct S { int a; char a; };", "redefined"),
        ("enum E { A };\nenum F { A };", "redefined"),
        ("struct S { struct S again; };", "incomplete-type"),
        ("struct S { void nothing; };", "incomplete-type"),
        ("struct S { int x : 33; };", "bad-bit-field"),
        ("struct S { float x : 3; };", "bad-bit-field"),
        (
            "struct S { int x __attribute__((aligned(3))); };",
            "bad-alignment",
        ),
        ("struct S { char x[1 << 29]; };", "bad-array"),
        ("struct S { struct T x[2]; };", "bad-array"),
        ("struct S { char x[-1]; };", "out-of-range"),
        ("struct S { char x[N]; };", "not-constant"),
        ("struct S { char x[1 / 0]; };", "not-constant"),
    ] {
        let (_, reports) = definitions(text);
        let codes: Vec<&str> = reports.iter().map(|r| r.code).collect();
        assert_eq!(codes, [code], "{text}");
    }
}
