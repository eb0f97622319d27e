//! Reading a verifier log: where it stopped, what it said, and what that means.

/// The verifier's last words: the lines between the last instruction and the summary.
pub(super) fn last_words(log: &str) -> String {
    let mut words = Vec::new();
    for line in log.lines().rev().map(str::trim) {
        if line.is_empty() || is_summary(line) {
            continue;
        }
        if is_trace(line) {
            break;
        }
        words.push(line);
        // More than a few lines are dumps of tables, of which the last says what is wrong.
        if words.len() == 3 {
            break;
        }
    }
    words.reverse();
    words.join("\n")
}

/// The number of the last instruction that the verifier looked at.
pub(super) fn last_instruction(log: &str) -> Option<u32> {
    log.lines().rev().find_map(instruction_number)
}

/// What the reason means, and what to do about it.
pub(super) fn explain(reason: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(parts, _)| parts.iter().all(|part| reason.contains(part)))
        .map(|&(_, explanation)| explanation)
}

/// Words of the verifier (`kernel/bpf/verifier.c`), those of one entry all in one reason, the
/// special before the general.
const KNOWN: &[(&[&str], &str)] = &[
    (
        &["program is too large"],
        "the verifier followed a million instructions and gave up: make loops shorter or split the probe",
    ),
    (
        &["The sequence of", "jumps is too complex"],
        "the probe branches too much for the verifier: split it into several probes",
    ),
    (
        &["infinite loop detected"],
        "the verifier cannot see that this loop ends: give it a bound that is a constant",
    ),
    (
        &["back-edge"],
        "this kernel allows no loop here: use `unroll` or a `for` over a range",
    ),
    (
        &["combined stack size"],
        "the probe and the functions it calls need more than 512 bytes of stack: use shorter strings",
    ),
    (
        &["invalid", "stack", "off="],
        "an access reaches past the 512 bytes of stack that a probe has, or reads what was never written there",
    ),
    (
        &["stack depth"],
        "the probe needs more than 512 bytes of stack: use shorter strings or fewer of them",
    ),
    (
        &["invalid indirect read from stack"],
        "a value is handed to the kernel before all of its bytes were set",
    ),
    (
        &["invalid mem access 'scalar'"],
        "a number is used as an address: the verifier does not know it to be a valid pointer",
    ),
    (
        &["invalid mem access 'inv'"],
        "a number is used as an address: the verifier does not know it to be a valid pointer",
    ),
    (
        &["_or_null'"],
        "the pointer may be null here: check it before it is used",
    ),
    (
        &["unbounded memory access"],
        "the verifier knows no upper bound of this length or index: limit it before it is used",
    ),
    (
        &["min value is negative"],
        "the verifier must assume that this length or index is negative: make it unsigned, or check it",
    ),
    (
        &["invalid access to map value"],
        "the access may reach behind the end of a map value: check the index against the size",
    ),
    (
        &["invalid bpf_context access"],
        "this kind of probe has no such field in its context on this kernel",
    ),
    (
        &["unknown func"],
        "this kernel does not offer that function to this kind of probe",
    ),
    (
        &["program of this type cannot use helper"],
        "this kernel does not offer that function to this kind of probe",
    ),
    (
        &["helper call is not allowed"],
        "this kernel does not offer that function to this kind of probe",
    ),
    (
        &["cannot call GPL-restricted function"],
        "the function is for programs under the GPL alone: set the config `license` to \"GPL\"",
    ),
    (
        &["leaks addr"],
        "a kernel address would get out to people who may not see it: run as root",
    ),
    (&["!read_ok"], "a value is used before it was set"),
    (
        &["pointer arithmetic"],
        "this arithmetic is not allowed on a pointer of this kind",
    ),
    (&["misaligned"], "an access is not aligned to its size"),
    (
        &["unreachable insn"],
        "a part of the probe can never be reached",
    ),
];

/// `processed 3 insns (limit 1000000) …` and what else comes behind the reason.
fn is_summary(line: &str) -> bool {
    [
        "processed ",
        "verification time ",
        "stack depth ",
        "insns processed ",
    ]
    .iter()
    .any(|start| line.starts_with(start) && line.contains(|c: char| c.is_ascii_digit()))
        && !line.contains("too large")
}

/// A line that traces the verifier's way: an instruction, a state, a source line, a note.
fn is_trace(line: &str) -> bool {
    let is_state = line.split_once(": ").is_some_and(|(at, _)| is_step(at));
    is_state
        || line.starts_with(';')
        || [
            "from ",
            "mark_precise:",
            "last_idx",
            "regs=",
            "parent ",
            "func#",
            "frame",
            "caller:",
            "callee:",
        ]
        .iter()
        .any(|start| line.starts_with(start))
}

/// `12` or `12-14`, before the colon of a trace line.
fn is_step(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// The number of an instruction line: `12: (79) r1 = *(u64 *)(r1 +0)`.
fn instruction_number(line: &str) -> Option<u32> {
    let (number, rest) = line.trim_start().split_once(": (")?;
    let opcode = rest.get(..3)?;
    let is_opcode = opcode.ends_with(')') && opcode[..2].bytes().all(|b| b.is_ascii_hexdigit());
    is_opcode.then(|| number.parse().ok())?
}
