//! Work of exactly known amount: processes that each make so many system calls, and no others of
//! the kind, under a name of their own.
//!
//! `workload NAME KIND TOTAL PROCESSES`: `TOTAL` calls of `KIND` (see [`crate::calls`]), shared
//! evenly by `PROCESSES` processes that are pinned to the CPUs in turn and run at once.

use crate::calls::{Calls, pin};
use rustix::thread::set_name;
use std::ffi::CString;
use std::process::Command;

/// The word that makes this binary a workload, and the one that makes it one of its processes.
const WORDS: [&str; 2] = ["workload", "worker"];

/// Whether the command line asks for a workload.
pub fn is_asked_for() -> bool {
    std::env::args()
        .nth(1)
        .is_some_and(|word| WORDS.contains(&word.as_str()))
}

/// Does what the command line asks for.
pub fn run() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| words[index].parse::<usize>().expect("a number");
    match words[0].as_str() {
        "workload" => start(&words[1], &words[2], number(3), number(4)),
        _ => work(&words[1], &words[2], number(3), number(4)),
    }
}

/// The command line of a workload, without the words that say what it does.
pub fn command() -> String {
    let this = std::env::current_exe().expect("this binary has a path");
    format!("{} {}", this.display(), WORDS[0])
}

fn start(name: &str, kind: &str, total: usize, processes: usize) {
    assert_eq!(total % processes, 0, "the total must divide evenly");
    let this = std::env::current_exe().expect("this binary has a path");
    let workers: Vec<_> = (0..processes)
        .map(|index| {
            Command::new(&this)
                .args([WORDS[1], name, kind])
                .args([(total / processes).to_string(), index.to_string()])
                .spawn()
                .expect("a worker starts")
        })
        .collect();
    for mut worker in workers {
        let status = worker.wait().expect("a worker ends");
        assert!(status.success(), "a worker failed");
    }
}

fn work(name: &str, kind: &str, calls: usize, index: usize) {
    pin(index);
    let mut work = Calls::new(kind, name);
    // From here on no system call of the kind but those that are counted: the name is the mark.
    set_name(&CString::new(name).expect("a name")).expect("the kernel takes a name");
    for call in 0..calls {
        work.make(call);
    }
}
