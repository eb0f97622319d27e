//! Any bytes as type information: every question has an answer, none takes for ever.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sema::kernel::btf::{Btf, Kind, TypeId};
use std::sync::Arc;

/// Questions are asked of so many types at most, so that one input takes milliseconds.
const TYPES: u32 = 64;

fuzz_target!(|data: &[u8]| {
    let Ok(btf) = Btf::parse("fuzz", data.to_vec()) else {
        return;
    };
    ask(&btf);
    let btf = Arc::new(btf);
    if let Ok(module) = Btf::split(Arc::clone(&btf), "module", data.to_vec()) {
        ask(&module);
        let module = Arc::new(module);
        if let Ok(stacked) = Btf::stacked(&module, Arc::clone(&module)) {
            ask(&stacked);
        }
    }
});

fn ask(btf: &Btf) {
    let first = btf.len().saturating_sub(TYPES);
    for id in (first..btf.len() + 1).map(TypeId) {
        let _ = btf.get(id);
        let _ = btf.resolve(id);
        let _ = btf.size_of(id);
        let _ = btf.type_name(id);
        let _ = btf.definition(id);
        let _ = btf.find_member(id, "pid");
    }
    // More look-ups than are answered by search alone, so that the table is built too.
    for _ in 0..10 {
        let _ = btf.find_constant("A");
        for kind in [Kind::Struct, Kind::Enum, Kind::Typedef, Kind::Function] {
            for (name, id) in btf.names(kind).into_iter().take(4) {
                assert_eq!(btf.kind(id), Some(kind));
                assert!(btf.find(name, kind).is_some());
            }
        }
    }
}
