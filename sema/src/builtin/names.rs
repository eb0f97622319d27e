//! Texts by number: error numbers, signals, system calls. The first line of a file is number 0;
//! an empty line is a number that nothing has.

use std::sync::Arc;

/// Bytes of the text of any table, its terminator counted.
pub(super) const CAPACITY: u32 = 64;

/// Texts by number.
pub(super) struct Table {
    lines: &'static str,
    /// What a number that nothing has is called.
    pub(super) otherwise: &'static str,
    /// Whether a negative number means the same as the positive one.
    pub(super) is_signed: bool,
}

/// What error numbers mean, from the comments of `asm-generic/errno.h`.
pub(super) const ERRORS: Table = Table {
    lines: include_str!("names/errors.txt"),
    otherwise: "Unknown error",
    is_signed: true,
};

/// What signals mean, as `strsignal(3)` says.
pub(super) const SIGNALS: Table = Table {
    lines: include_str!("names/signals.txt"),
    otherwise: "N/A",
    is_signed: false,
};

/// Names of system calls. Programs run on the machine that compiles them.
pub(super) const SYSCALLS: Table = Table {
    #[cfg(target_arch = "x86_64")]
    lines: include_str!("names/syscalls_x86_64.txt"),
    #[cfg(not(target_arch = "x86_64"))]
    lines: include_str!("names/syscalls_generic.txt"),
    otherwise: "unknown system call",
    is_signed: false,
};

/// Names of the first signals without `SIG`, by number less one; those behind them have none.
const SIGNAL_WORDS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

impl Table {
    /// The text of a number.
    pub(super) fn text(&self, number: i128) -> &'static [u8] {
        let number = if self.is_signed { number.abs() } else { number };
        let line = usize::try_from(number).ok();
        let text = line.and_then(|n| self.lines.lines().nth(n));
        text.filter(|text| !text.is_empty())
            .unwrap_or(self.otherwise)
            .as_bytes()
    }

    /// The number of a text.
    pub(super) fn number(&self, text: &str) -> Option<i128> {
        let number = self.lines.lines().position(|line| line == text)?;
        i128::try_from(number).ok()
    }

    /// Every text.
    pub(super) fn texts(&self) -> Arc<[Vec<u8>]> {
        let lines = self.lines.lines();
        lines.map(|line| line.as_bytes().to_vec()).collect()
    }
}

/// The number of a signal by its name, with `SIG` or without.
pub(crate) fn signal_number(name: &str) -> Option<u32> {
    let word = name.strip_prefix("SIG").unwrap_or(name);
    let index = SIGNAL_WORDS.iter().position(|known| *known == word)?;
    u32::try_from(index + 1).ok()
}

/// The names of signals, for suggestions.
pub(crate) fn signal_words() -> Vec<String> {
    SIGNAL_WORDS
        .iter()
        .map(|word| format!("SIG{word}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, ERRORS, SIGNALS, SYSCALLS, signal_number};

    #[test]
    fn numbers_have_their_texts() {
        assert_eq!(ERRORS.text(2), b"No such file or directory");
        assert_eq!(ERRORS.text(-13), b"Permission denied");
        assert_eq!(ERRORS.text(41), b"Unknown error");
        assert_eq!(ERRORS.text(133), b"Memory page has hardware error");
        assert_eq!(ERRORS.text(134), b"Unknown error");
        assert_eq!(SIGNALS.text(9), b"Killed");
        assert_eq!(SIGNALS.text(65), b"N/A");
        assert_eq!(SIGNALS.text(-9), b"N/A");
        assert_eq!(SYSCALLS.text(1_000_000), b"unknown system call");
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn system_calls_of_x86_64() {
        assert_eq!(SYSCALLS.text(0), b"read");
        assert_eq!(SYSCALLS.text(257), b"openat");
        assert_eq!(SYSCALLS.text(435), b"clone3");
    }

    #[test]
    fn signals_by_name() {
        assert_eq!(signal_number("SIGKILL"), Some(9));
        assert_eq!(signal_number("TERM"), Some(15));
        assert_eq!(signal_number("SIGSYS"), Some(31));
        assert_eq!(signal_number("SIGNOTHING"), None);
    }

    #[test]
    fn every_text_fits() {
        for table in [ERRORS, SIGNALS, SYSCALLS] {
            assert!(table.texts().iter().all(|t| t.len() < CAPACITY as usize));
        }
    }
}
