//! Kprobes and kretprobes of the same functions as one program, which the kernel runs at both ends
//! of a function (6.10, `BPF_TRACE_KPROBE_SESSION`): half as many links to make, and no return
//! without its entry.
//!
//! The two programs become functions of a third, which asks at which end it is. What both read as
//! their cookie is that of the entry; the return's is as much greater as its program's first is.

use super::elf::Code;
use super::programs::LoadedProgram;
use super::variant::Variant;
use crate::sys::bpf::{self, CALL, PSEUDO_KFUNC_CALL, instruction_on as instruction};
use sema::ir::AttachTarget;

/// Bytes of an instruction.
const INSTRUCTION: usize = bpf::INSTRUCTION_SIZE;
/// Bytes of a record of function information.
const FUNCTION_RECORD: usize = 8;
/// `BPF_PSEUDO_CALL`: what is called is another function of the program.
const OWN_FUNCTION: u8 = 1;
/// `bpf_get_attach_cookie`
const ATTACH_COOKIE: i32 = 174;
/// Instructions of the program that calls the two.
const HEAD: usize = 10;

/// The program of entries and that of returns, if two are of the same functions.
pub(super) fn pair<'a>(
    a: (&'a Variant, &'a Code),
    b: (&'a Variant, &'a Code),
) -> Option<[(&'a Variant, &'a Code); 2]> {
    let (entry, exit) = match (functions(a.0)?, functions(b.0)?) {
        ((false, ours), (true, theirs)) if ours == theirs => (a, b),
        ((true, ours), (false, theirs)) if ours == theirs => (b, a),
        _ => return None,
    };
    // Functions that the kernel calls back need type information, which the two do not share.
    let is_alone = |code: &Code| code.functions.len() <= FUNCTION_RECORD;
    (is_alone(entry.1) && is_alone(exit.1)).then_some([entry, exit])
}

/// The functions that a program shares a link for, and whether it is for their returns.
fn functions(variant: &Variant) -> Option<(bool, Vec<&str>)> {
    if !variant.shares_link {
        return None;
    }
    let mut is_return = None;
    let mut names = Vec::with_capacity(variant.about.targets.len());
    for target in &variant.about.targets {
        let AttachTarget::Kprobe(kprobe) = &target.attach else {
            return None;
        };
        if *is_return.get_or_insert(kprobe.is_return) != kprobe.is_return {
            return None;
        }
        names.push(kprobe.function.as_str());
    }
    Some((is_return?, names))
}

/// The instructions of the program for both ends. `is_return` is the type of the kernel's
/// `bpf_session_is_return`. Nothing where they are too many.
pub(super) fn join([entry, exit]: [(&Variant, &Code); 2], is_return: u32) -> Option<Vec<u8>> {
    let (of_entry, of_exit) = (&entry.1.instructions, &exit.1.instructions);
    let exit_start = HEAD + of_entry.len() / INSTRUCTION;
    let cookie_start = exit_start + of_exit.len() / INSTRUCTION;
    let first = |variant: &Variant| variant.cookies.first().copied();
    let difference = first(exit.0)?.wrapping_sub(first(entry.0)?).cast_signed();
    let difference = i32::try_from(difference).ok()?;
    // A call is relative to the instruction behind it.
    let away =
        |from: usize, to: usize| Some(i32::try_from(to).ok()? - i32::try_from(from).ok()? - 1);
    let head: [[u8; INSTRUCTION]; HEAD] = [
        instruction(0xbf, 0x16, 0, 0), // r6 = r1
        instruction(CALL, PSEUDO_KFUNC_CALL << 4, 0, is_return.cast_signed()),
        instruction(0x57, 0, 0, 1),    // r0 &= 1: a `bool`
        instruction(0xbf, 0x61, 0, 0), // r1 = r6
        instruction(0x55, 0, 2, 0),    // if r0 != 0 goto +2
        instruction(CALL, OWN_FUNCTION << 4, 0, away(5, HEAD)?),
        instruction(0x05, 0, 1, 0), // goto +1
        instruction(CALL, OWN_FUNCTION << 4, 0, away(7, exit_start)?),
        instruction(0xb7, 0, 0, 0), // r0 = 0: wait for the return
        instruction(0x95, 0, 0, 0),
    ];
    let mut all = head.as_flattened().to_vec();
    all.extend_from_slice(of_entry);
    for (bytes, at) in of_exit.chunks_exact(INSTRUCTION).zip(exit_start..) {
        if bytes == instruction(CALL, 0, 0, ATTACH_COOKIE) {
            let call = instruction(CALL, OWN_FUNCTION << 4, 0, away(at, cookie_start)?);
            all.extend_from_slice(&call);
        } else {
            all.extend_from_slice(bytes);
        }
    }
    if asks_for_cookie(of_exit) {
        all.extend_from_slice(&instruction(CALL, 0, 0, ATTACH_COOKIE));
        all.extend_from_slice(&instruction(0x07, 0, 0, difference)); // r0 += difference
        all.extend_from_slice(&instruction(0x95, 0, 0, 0));
    }
    Some(all)
}

fn asks_for_cookie(instructions: &[u8]) -> bool {
    let asks = |bytes: &[u8]| bytes == instruction(CALL, 0, 0, ATTACH_COOKIE);
    instructions.chunks_exact(INSTRUCTION).any(asks)
}

/// What is attached to both ends.
pub(super) fn loaded(
    fd: std::os::fd::OwnedFd,
    [(entry, _), (exit, _)]: [(&Variant, &Code); 2],
) -> LoadedProgram {
    let mut about = entry.about.clone();
    about.targets.extend(exit.about.targets.iter().cloned());
    LoadedProgram {
        fd,
        about,
        cookies: [entry.cookies.as_slice(), &exit.cookies].concat(),
        sharing: super::Sharing::Session,
        log: None,
    }
}
