//! Symbols for what is printed, looked up in the kernel's list when the first one is asked for.

use super::kallsyms::Kallsyms;
use crate::symbol::{Symbol, Symbols};
use sema::kernel::KernelError;
use std::cell::OnceCell;

/// Knows the symbols of the running kernel; user symbols it does not know.
#[derive(Debug, Default)]
pub struct KernelSymbols {
    list: OnceCell<Result<Kallsyms, KernelError>>,
}

impl KernelSymbols {
    /// Symbols of the running kernel; reads nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Why no symbol was found, if that is because the list could not be read.
    pub fn error(&self) -> Option<&KernelError> {
        self.list.get()?.as_ref().err()
    }
}

impl Symbols for KernelSymbols {
    fn kernel(&self, address: u64) -> Option<Symbol> {
        let list = self.list.get_or_init(Kallsyms::load).as_ref().ok()?;
        let symbol = list.find(address)?;
        Some(Symbol {
            name: symbol.name.to_owned(),
            offset: symbol.offset,
        })
    }

    fn user(&self, _pid: u32, _address: u64) -> Option<Symbol> {
        None
    }
}
