//! Calls of a workload while memory is short: only in virtual machines, which are nobody else's.

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const GROUPS: &str = "/sys/fs/cgroup";
/// A file of each group: who is in it, and where one writes to be.
const PROCS: &str = "cgroup.procs";
/// Bytes of a page.
const PAGE: usize = 4096;

/// Bytes that a group of processes may have in memory, and bytes that its processes use.
const SMALL: usize = 10 << 20;
const LARGE: usize = 30 << 20;

/// A program that takes more memory than its group may have.
pub fn oom() {
    let group = Group::new("small", 20 << 20);
    fs::write(group.0.join("memory.swap.max"), "0").expect("root may");
    let procs = group.0.join(PROCS);
    let script = format!("echo 0 >{}; exec tail /dev/zero", procs.display());
    drop(Command::new("sh").args(["-c", &script]).status());
}

/// Touches every page of [`LARGE`] bytes twice, of which [`SMALL`] fit into memory: at least the
/// difference is read back from the swap file, and no more than all of it.
pub fn swap() {
    let script = "dd if=/dev/zero of=/var/tmp/swap bs=1M count=40 && mkswap /var/tmp/swap && swapon /var/tmp/swap";
    let mut sh = Command::new("sh");
    let output = sh.args(["-c", script]).output().expect("sh starts");
    assert!(output.status.success(), "{output:?}");
    // One page at a time is read, not those beside it.
    fs::write("/proc/sys/vm/page-cluster", "0").expect("root may");
    let group = Group::new("swapping", SMALL);
    group.join();
    let mut memory = vec![1u8; LARGE];
    for page in memory.chunks_mut(PAGE) {
        page[0] += 1;
    }
    drop(black_box(memory));
    leave();
}

/// Reads a file of [`LARGE`] bytes, whose copies do not fit into [`SMALL`]: the reader must give up
/// some for those that follow.
pub fn reclaim() {
    let path = Path::new("/var/tmp/copied");
    let file = File::create_new(path).expect("the scratch file is new");
    file.set_len(LARGE as u64).expect("nothing is written");
    let group = Group::new("reading", SMALL);
    group.join();
    let mut file = File::open(path).expect("the file is there");
    let read = io::copy(&mut file, &mut io::sink()).expect("the file is readable");
    assert_eq!(read, LARGE as u64, "the file is whole");
    leave();
    fs::remove_file(path).expect("the file is there");
}

/// Back to the group of everything.
fn leave() {
    fs::write(Path::new(GROUPS).join(PROCS), "0").expect("root may");
}

/// A group of processes that may have so much memory, removed when it is dropped.
struct Group(PathBuf);

impl Group {
    /// `most` is in bytes.
    fn new(name: &str, most: usize) -> Self {
        let group = Path::new(GROUPS).join(name);
        fs::create_dir(&group).expect("the group is new");
        fs::write(group.join("memory.max"), most.to_string()).expect("root may");
        Self(group)
    }

    fn join(&self) {
        fs::write(self.0.join(PROCS), "0").expect("root may");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).expect("nobody is in it");
    }
}
