//! Logs as kernels write them.

use super::reason::{explain, last_instruction, last_words};
use super::{Position, Rejection};
use codegen::object::{Program, SourceSpan};
use sema::ir::{AttachTarget, ProgramType, Target};

/// A bad pointer, with lines of source as kernels before 6.8 give them.
const SCALAR: &str = "\
func#0 @0
0: R1=ctx(off=0,imm=0) R10=fp0
; @x = *(uint64 *)0
0: (b7) r1 = 0                        ; R1_w=0
1: (79) r1 = *(u64 *)(r1 +0)
R1 invalid mem access 'scalar'
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
";

/// An index without bound, with places in the comments (since 6.8) and time at the end.
const UNBOUNDED: &str = "\
; $a = args.buf[args.n] @ probe.bt:3
11: (bf) r1 = r10                     ; R1_w=fp0 R10=fp0
12: (0f) r1 += r7
mark_precise: frame0: last_idx 12 first_idx 4 subseq_idx -1 
mark_precise: frame0: regs=r7 stack= before 11: (bf) r1 = r10
R7 unbounded memory access, use 'var &= const' or 'if (var < const)'
verification time 123 usec
stack depth 24+0
processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
";

const TOO_LARGE: &str = "\
45: (05) goto pc-20
BPF program is too large. Processed 1000001 insn
processed 1000001 insns (limit 1000000) max_states_per_insn 30 total_states 9 peak_states 9 mark_read 5
";

const HELPER: &str = "\
0: R1=ctx() R10=fp0
0: (85) call bpf_get_func_ip#173
program of this type cannot use helper bpf_get_func_ip#173
processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
";

#[test]
fn the_reason_is_what_stands_between_trace_and_summary() {
    assert_eq!(last_words(SCALAR), "R1 invalid mem access 'scalar'");
    assert_eq!(
        last_words(UNBOUNDED),
        "R7 unbounded memory access, use 'var &= const' or 'if (var < const)'"
    );
    assert_eq!(
        last_words(TOO_LARGE),
        "BPF program is too large. Processed 1000001 insn"
    );
    assert_eq!(
        last_words(HELPER),
        "program of this type cannot use helper bpf_get_func_ip#173"
    );
    assert_eq!(last_words(""), "");
    assert_eq!(
        last_words("last insn is not an exit or jmp\n"),
        "last insn is not an exit or jmp"
    );
}

#[test]
fn the_last_instruction() {
    assert_eq!(last_instruction(SCALAR), Some(1));
    assert_eq!(last_instruction(UNBOUNDED), Some(12));
    assert_eq!(last_instruction(TOO_LARGE), Some(45));
    assert_eq!(last_instruction("0: R1=ctx() R10=fp0\n"), None);
    assert_eq!(last_instruction(""), None);
}

#[test]
fn known_reasons_are_explained() {
    for (reason, words) in [
        (
            "R1 invalid mem access 'scalar'",
            "number is used as an address",
        ),
        ("R1 invalid mem access 'map_value_or_null'", "may be null"),
        (
            "R7 unbounded memory access, use 'var &= const'",
            "upper bound",
        ),
        (
            "R2 min value is negative, either use unsigned or 'var &= const'",
            "negative",
        ),
        (
            "BPF program is too large. Processed 1000001 insn",
            "a million instructions",
        ),
        (
            "program of this type cannot use helper bpf_x#1",
            "this kind of probe",
        ),
        ("unknown func bpf_get_func_ip#173", "this kind of probe"),
        (
            "combined stack size of 2 calls is 544. Too large",
            "512 bytes of stack",
        ),
        (
            "invalid write to stack R10 off=-520 size=8",
            "512 bytes of stack",
        ),
        ("invalid bpf_context access off=8 size=8", "context"),
        ("R0 leaks addr as return value", "kernel address"),
        ("R3 !read_ok", "before it was set"),
        ("infinite loop detected at insn 5", "this loop ends"),
        (
            "invalid access to map value, value_size=8 off=8 size=8",
            "map value",
        ),
    ] {
        let explanation = explain(reason).unwrap_or_default();
        assert!(explanation.contains(words), "{reason}: {explanation}");
    }
    assert_eq!(explain("something that no kernel says yet"), None);
}

fn program() -> Program {
    Program {
        symbol: "probe_1".to_owned(),
        kind: ProgramType::RawTracepoint,
        targets: vec![Target {
            name: "begin".to_owned(),
            attach: AttachTarget::Begin,
        }],
        span: SourceSpan {
            file: 0,
            start: 0,
            end: 40,
        },
    }
}

#[test]
fn a_rejection_points_at_the_instruction_or_else_at_the_clause() {
    let text = "begin {\n  $a = 1; @x = *0;\n}\n";
    let seen = std::cell::Cell::new(None);
    let rejection = Rejection::new(&program(), libc::EACCES, SCALAR.to_owned(), |instruction| {
        seen.set(Some(instruction));
        Position::find(text, 0, 2, 11)
    });
    assert_eq!(seen.get(), Some(1));
    let range = rejection.span.start as usize..rejection.span.end as usize;
    assert_eq!(&text[range], "@x = *0");
    assert_eq!(rejection.probe, "begin");
    let nowhere = Rejection::new(&program(), libc::EACCES, SCALAR.to_owned(), |_| None);
    assert_eq!(nowhere.span, program().span);
}

#[test]
fn positions_of_statements() {
    let find = |text: &str, line, column| {
        let Position(span) = Position::find(text, 0, line, column)?;
        text.get(span.start as usize..span.end as usize)
            .map(str::to_owned)
    };
    let text = "begin { a(); b() }\n  ünï = 1; c()\n\n";
    assert_eq!(find(text, 1, 9).as_deref(), Some("a()"));
    assert_eq!(find(text, 1, 14).as_deref(), Some("b() }"));
    assert_eq!(find(text, 2, 0).as_deref(), Some("ünï = 1"));
    assert_eq!(find(text, 2, 12).as_deref(), Some("c()"));
    assert_eq!(find(text, 3, 1).as_deref(), Some(""));
    assert_eq!(find(text, 2, 99), None);
    assert_eq!(find(text, 9, 1), None);
    assert_eq!(find(text, 0, 1), None);
}
