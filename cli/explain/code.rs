//! The eBPF of a script, taken apart by program and by the place in the script that it comes from.
//!
//! Read from the assembly that LLVM writes: labels stand where the place changes, and the line table
//! in `.BTF.ext` tells the line and column of each label.

use super::helpers;
use std::collections::HashMap;

/// A line and a column of the script, both from 1.
pub type Position = (u32, u32);

/// A run of instructions of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The place.
    pub position: Position,
    /// The instructions and jump labels, helper calls named.
    pub lines: Vec<String>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its symbol.
    pub symbol: String,
    /// Its instructions.
    pub chunks: Vec<Chunk>,
}

/// Bits below the line in a `bpf_line_info`'s `line_col`.
const COLUMN_BITS: u32 = 10;

/// Words of a row of the line table, `struct bpf_line_info`: place in the code, file, text, position.
const LINE_ROW: usize = 4;

/// Takes assembly apart.
pub fn read(assembly: &str) -> Vec<Code> {
    let places = line_table(assembly);
    let mut programs: Vec<Code> = Vec::new();
    let mut inside = false;
    for line in assembly.lines() {
        if let Some(symbol) = function(line) {
            let symbol = symbol.to_owned();
            let chunks = Vec::new();
            programs.push(Code { symbol, chunks });
        } else if line.starts_with(".Lfunc_begin") {
            inside = true;
        } else if line.starts_with(".Lfunc_end") {
            inside = false;
        }
        if let (true, Some(program)) = (inside, programs.last_mut()) {
            take(program, line, &places);
        }
    }
    programs
}

impl Code {
    /// How many instructions there are.
    pub fn instructions(&self) -> usize {
        let lines = self.chunks.iter().flat_map(|chunk| &chunk.lines);
        lines.filter(|line| is_instruction(line)).count()
    }

    /// The numbers of the helpers that are called, in the order of the code.
    pub fn calls(&self) -> impl Iterator<Item = u32> {
        let lines = self.chunks.iter().flat_map(|chunk| &chunk.lines);
        lines.filter_map(|line| called(line))
    }
}

/// Whether a line is an instruction rather than a label.
pub fn is_instruction(line: &str) -> bool {
    !line.ends_with(':')
}

/// The symbol of a `.type NAME,@function` line.
fn function(line: &str) -> Option<&str> {
    line.trim()
        .strip_prefix(".type")?
        .trim()
        .strip_suffix(",@function")
}

fn take(program: &mut Code, line: &str, places: &HashMap<String, Position>) {
    let label = line.strip_suffix(':');
    if let Some(place) = label.and_then(|label| places.get(label)) {
        program.chunks.push(Chunk {
            position: *place,
            lines: Vec::new(),
        });
        return;
    }
    let text = line.trim();
    let is_jump_label = text.starts_with("LBB");
    if text.is_empty() || (text.starts_with('.') || text.ends_with(':')) && !is_jump_label {
        return;
    }
    if program.chunks.is_empty() {
        let position = (0, 0);
        let lines = Vec::new();
        program.chunks.push(Chunk { position, lines });
    }
    if let Some(chunk) = program.chunks.last_mut() {
        chunk.lines.push(named(text));
    }
}

/// The instruction, with the name of what it calls.
fn named(text: &str) -> String {
    match called(text).and_then(helpers::name) {
        Some(name) => format!("{text:<34}; bpf_{name}"),
        None => text.to_owned(),
    }
}

fn called(text: &str) -> Option<u32> {
    let number = text.strip_prefix("call ")?;
    number.split_whitespace().next()?.parse().ok()
}

/// Line and column of each label of the line table. The function table stands before it and may
/// hold the same labels, so both are read by their form.
fn line_table(assembly: &str) -> HashMap<String, Position> {
    let words: Vec<&str> = assembly
        .lines()
        .skip_while(|line| !line.contains(".BTF.ext"))
        .filter_map(|line| line.trim().strip_prefix(".long"))
        .map(|word| word.trim().split(['#', '\t', ' ']).next().unwrap_or(""))
        .collect();
    let is_label = |at: usize| words.get(at).is_some_and(|word| word.starts_with(".L"));
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
    let mut places = HashMap::new();
    let Some(first) = (0..words.len()).find(|&at| is_label(at)) else {
        return places;
    };
    // A table is the bytes of a row and then its sections: name, number of rows, rows.
    let (mut at, mut row) = (first.saturating_sub(3), 0);
    loop {
        if is_label(at + 3) && !is_label(at + 2) {
            row = number(at).map_or(0, |bytes| bytes as usize / 4);
            at += 1;
        }
        let Some(rows) = number(at + 1).filter(|_| is_label(at + 2) && row > 1) else {
            return places;
        };
        at += 2;
        for _ in 0..rows {
            if let (LINE_ROW, true, Some(position)) = (row, is_label(at), number(at + 3)) {
                let column = position & ((1 << COLUMN_BITS) - 1);
                places.insert(words[at].to_owned(), (position >> COLUMN_BITS, column));
            }
            at += row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSEMBLY: &str = "\t.type\tp_1,@function\np_1:\n.Lfunc_begin0:\n\t.cfi_startproc\n.Ltmp0:\n\
        \tr0 = 0\n.Ltmp1:\n\tcall 14\nLBB0_1:\n\texit\n.Ltmp2:\n.Lfunc_end0:\n\
        \t.section\t.BTF.ext,\"\",@progbits\n\t.long\t8\n\t.long\t18\n\t.long\t1\n\t.long\t.Lfunc_begin0\n\
        \t.long\t3\n\t.long\t16\n\t.long\t18\n\t.long\t2\n\t.long\t.Ltmp0\n\t.long\t42\n\t.long\t45\n\
        \t.long\t1025\n\t.long\t.Ltmp1\n\t.long\t42\n\t.long\t45\n\t.long\t2053\n";

    #[test]
    fn instructions_stand_beside_their_place() {
        let programs = read(ASSEMBLY);
        assert_eq!(programs.len(), 1);
        let program = &programs[0];
        assert_eq!(program.symbol, "p_1");
        let places: Vec<Position> = program.chunks.iter().map(|c| c.position).collect();
        assert_eq!(places, [(1, 1), (2, 5)]);
        assert_eq!(program.instructions(), 3);
        assert_eq!(program.calls().collect::<Vec<_>>(), [14]);
        assert!(program.chunks[1].lines[0].ends_with("; bpf_get_current_pid_tgid"));
        assert_eq!(program.chunks[1].lines[1], "LBB0_1:");
    }
}
