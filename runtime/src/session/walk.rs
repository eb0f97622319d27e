//! Iterators: walked to their end, one after the other, while what they send is printed; or pinned,
//! for others to walk.

use super::Session;
use crate::Error;
use crate::load::LoadedProgram;
use crate::print::Output;
use crate::sys::SyscallError;
use crate::sys::bpf;
use sema::ir::{AttachTarget, Iter, Target};
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
        let own = self.iterators().filter(|(.., iter)| iter.pin.is_none());
        own.map(|(program, target, _)| {
            let link = bpf::link_iterator(program.fd.as_fd());
            let walk = link.and_then(|link| bpf::create_iterator(link.as_fd()));
            walk.map_err(|error| cannot_attach(program, target, error))
        })
        .collect()
    }

    /// Leaves the iterators that have a name for it in the BPF file system, all of them or none, and
    /// tells the names.
    pub(super) fn pin(&self) -> Result<Vec<String>, Error> {
        let mut pinned: Vec<String> = Vec::new();
        for (program, target, iter) in self.iterators() {
            let Some(path) = &iter.pin else { continue };
            let link = bpf::link_iterator(program.fd.as_fd());
            if let Err(error) = link.and_then(|link| bpf::pin(link.as_fd(), path)) {
                for path in pinned {
                    // What cannot be removed, somebody else has removed.
                    let _ = std::fs::remove_file(path);
                }
                return Err(cannot_attach(program, target, error));
            }
            pinned.push(path.clone());
        }
        Ok(pinned)
    }

    /// Every iterator of the script.
    fn iterators(&self) -> impl Iterator<Item = (&LoadedProgram, &Target, &Iter)> {
        self.programs.iter().flat_map(|program| {
            let targets = program.about.targets.iter();
            targets.filter_map(move |target| match &target.attach {
                AttachTarget::Iter(iter) => Some((program, target, iter)),
                _ => None,
            })
        })
    }
}

fn cannot_attach(program: &LoadedProgram, target: &Target, error: SyscallError) -> Error {
    Error::Attach {
        target: target.name.clone(),
        span: program.about.span,
        error,
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
