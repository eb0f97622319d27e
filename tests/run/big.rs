//! Scripts that are big in some way, made here, with answers that can be worked out.

use crate::execute::{missing, strobe};
use crate::running::Running;
use libtest_mimic::{Completion, Failed, Trial};
use std::fmt::Write;

/// A script and what it prints.
type Case = (String, String);

/// A case and its name.
type Named = (&'static str, fn() -> Case);

/// The cases.
pub fn trials() -> Vec<Trial> {
    let cases: [Named; 8] = [
        ("200 probes", many_probes),
        ("2000 statements in a probe", many_statements),
        ("300 insertions in a probe", many_insertions),
        ("60 arguments of strings", many_arguments),
        ("40 strings of 1 KiB at a time", many_strings),
        ("strings of 8 KiB", long_strings),
        ("100 loops one after the other", many_loops),
        ("200 maps", many_maps),
    ];
    cases
        .map(|(name, make)| Trial::ignorable_test(format!("big: {name}"), move || answers(make())))
        .into()
}

fn answers((script, expected): Case) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let ended = Running::start(strobe().args(["-q", "-e", &script]))?.end()?;
    let printed = ended.stdout.trim_end();
    if ended.status.success() && printed == expected.trim_end() {
        return Ok(Completion::Completed);
    }
    let errors = ended.stderr.get(..2000).unwrap_or(&ended.stderr);
    Err(format!("expected {expected}\nprinted {printed}\nsaid {errors}").into())
}

/// A text for every number below a limit.
fn each(count: u32, text: impl Fn(u32) -> String) -> String {
    (0..count).map(text).collect()
}

fn many_probes() -> Case {
    let mut script = each(199, |i| {
        format!("begin {{ @ran++; $x = {i}; @sum += $x; @by[$x % 2, comm] = count(); }}\n")
    });
    script.push_str(
        "begin { print(@ran); print(@sum); clear(@ran); clear(@sum); clear(@by); exit(); }",
    );
    (script, format!("@ran: 199\n@sum: {}", 198 * 199 / 2))
}

fn many_insertions() -> Case {
    let body = each(150, |i| {
        format!("@m[{i}, comm] = {i};\n@c[{i}] = count();\n")
    });
    let script =
        format!("begin {{ {body} print(len(@m)); print(len(@c)); clear(@m); clear(@c); exit(); }}");
    (script, "150\n150".to_owned())
}

fn many_statements() -> Case {
    let body = each(2000, |i| match i % 4 {
        _ if i < 50 => format!("$x{i} = {i};\n"),
        0 => format!("$x{} += {i};\n", i % 50),
        1 => format!("@m[{}] = $x{};\n", i % 30, i % 50),
        2 => format!(
            "if ($x{} > {i}) {{ @k[\"key{}\"] = count(); }}\n",
            i % 50,
            i % 10
        ),
        _ => format!("@s = sum($x{});\n", i % 50),
    });
    let mut sum = 0;
    let mut x: Vec<u64> = (0..50).collect();
    for i in 50..2000u64 {
        match i % 4 {
            0 => x[i as usize % 50] += i,
            3 => sum += x[i as usize % 50],
            _ => {}
        }
    }
    let script =
        format!("begin {{ {body} print((int64)@s); clear(@m); clear(@k); clear(@s); exit(); }}");
    (script, sum.to_string())
}

fn many_arguments() -> Case {
    let args = each(60, |i| match i % 3 {
        0 => ", comm".to_owned(),
        1 => format!(", @s[{}]", i % 2),
        _ => format!(", $s{}", i % 4),
    });
    let variables = each(4, |i| format!("$s{i} = \"text {i}\"; "));
    let format = "[%s]".repeat(60);
    let script = format!(
        "begin {{ {variables} @s[0] = str(0); @s[1] = \"one\"; printf(\"{format}\\n\"{args}); clear(@s); exit(); }}"
    );
    let printed = each(60, |i| match (i % 3, i % 2) {
        (0, _) => "[strobe]".to_owned(),
        (1, 1) => "[one]".to_owned(),
        (1, _) => "[]".to_owned(),
        _ => format!("[text {}]", i % 4),
    });
    (script, printed)
}

fn many_strings() -> Case {
    let variables = each(40, |i| format!("$s{i} = str(0); $s{i} = \"{i}\"; "));
    let args = each(40, |i| format!(", $s{i}"));
    let format = "%s ".repeat(40);
    let script = format!("begin {{ {variables} printf(\"{format}\\n\"{args}); exit(); }}");
    (script, each(40, |i| format!("{i} ")))
}

fn long_strings() -> Case {
    let text = "0123456789".repeat(800);
    let script = format!(
        "config = {{ max_strlen = 8192; }} begin {{ $s = str(0); $t = str(0); $u = str(0); $v = str(0); $w = str(0);
        $s = \"{text}\"; $t = $s; @m[$t] = $s; for ($kv : @m) {{ $u = $kv.0; $v = $kv.1; }}
        @h[$u] = hist(1); print($u == $s); print($v == $w); print($v); clear(@m); clear(@h); exit(); }}"
    );
    (script, format!("true\nfalse\n{text}"))
}

fn many_loops() -> Case {
    let loops = each(100, |i| {
        format!("for ($i : 0..{i}) {{ $s += $i; if ($i == 3) {{ break; }} }}\n")
    });
    let sum: u32 = (0..100).map(|i| (0..i.min(4)).sum::<u32>()).sum();
    (
        format!("begin {{ $s = 0; {loops} print($s); exit(); }}"),
        sum.to_string(),
    )
}

fn many_maps() -> Case {
    // One program may use 64 of them.
    let mut script = each(200, |i| {
        format!("begin {{ @m{i}[{i}] = {i}; @sum += {i}; }}\n")
    });
    for i in 0..200 {
        let _ = writeln!(
            script,
            "begin {{ if (@m{i}[{i}] == {i}) {{ @same++; }} clear(@m{i}); }}"
        );
    }
    script.push_str("begin { print((@sum, @same)); clear(@sum); clear(@same); exit(); }");
    (script, "(19900, 200)".to_owned())
}
