//! What one call of a workload does, by its kind.

use rustix::process::{getpid, test_kill_process};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A kind of call, with what it needs.
pub struct Calls {
    kind: String,
    null: File,
    zero: File,
    buffer: [u8; 100],
    scratch: PathBuf,
}

impl Calls {
    /// Everything that is needed is opened here, so that the calls themselves open nothing.
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            null: File::create("/dev/null").expect("/dev/null opens"),
            zero: File::open("/dev/zero").expect("/dev/zero opens"),
            buffer: [0; 100],
            scratch: std::env::temp_dir().join(format!("{name}-scratch")),
        }
    }

    /// The n-th call. Reads and writes take n mod 100 + 1 bytes.
    pub fn make(&mut self, n: usize) {
        let bytes = &mut self.buffer[..n % 100 + 1];
        match self.kind.as_str() {
            "write" => drop(self.null.write(bytes)),
            "read" => drop(self.zero.read(bytes)),
            "open" => drop(File::open("/dev/null")),
            "stat" => drop(fs::metadata("/dev/none")),
            "sync" => drop(self.null.sync_all()),
            "kill" => drop(test_kill_process(getpid())),
            "nap" => std::thread::sleep(Duration::from_millis(3)),
            "spin" => spin(Duration::from_millis(1)),
            "flush" => {
                // Seldom in memory, as the folder for temporary files often is.
                let path = Path::new("/var/tmp").join(self.scratch.file_name().expect("a name"));
                let mut file = File::create(&path).expect("the scratch file is writable");
                file.write_all(&[1; 4096]).expect("the disk has room");
                file.sync_all().expect("the disk takes it");
                fs::remove_file(&path).expect("the scratch file is there");
            }
            "exec" => drop(Command::new("/bin/true").status()),
            "thread" => drop(std::thread::spawn(|| ()).join()),
            "file" => {
                fs::write(&self.scratch, bytes).expect("the scratch file is writable");
                fs::remove_file(&self.scratch).expect("the scratch file is there");
            }
            "folder" => {
                fs::create_dir(&self.scratch).expect("the scratch folder is new");
                fs::remove_dir(&self.scratch).expect("the scratch folder is empty");
            }
            other => panic!("there is no workload {other}"),
        }
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
