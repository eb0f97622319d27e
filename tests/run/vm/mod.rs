//! Cases in virtual machines, kernel by kernel: `make test-kernels`. [`choice`] tells which.
//!
//! Every kernel boots under QEMU (emulated: no KVM is needed) with an initramfs of busybox, this
//! binary and strobe; there this binary runs the cases, and what it prints becomes a table. What
//! was downloaded or unpacked stays in `target/kernels` for the next time.

mod choice;
mod figures;
mod guest;
mod initramfs;
mod kernel;
mod machine;
mod table;

use crate::{case, target};
use kernel::Kernel;
use machine::Outcome;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The words that make this binary the driver, and the runner within a virtual machine.
const WORDS: [&str; 2] = ["kernels", "guest"];

/// Whether the command line asks for virtual machines, or from within one.
pub fn is_asked_for() -> bool {
    let word = std::env::args().nth(1);
    word.is_some_and(|word| WORDS.contains(&word.as_str()))
}

/// How often a kernel is booted that ends before all cases have run, for those that are left.
const BOOTS: u32 = 3;

/// Does what the command line asks for: `kernels [VMLINUZ]... [PATTERN]`.
pub fn run() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words[0] == WORDS[1] {
        return guest::run(&words[1..]);
    }
    let (images, patterns): (Vec<String>, Vec<String>) = words[1..]
        .iter()
        .cloned()
        .partition(|word| Path::new(word).is_file());
    match boot_all(&images, &patterns) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            println!("SKIPPED the kernel matrix: {reason}");
            ExitCode::SUCCESS
        }
    }
}

/// Boots every kernel and prints the table; whether all that should work did. The error is why
/// nothing could be booted.
fn boot_all(images: &[String], patterns: &[String]) -> Result<bool, String> {
    let cache = cache();
    let busybox = kernel::busybox(&cache)?;
    machine::find()?;
    let mut kernels = kernel::given(images)?;
    for series in kernel::SERIES {
        match kernel::packaged(&cache, series) {
            Ok(kernel) => kernels.push(kernel),
            Err(reason) => println!("SKIPPED kernel {series}: {reason}"),
        }
    }
    if kernels.is_empty() {
        return Err("there is no kernel to boot".to_owned());
    }
    let pattern = patterns.first().map(String::as_str);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (chosen, others) = choice::choose(root, pattern);
    println!(
        "{} cases on each kernel; {others} others are left to the host",
        chosen.len()
    );
    let texts = chosen.iter().flat_map(case::Case::texts);
    if let Some(reason) = target::missing(texts) {
        println!("some programs to trace are missing: {reason}");
    }
    let (disks, reasons) = kernel::disks(&cache);
    for reason in reasons {
        println!("{reason}");
    }
    let boot = |kernel: &Kernel| {
        let mut outcome = Outcome::default();
        for boot in 1..=BOOTS {
            let archive = initramfs::pack(&busybox, kernel, &outcome)?;
            let place = cache.join(format!("{}-{boot}", kernel.name));
            let path = PathBuf::from(format!("{}.cpio", place.display()));
            std::fs::write(&path, archive).map_err(|e| e.to_string())?;
            outcome.add(machine::boot(kernel, &path, &disks, pattern, &place)?);
            match &outcome.stuck {
                None => break,
                Some(console) => println!(
                    "kernel {} ended early, after {} cases: see {}",
                    kernel.name,
                    outcome.cases.len(),
                    console.display()
                ),
            }
        }
        Ok(outcome)
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = kernels
            .iter()
            .map(|kernel| scope.spawn(move || boot(kernel)))
            .collect();
        let ended = running.into_iter().map(|thread| thread.join());
        ended
            .map(|outcome| outcome.unwrap_or_else(|_| Err("the driver panicked".to_owned())))
            .collect()
    });
    let good = table::print(&kernels, &outcomes, &chosen, pattern.is_none());
    println!("left to the host: {others} cases");
    Ok(good)
}

/// `target/kernels`.
fn cache() -> PathBuf {
    let strobe = Path::new(env!("CARGO_BIN_EXE_strobe"));
    let target = strobe.ancestors().nth(2).expect("target/debug/strobe");
    let cache = target.join("kernels");
    std::fs::create_dir_all(&cache).expect("the target directory is writable");
    cache
}
