//! `fentry` and `fexit`: a trampoline at the function that the program was loaded for.

use super::Attachment;
use crate::sys::{SyscallError, bpf};
use sema::ir::Fentry;
use std::os::fd::BorrowedFd;

/// Attaches a program to its function.
pub(super) fn link(
    program: BorrowedFd<'_>,
    fentry: &Fentry,
    cookie: u64,
) -> Result<Attachment, SyscallError> {
    let attach_type = match fentry.is_return {
        true => bpf::ATTACH_FEXIT,
        false => bpf::ATTACH_FENTRY,
    };
    Ok(Attachment {
        links: vec![bpf::link_tracing(program, attach_type, cookie)?],
        ..Attachment::default()
    })
}
