//! A witness of compiling: answers for the machine, and notes what each answer rests on, so that a
//! cached object can be checked against the machine of another day.
//!
//! Not noted is what the running kernel's build decides, which is part of a cache's key. What
//! cannot be checked much faster than compiling takes is [`Fact::Volatile`].

use super::Host;
use crate::cache::digest;
use sema::ir::{PidNamespace, ProgramType};
use sema::kernel::btf::{Btf, TypeId};
use sema::kernel::{
    Binary, BinaryQuery, BpfFunction, Feature, Function, Header, Kernel, KernelError, Preprocessed,
    TracepointName,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use std::sync::Arc;

/// Changes with every boot, as does where the kernel lies.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// Name, size, users, dependants, state and address of each loaded module, a line each.
const MODULES: &str = "/proc/modules";

/// Something that an answer rested on, with a digest of how it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The `format` file of a tracepoint.
    Format {
        /// The subsystem.
        system: String,
        /// The event.
        event: String,
        /// Of its text.
        digest: u64,
    },
    /// Which tracepoints there are, in a subsystem or at all.
    Tracepoints {
        /// The subsystem.
        system: Option<String>,
        /// Of their names.
        digest: u64,
    },
    /// Which modules are loaded, and where this boot has put the kernel.
    Modules {
        /// Of the list, and of the boot.
        digest: u64,
    },
    /// The process namespace that we are in.
    PidNamespace {
        /// Of its numbers.
        digest: u64,
    },
    /// The number of a control group.
    Cgroup {
        /// Its path.
        path: String,
        /// Of the answer.
        digest: u64,
    },
    /// Something that may be otherwise the next time.
    Volatile,
}

impl Fact {
    /// Whether it is still so.
    pub fn holds(&self, host: &Host) -> bool {
        match self {
            Self::Format { system, event, .. } => *self == format(host, system, event),
            Self::Tracepoints { system, .. } => *self == tracepoints(host, system.as_deref()),
            Self::Modules { .. } => *self == modules(),
            Self::PidNamespace { .. } => *self == pid_namespace(host),
            Self::Cgroup { path, .. } => *self == cgroup(host, path),
            Self::Volatile => false,
        }
    }
}

/// The machine, and what was asked of it.
#[derive(Debug)]
pub struct Witness<'a> {
    host: &'a Host,
    facts: RefCell<Vec<Fact>>,
}

impl<'a> Witness<'a> {
    /// Nothing was asked yet.
    pub fn new(host: &'a Host) -> Self {
        Self {
            host,
            facts: RefCell::default(),
        }
    }

    /// What the answers rested on; nothing where something of it is [`Fact::Volatile`].
    pub fn into_facts(self) -> Option<Vec<Fact>> {
        let facts = self.facts.into_inner();
        (!facts.contains(&Fact::Volatile)).then_some(facts)
    }

    fn note(&self, fact: Fact) {
        let mut facts = self.facts.borrow_mut();
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
}

/// A method that is added here says what its answer rests on; in doubt, that it is volatile.
impl Kernel for Witness<'_> {
    fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError> {
        self.note(tracepoints(self.host, system));
        self.host.tracepoints(system)
    }

    fn tracepoint_format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError> {
        let answer = self.host.tracepoint_format(system, event);
        self.note(of_format(system, event, &answer));
        answer
    }

    fn btf(&self) -> Result<&Arc<Btf>, KernelError> {
        self.host.btf()
    }

    fn module_btf(&self, module: &str) -> Result<Option<Arc<Btf>>, KernelError> {
        self.note(modules());
        self.host.module_btf(module)
    }

    fn btf_modules(&self) -> Result<Vec<String>, KernelError> {
        self.note(modules());
        self.host.btf_modules()
    }

    fn functions(&self, module: Option<&str>) -> Result<Vec<Function>, KernelError> {
        // A list that the person named may change, too.
        let is_own = self.host.function_list.is_some();
        self.note(if is_own { Fact::Volatile } else { modules() });
        self.host.functions(module)
    }

    fn has_function(&self, module: Option<&str>, name: &str) -> Result<bool, KernelError> {
        self.note(modules());
        self.host.has_function(module, name)
    }

