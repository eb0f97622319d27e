//! Calls of a workload to disks and the file systems on them.

use rustix::fs::{Mode, OFlags, open};
use rustix::mount::{MountFlags, UnmountFlags};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that is seldom in memory, as the one for temporary files often is.
const DISK: &str = "/var/tmp";
/// Where virtual machines have an xfs file system.
const XFS: &str = "/srv";

/// Writes a block to a disk and waits until it is there.
pub fn flush(name: &Path) {
    let path = on(DISK, name);
    write(&path);
    fs::remove_file(&path).expect("the scratch file is there");
}

/// Leaves a block in memory and has all such written.
pub fn write_out(name: &Path) {
    let path = on(DISK, name);
    fs::write(&path, [1; 4096]).expect("the disk has room");
    rustix::fs::sync();
    fs::remove_file(&path).expect("the scratch file is there");
}

/// Creates a file on xfs, writes it, reads it, renames and removes it: one of each.
pub fn xfs(name: &Path) {
    let path = on(XFS, name);
    let renamed = path.with_extension("renamed");
    write(&path);
    // One read: `fs::read` would ask again for the end.
    let mut file = File::open(&path).expect("the file is there");
    file.read_exact(&mut [0; 4096]).expect("the file is whole");
    fs::rename(&path, &renamed).expect("the name is free");
    fs::remove_file(&renamed).expect("the file is there");
}

/// Mounts memory on a folder, and takes it away.
pub fn mount(path: &Path) {
    fs::create_dir(path).expect("the scratch folder is new");
    rustix::mount::mount("none", path, "tmpfs", MountFlags::empty(), None).expect("root may");
    rustix::mount::unmount(path, UnmountFlags::empty()).expect("nobody uses it");
    fs::remove_dir(path).expect("the scratch folder is empty");
}

/// A disk whose every write fails: what it is kept in has no room.
pub struct BadDisk(File);

impl BadDisk {
    /// Only in virtual machines: a loop device on a file of a megabyte, in memory of 64 KiB that
    /// another file has taken.
    pub fn new() -> Self {
        let script = "mkdir /tmp/full && mount -t tmpfs -o size=64k none /tmp/full &&
            truncate -s 1M /tmp/full/disk && losetup /dev/loop0 /tmp/full/disk &&
            dd if=/dev/zero of=/tmp/full/rest bs=4k count=16";
        let mut sh = Command::new("sh");
        let output = sh.args(["-c", script]).output().expect("sh starts");
        assert!(output.status.success(), "{output:?}");
        // What is written through a cache would be written later, by somebody else.
        let flags = OFlags::WRONLY | OFlags::DIRECT;
        let disk = open("/dev/loop0", flags, Mode::empty()).expect("the disk opens");
        Self(disk.into())
    }

    /// Writes a block, which fails.
    pub fn write(&mut self) {
        #[repr(align(4096))]
        struct Block([u8; 4096]);
        let block = Block([1; 4096]);
        assert!(self.0.write(&block.0).is_err(), "the disk took it");
    }
}

/// A file of this name in another folder.
fn on(folder: &str, name: &Path) -> PathBuf {
    Path::new(folder).join(name.file_name().expect("a name"))
}

/// A file of one block, on its disk.
fn write(path: &Path) {
    let mut file = File::create(path).expect("the scratch file is writable");
    file.write_all(&[1; 4096]).expect("the disk has room");
    file.sync_all().expect("the disk takes it");
}
