//! Any bytes as the notes of static probes, and any text as the places of their arguments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sema::arch::Arch;
use sema::kernel::usdt::{self, ArgPlace};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(notes) = usdt::notes(bytes) {
        // A note takes its header, three words and two terminators at least.
        assert!(notes.len() * 38 <= bytes.len());
    }
    let text = String::from_utf8_lossy(bytes);
    for arch in [Arch::X86_64, Arch::Arm64] {
        for arg in usdt::arguments(&text, arch) {
            assert!(matches!(arg.bytes, 1 | 2 | 4 | 8));
            if let ArgPlace::Register { register, .. } = arg.place {
                assert!(arch.registers().iter().any(|(_, at)| *at == register));
            }
        }
    }
});
