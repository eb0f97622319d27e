//! Symbols for what is printed, looked up when the first one is asked for.

use super::kallsyms::Kallsyms;
use super::user_symbols::{Choice, UserSymbols};
use crate::symbol::{Frame, Symbol, Symbols, UserThread};
use sema::ir::Config;
use sema::kernel::KernelError;
use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

/// Knows the symbols of the running kernel and of processes.
pub struct MachineSymbols {
    list: OnceCell<Result<Kallsyms, KernelError>>,
    choice: Choice,
    user: OnceCell<UserSymbols>,
}

impl std::fmt::Debug for MachineSymbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineSymbols").finish_non_exhaustive()
    }
}

impl MachineSymbols {
    /// Symbols as a script wants them; reads nothing yet. Debug symbols are looked for in this
    /// directory first.
    pub fn new(config: &Config, debug_directory: Option<PathBuf>) -> Self {
        Self {
            list: OnceCell::new(),
            choice: Choice {
                demangle: config.cpp_demangle,
                debug_information: config.show_debug_info,
                debug_directory,
            },
            user: OnceCell::new(),
        }
    }

    fn of_processes(&self) -> &UserSymbols {
        self.user
            .get_or_init(|| UserSymbols::new(self.choice.clone()))
    }

    /// Why no symbol of the kernel was found, if that is because the list could not be read.
    pub fn error(&self) -> Option<&KernelError> {
        self.list.get()?.as_ref().err()
    }
}

impl Symbols for MachineSymbols {
    fn kernel(&self, address: u64) -> Option<Symbol> {
        let list = self.list.get_or_init(Kallsyms::load).as_ref().ok()?;
        let symbol = list.find(address)?;
        Some(Symbol {
            name: symbol.name.to_owned(),
            offset: symbol.offset,
        })
    }

    fn user(&self, pid: u32, address: u64) -> Arc<[Frame]> {
        self.of_processes().frames(pid, address)
    }

    fn unwind(&self, thread: &UserThread<'_>) -> Vec<u64> {
        self.of_processes().unwind(thread)
    }

    fn watch(&mut self, pid: Option<u32>) {
        let mut user = UserSymbols::new(self.choice.clone());
        user.watch(pid);
        self.user = user.into();
    }
}
