//! Iterators: walked to their end, one after the other, while what they send is printed.

use super::Session;
use crate::Error;
use crate::print::Output;
use crate::sys::SyscallError;
use crate::sys::bpf;
use sema::ir::AttachTarget;
use std::fs::File;
use std::io::{Read, pipe};
use std::os::fd::{AsFd, OwnedFd};

impl Session {
    /// Walks every iterator of the script.
    pub(super) fn walk(&mut self, output: &mut Output) -> Result<(), Error> {
        for walk in self.walks()? {
            if self.asked_to_exit() || output.is_closed() {
                return Ok(());
            }
            let (done, last_drop) =
                pipe().map_err(|error| SyscallError::io("open a pipe", &error))?;
            // Programs run while it is read; what they send is printed meanwhile.
            let walking = std::thread::Builder::new().spawn(move || {
                let result = read_all(walk);
                drop(last_drop);
                result
            });
            let walking = walking.map_err(|e| SyscallError::io("start a thread", &e))?;
            while !self.wait_for_records(&done)? {
                self.drain(output)?;
                output.flush()?;
            }
            if let Ok(Err(error)) = walking.join() {
                return Err(
                    SyscallError::io("walk over the objects of an iterator", &error).into(),
                );
            }
        }
        Ok(())
    }

    /// Opens the walks.
    fn walks(&self) -> Result<Vec<OwnedFd>, Error> {
        let mut walks = Vec::new();
        for program in &self.programs {
            for target in &program.about.targets {
                if !matches!(target.attach, AttachTarget::Iter(_)) {
                    continue;
                }
                let open = || {
                    let link = bpf::link_iterator(program.fd.as_fd())?;
                    bpf::create_iterator(link.as_fd())
                };
                walks.push(open().map_err(|error| Error::Attach {
                    target: target.name.clone(),
                    span: program.about.span,
                    error,
                })?);
            }
        }
        Ok(walks)
    }
}

/// Reads to the end: what is read is what programs write there, which ours do not.
fn read_all(walk: OwnedFd) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    let mut walk = File::from(walk);
    loop {
        match walk.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // Nothing was written so far, but the walk goes on.
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
            Err(error) => return Err(error),
        }
    }
}
