//! Kernel symbols by address, from `/proc/kallsyms`.

use sema::kernel::KernelError;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

const PATH: &str = "/proc/kallsyms";

/// Nothing of the kernel is larger, so what lies further behind a symbol is not part of it.
const LARGEST: u64 = 16 << 20;

/// The kernel's symbols, sorted by address.
#[derive(Debug, Default)]
pub struct Kallsyms {
    entries: Vec<Entry>,
    /// Names of the symbols, one behind the other: `name`, or `name [module]`.
    names: String,
}

/// A symbol: where it is, and where its name starts in `names`.
#[derive(Clone, Copy, Debug)]
struct Entry {
    address: u64,
    name: u32,
    name_len: u32,
}

/// The symbol that an address lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSymbol<'a> {
    /// Its name.
    pub name: &'a str,
    /// The module that it is in; `bpf` for BPF programs.
    pub module: Option<&'a str>,
    /// Bytes from the start of the symbol.
    pub offset: u64,
}

impl Kallsyms {
    /// Reads the running kernel's symbols.
    ///
    /// # Errors
    /// When they cannot be read, or the kernel shows every address as zero.
    pub fn load() -> Result<Self, KernelError> {
        let unreadable = |error: &io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied => denied(PATH),
            io::ErrorKind::NotFound => KernelError::Missing {
                what: PATH.to_owned(),
                help: "use a kernel built with CONFIG_KALLSYMS=y".to_owned(),
            },
            _ => malformed(&error.to_string()),
        };
        let file = File::open(PATH).map_err(|error| unreadable(&error))?;
        // The kernel formats the list as it is read: large reads make fewer of them.
        Self::parse(BufReader::with_capacity(1 << 18, file))
    }

    /// Reads a list in the form of `/proc/kallsyms`: `ADDRESS KIND NAME`, for a module's symbol
    /// also a tab and `[MODULE]`.
    ///
    /// # Errors
    /// When it cannot be read, or every address is zero.
    pub fn parse(mut list: impl BufRead) -> Result<Self, KernelError> {
        let mut symbols = Kallsyms::default();
        let mut line = String::new();
        let mut lines = 0;
        loop {
            line.clear();
            match list.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => lines += 1,
                Err(error) => return Err(malformed(&error.to_string())),
            }
            symbols.add(&line);
        }
        if symbols.entries.is_empty() && lines > 0 {
            return Err(denied("kernel addresses (kernel.kptr_restrict hides them)"));
        }
        // Of symbols at one address the first stays first.
        symbols.entries.sort_by_key(|entry| entry.address);
        Ok(symbols)
    }

    /// The symbol that an address lies in.
    pub fn find(&self, address: u64) -> Option<KernelSymbol<'_>> {
        let behind = self
            .entries
            .partition_point(|entry| entry.address <= address);
        let last = self.entries.get(behind.checked_sub(1)?)?;
        let first = self
            .entries
            .partition_point(|entry| entry.address < last.address);
        let entry = self.entries.get(first)?;
        let offset = address - entry.address;
        if offset > LARGEST {
            return None;
        }
        let end = entry.name + entry.name_len;
        let text = self.names.get(entry.name as usize..end as usize)?;
        let (name, module) = match text.split_once('\t') {
            Some((name, module)) => (name, Some(module.trim_matches(['[', ']']))),
            None => (text, None),
        };
        Some(KernelSymbol {
            name,
            module,
            offset,
        })
    }

    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds the symbol of a line, unless its address is hidden or absolute.
    fn add(&mut self, line: &str) {
        let mut parts = line.trim_end().splitn(3, ' ');
        let (Some(address), Some(kind), Some(name)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let Ok(address) = u64::from_str_radix(address, 16) else {
            return;
        };
        let (Ok(start), Ok(name_len)) = (self.names.len().try_into(), name.len().try_into()) else {
            return;
        };
        if address == 0 || matches!(kind, "a" | "A") {
            return;
        }
        self.names.push_str(name);
        self.entries.push(Entry {
            address,
            name: start,
            name_len,
        });
    }
}

fn denied(what: &str) -> KernelError {
    KernelError::Denied {
        what: what.to_owned(),
    }
}

fn malformed(reason: &str) -> KernelError {
    KernelError::Malformed {
        what: PATH.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Kallsyms, KernelError> {
        Kallsyms::parse(text.as_bytes())
    }

    #[test]
    fn an_address_lies_in_the_symbol_before_it() {
        let symbols = parse(
            "ffffffff81000100 T second\n\
             ffffffff81000000 T _stext\n\
             ffffffff81000000 T _text\n\
             ffffffffc0000000 t nf_hook\t[nf_nat]\n\
             0000000000001000 A absolute\n",
        )
        .unwrap();
        let found = |address| {
            let symbol = symbols.find(address)?;
            Some((symbol.name, symbol.module, symbol.offset))
        };
        assert_eq!(symbols.len(), 4);
        assert_eq!(found(0xffffffff81000000), Some(("_stext", None, 0)));
        assert_eq!(found(0xffffffff810000ff), Some(("_stext", None, 0xff)));
        assert_eq!(found(0xffffffff81000100), Some(("second", None, 0)));
        assert_eq!(
            found(0xffffffffc0000010),
            Some(("nf_hook", Some("nf_nat"), 16))
        );
        assert_eq!(found(0xffffffffffffffff), None);
        assert_eq!(found(0x1001), None);
    }

    #[test]
    fn hidden_addresses_are_reported() {
        let error = parse("0000000000000000 T _stext\n").unwrap_err();
        assert!(error.to_string().contains("kptr_restrict"), "{error}");
    }

    #[test]
    fn junk_lines_are_left_out() {
        let symbols = parse("\n\nxyz T a\nffff T\nff00 T ok\n").unwrap();
        assert_eq!(symbols.len(), 1);
        assert!(parse("").unwrap().is_empty());
    }
}
