//! Places in the code of processes.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// Instructions of a file, which any process may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uprobe {
    /// The file.
    pub path: String,
    /// The function as people write it; empty for a bare address and a static probe.
    pub function: String,
    /// The instructions; never empty.
    pub places: Vec<UserPlace>,
    /// Whether it runs when the function that starts there returns.
    pub is_return: bool,
    /// The one process to look at.
    pub pid: Option<u32>,
    /// Whether a pattern found it: the kernel may refuse it without harm.
    pub by_pattern: bool,
}

/// An instruction of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserPlace {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes from the start of the file to a `u16` that counts who looks on; 0 for none.
    pub semaphore: u64,
    /// The upper half of what `bpf_get_attach_cookie` yields there: which of the layouts that
    /// a static probe's arguments have. The lower half is the target's.
    pub layout: u32,
}

impl Display for Uprobe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_return {
            "return"
        } else {
            "instruction"
        })?;
        write!(f, " of {}", self.path)?;
        for place in &self.places {
            write!(f, " {:#x}", place.offset)?;
            if place.semaphore != 0 {
                write!(f, " semaphore {:#x}", place.semaphore)?;
            }
            if place.layout != 0 {
                write!(f, " layout {}", place.layout)?;
            }
        }
        match self.pid {
            Some(pid) => write!(f, " in process {pid}"),
            None => Ok(()),
        }
    }
}