    fn bpf_functions(&self) -> Result<Vec<BpfFunction>, KernelError> {
        self.note(Fact::Volatile);
        self.host.bpf_functions()
    }

    fn symbol_address(&self, name: &str) -> Result<Option<u64>, KernelError> {
        self.note(modules());
        self.host.symbol_address(name)
    }

    /// Files change; to look for all that may have would take as long as to compile.
    fn binaries(&self, query: BinaryQuery<'_>) -> Result<Vec<Rc<dyn Binary>>, KernelError> {
        self.note(Fact::Volatile);
        self.host.binaries(query)
    }

    /// The kernel, of which a build is part of the key, does not change its mind.
    fn kfunc_allowed(&self, function: TypeId, program: ProgramType) -> Result<bool, KernelError> {
        self.host.kfunc_allowed(function, program)
    }

    /// Part of the key.
    fn possible_cpus(&self) -> u32 {
        self.host.possible_cpus()
    }

    fn pid_namespace(&self) -> Option<PidNamespace> {
        self.note(pid_namespace(self.host));
        self.host.pid_namespace()
    }

    fn cgroup_id(&self, path: &str) -> Result<Option<u64>, KernelError> {
        self.note(cgroup(self.host, path));
        self.host.cgroup_id(path)
    }

    /// Files change.
    fn header(&self, name: &str, passed: usize) -> Result<Option<Header>, KernelError> {
        self.note(Fact::Volatile);
        self.host.header(name, passed)
    }

    /// Files change, and compilers do.
    fn preprocessed(&self, name: &str, before: &str) -> Preprocessed {
        self.note(Fact::Volatile);
        self.host.preprocessed(name, before)
    }

    fn has(&self, feature: Feature) -> bool {
        self.host.has(feature)
    }
}

fn format(host: &Host, system: &str, event: &str) -> Fact {
    of_format(system, event, &host.tracepoint_format(system, event))
}

fn of_format(system: &str, event: &str, answer: &Result<Option<String>, KernelError>) -> Fact {
    match answer {
        Ok(text) => Fact::Format {
            system: system.to_owned(),
            event: event.to_owned(),
            digest: digest(text),
        },
        Err(_) => Fact::Volatile,
    }
}

fn tracepoints(host: &Host, system: Option<&str>) -> Fact {
    match host.tracepoints(system) {
        Ok(names) => Fact::Tracepoints {
            system: system.map(str::to_owned),
            digest: digest(&names),
        },
        Err(_) => Fact::Volatile,
    }
}

fn pid_namespace(host: &Host) -> Fact {
    Fact::PidNamespace {
        digest: digest(&format!("{:?}", host.pid_namespace())),
    }
}

fn cgroup(host: &Host, path: &str) -> Fact {
    match host.cgroup_id(path) {
        Ok(id) => Fact::Cgroup {
            path: path.to_owned(),
            digest: digest(&id),
        },
        Err(_) => Fact::Volatile,
    }
}

fn modules() -> Fact {
    let Ok(boot) = fs::read(BOOT) else {
        return Fact::Volatile;
    };
    // A kernel without modules has no such file. Users and dependants come and go.
    let list = fs::read_to_string(MODULES).unwrap_or_default();
    let module = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let word = |n: usize| words.get(n).map(|word| (*word).to_owned());
        [word(0), word(1), word(5)]
    };
    let list: Vec<_> = list.lines().map(module).collect();
    Fact::Modules {
        digest: digest(&(boot, list)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fact, Host, Kernel, Witness, modules};

    #[test]
    fn what_rests_on_modules_holds_until_one_is_loaded() {
        let host = Host::new();
        assert!(modules().holds(&host));
        assert!(!Fact::Modules { digest: 1 }.holds(&host));
        assert!(!Fact::Volatile.holds(&host));
    }

    #[test]
    fn a_question_is_noted_once_and_a_volatile_answer_spoils_all() {
        let host = Host::new();
        let witness = Witness::new(&host);
        let _ = witness.symbol_address("no_such_symbol");
        let _ = witness.symbol_address("no_such_symbol");
        assert_eq!(witness.facts.borrow().len(), 1);
        let _ = witness.bpf_functions();
        assert_eq!(witness.into_facts(), None);
    }
}
