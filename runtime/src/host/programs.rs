//! BPF programs that are loaded, and their functions.

use crate::sys::SyscallError;
use crate::sys::bpf::{self, ObjectKind};
use sema::kernel::btf::{Btf, BtfType, TypeId};
use sema::kernel::{BpfFunction, KernelError};
use std::os::fd::AsFd;

/// The functions of all programs that have type information.
pub(super) fn functions() -> Result<Vec<BpfFunction>, KernelError> {
    let mut all = Vec::new();
    let mut id = 0;
    while let Some(next) = bpf::next_id(ObjectKind::Program, id) {
        id = next;
        match functions_of(id) {
            Ok(functions) => all.extend(functions),
            Err(error) if error.is_denied() => {
                return Err(KernelError::Denied {
                    what: "loaded BPF programs".to_owned(),
                });
            }
            // It is gone meanwhile, or its type information is not for us.
            Err(_) => {}
        }
    }
    Ok(all)
}

fn functions_of(id: u32) -> Result<Vec<BpfFunction>, SyscallError> {
    let program = bpf::open_object(ObjectKind::Program, id)?;
    let (info, types) = bpf::program_info(program.as_fd())?;
    if info.btf == 0 {
        return Ok(Vec::new());
    }
    let bytes = bpf::btf_bytes(info.btf)?;
    let Ok(btf) = Btf::parse("a BPF program", bytes) else {
        return Ok(Vec::new());
    };
    let functions = types.into_iter().filter_map(|btf_id| {
        let BtfType::Function { name, .. } = btf.get(TypeId(btf_id)).ok()? else {
            return None;
        };
        Some(BpfFunction {
            program: id,
            name: name.to_owned(),
            btf_id,
        })
    });
    Ok(functions.collect())
}
