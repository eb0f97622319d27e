//! Names for numbers: symbols of addresses, names of users, times of day.

use crate::cgroup::Hierarchies;
use crate::sys::clock;
use sema::ir::Clock;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

/// A symbol of the kernel and how far behind its start an address lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// Bytes from the start of the symbol.
    pub offset: u64,
}

/// Who knows the symbols of addresses. Asked only when a script prints one.
pub trait Symbols {
    /// The symbol of the kernel that an address lies in.
    fn kernel(&self, address: u64) -> Option<Symbol>;

    /// The functions that an address of a process lies in, the innermost of inlined ones first.
    /// None where nobody knows what is there.
    fn user(&self, pid: u32, address: u64) -> Arc<[Frame]>;

    /// The frames of a thread, innermost first: the instruction that it is at, and where its
    /// functions return to.
    fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64>;

    /// Told, before programs are attached, that symbols of processes will be asked for, also of
    /// such that are gone by then: of all, or of one and its descendants.
    fn watch(&mut self, pid: Option<u32>);
}

/// A thread of a process as a probe found it, with what of its memory there is to unwind its stack
/// from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserThread<'a> {
    /// The process.
    pub pid: u32,
    /// The address of the instruction that it is at.
    pub instruction: u64,
    /// The stack pointer.
    pub stack: u64,
    /// The frame pointer, or what else the register for it held.
    pub frame: u64,
    /// The register for the return address; 0 where calls put that on the stack.
    pub link: u64,
    /// The address of `memory`.
    pub start: u64,
    /// The stack from there on, as far as it was copied.
    pub memory: &'a [u8],
    /// Frames that are wanted at most.
    pub depth: usize,
}

/// A function of a process that an address lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its name; empty where the file is known and nothing in it has the address.
    pub name: String,
    /// Bytes from its start; nothing for an inlined function, which has none.
    pub offset: Option<u64>,
    /// The file that it is in.
    pub file: Option<Arc<str>>,
    /// Source file and line.
    pub source: Option<String>,
    /// Whether it was inlined into the next one.
    pub is_inlined: bool,
}

impl Frame {
    /// An address of a file, as the file's own tables count, that no function has.
    pub fn unnamed(file: Arc<str>, address: u64) -> Self {
        Self {
            offset: Some(address),
            file: Some(file),
            ..Self::default()
        }
    }
}

/// Knows no symbols: every address prints as a number.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSymbols;

impl Symbols for NoSymbols {
    fn kernel(&self, _address: u64) -> Option<Symbol> {
        None
    }

    fn user(&self, _pid: u32, _address: u64) -> Arc<[Frame]> {
        Arc::new([])
    }

    fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64> {
        vec![thread.instruction]
    }

    fn watch(&mut self, _pid: Option<u32>) {}
}

/// Everything that printing must look up, with what it has found out already.
pub(crate) struct Names {
    symbols: Box<dyn Symbols>,
    kernel: RefCell<HashMap<u64, Option<Symbol>>>,
    users: OnceCell<HashMap<u32, String>>,
    cgroups: OnceCell<Hierarchies>,
    /// What follows a string that was cut.
    pub(crate) trailer: String,
    /// How many strings were printed that had been cut.
    pub(crate) cut: Cell<u64>,
}

impl Names {
    /// Looks names up with this help.
    pub(crate) fn new(symbols: Box<dyn Symbols>, trailer: String) -> Self {
        Self {
            symbols,
            kernel: RefCell::default(),
            users: OnceCell::new(),
            cgroups: OnceCell::new(),
            trailer,
            cut: Cell::new(0),
        }
    }

    /// The symbol of an address in the kernel.
    pub(crate) fn kernel_symbol(&self, address: u64) -> Option<Symbol> {
        let mut cache = self.kernel.borrow_mut();
        let found = cache
            .entry(address)
            .or_insert_with(|| self.symbols.kernel(address));
        found.clone()
    }

