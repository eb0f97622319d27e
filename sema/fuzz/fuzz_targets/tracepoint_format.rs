//! Any text as a tracepoint's `format` file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sema::kernel::format;
use sema::kernel::glob;

fuzz_target!(|text: &str| {
    if let Ok(format) = format::parse("system", "event", text) {
        for field in &format.fields {
            assert!(!field.name.is_empty());
            assert!(field.declaration.contains(&field.name));
            assert_eq!(
                format.field(&field.name).map(|it| &it.name),
                Some(&field.name)
            );
        }
    }
    // A wildcard against a name: the two halves of the text.
    if let Some((pattern, name)) = text.split_once('\n') {
        let matched = glob::matches(pattern, name);
        assert!(glob::is_pattern(pattern) || matched == (pattern == name));
    }
});