    /// The functions at an address in a process.
    pub(crate) fn user_frames(&self, pid: u32, address: u64) -> Arc<[Frame]> {
        self.symbols.user(pid, address)
    }

    /// See [`Symbols::unwind`].
    pub(crate) fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64> {
        self.symbols.unwind(thread)
    }

    /// The paths of a control group in the hierarchies that a pattern selects:
    /// `hierarchy:path`, with commas between them.
    pub(crate) fn cgroup(&self, id: u64, filter: &str) -> String {
        self.cgroups
            .get_or_init(Hierarchies::mounted)
            .paths(id, filter)
    }

    /// See [`Symbols::watch`].
    pub(crate) fn watch(&mut self, pid: Option<u32>) {
        self.symbols.watch(pid);
    }

    /// The name of a user.
    pub(crate) fn user(&self, id: u32) -> Option<&str> {
        let users = self.users.get_or_init(|| {
            // Read rather than asked of the C library, which would load plug-ins to answer.
            parse_users(&fs::read_to_string("/etc/passwd").unwrap_or_default())
        });
        users.get(&id).map(String::as_str)
    }
}

/// The name of a process; nothing where there is none any more. It is not kept: a process can change
/// its name, and another one get its number.
pub(crate) fn process_name(id: u32) -> Option<Vec<u8>> {
    let mut name = fs::read(format!("/proc/{id}/comm")).ok()?;
    name.pop_if(|last| *last == b'\n');
    Some(name)
}

/// Nanoseconds since 1970 of a time of another clock. The distance of the two clocks is taken
/// now: it changes when the machine sleeps or somebody sets the time.
pub(crate) fn wall_clock_ns(ns: u64, of: Clock) -> u64 {
    let now = match of {
        Clock::Boot => clock::boot_ns(),
        Clock::Monotonic => clock::monotonic_ns(),
        Clock::Tai => clock::tai_ns(),
    };
    let distance = i128::from(clock::realtime_ns()) - i128::from(now);
    u64::try_from(i128::from(ns) + distance).unwrap_or(0)
}

/// Names by user id, from the lines of `passwd(5)`; the first line of an id counts.
fn parse_users(passwd: &str) -> HashMap<u32, String> {
    let mut users = HashMap::new();
    for line in passwd.lines() {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        if let Some(Ok(id)) = fields.nth(1).map(str::parse) {
            users.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    users
}

/// Appends a time, formatted by `strftime(3)` in the local zone; `%f` is six digits of
/// microseconds.
pub(crate) fn format_time(ns_since_1970: u64, format: &[u8], out: &mut Vec<u8>) {
    let seconds = (ns_since_1970 / 1_000_000_000).cast_signed();
    let micros = ns_since_1970 / 1000 % 1_000_000;
    let mut expanded = Vec::with_capacity(format.len());
    let mut rest = format;
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [b'f', ..]) => {
                expanded.extend_from_slice(format!("{micros:06}").as_bytes());
                rest = &tail[1..];
            }
            (b'%', [conversion, ..]) => {
                expanded.extend_from_slice(&[b'%', *conversion]);
                rest = &tail[1..];
            }
            _ => {
                expanded.push(*first);
                rest = tail;
            }
        }
    }
    clock::format_local(seconds, &expanded, out);
}

#[cfg(test)]
mod tests {
    use super::{format_time, parse_users};

    #[test]
    fn users_by_id() {
        let users = parse_users(
            "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:\nbad line\nann:x:1000:1::/:/bin/sh\n",
        );
        assert_eq!(users.get(&0).map(String::as_str), Some("root"));
        assert_eq!(users.get(&1000).map(String::as_str), Some("ann"));
        assert_eq!(users.len(), 2);
    }

    #[test]
    fn microseconds_in_times() {
        let mut out = Vec::new();
        format_time(1_700_000_000_123_456_789, b"%s.%f 100%%f", &mut out);
        assert_eq!(out, b"1700000000.123456 100%f");
    }
}
