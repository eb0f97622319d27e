//! The place of a script in the cache of compiled ones.

use super::compile::settings;
use crate::args::Args;
use crate::script::Script;
use codegen::Object;
use runtime::Host;
use runtime::cache::{Cache, Key};
use runtime::host::Fact;
use sema::ir::AttachTarget;
use std::env;

/// Where the object of a script lies, if it was compiled before.
pub struct Shelf {
    cache: Cache,
    key: Key,
}

impl Shelf {
    /// The place of a script. None where nothing is to be cached: the person said so, or wants to
    /// see the stages of compiling.
    pub fn of(args: &Args, script: &Script) -> Option<Self> {
        if args.no_cache || !args.debug.is_empty() || reads_files(script) {
            return None;
        }
        let mut key = Key::new().ok()?;
        // The whole of it, so that no option that comes to be can be forgotten here.
        for word in env::args_os() {
            key.add_word(&word);
        }
        key.add("sources");
        for (name, text) in script.sources.iter() {
            key.add(name);
            key.add(text);
        }
        for parameter in &script.parameters {
            key.add(parameter);
        }
        key.add("environment");
        for (name, value) in settings() {
            key.add(name);
            key.add(value);
        }
        key.add_word(&env::var_os("PATH").unwrap_or_default());
        key.add_word(env::current_dir().ok()?.as_os_str());
        Some(Self {
            cache: Cache::of_user()?,
            key,
        })
    }

    /// The object that was compiled before.
    pub fn object(&self) -> Option<Object> {
        self.cache.get(&self.key, &Host::new())
    }

    /// Keeps an object for the next time.
    pub fn keep(self, args: &Args, facts: Vec<Fact>, object: &Object, has_child: bool) {
        let is_whole = object.manifest.sources.len() == 1;
        if !is_whole
            || !object.manifest.programs.iter().all(|program| {
                let mut targets = program.targets.iter();
                targets.all(|target| is_of_the_kernel(&target.attach))
            })
        {
            return;
        }
        // `cpid` is another number each time.
        if has_child && object.manifest.sources[0].text.contains("cpid") {
            return;
        }
        if let (Err(error), true) = (self.cache.put(&self.key, facts, object), args.verbose) {
            eprintln!("strobe: the compiled script is not kept: {error}");
        }
    }
}

/// Whether a script may be made of more files than itself, which change without it. The words may
/// also stand in a text, and then one script more is compiled.
fn reads_files(script: &Script) -> bool {
    let mut texts = script.sources.iter();
    texts.any(|(_, text)| text.contains("import") || text.contains("#include"))
}

/// Whether a target is the same in every run on a kernel, as far as compiling is concerned. What
/// is in files and processes may change behind our back.
fn is_of_the_kernel(target: &AttachTarget) -> bool {
    matches!(
        target,
        AttachTarget::Begin
            | AttachTarget::End
            | AttachTarget::Interval(_)
            | AttachTarget::Profile(_)
            | AttachTarget::Tracepoint { .. }
            | AttachTarget::RawTracepoint { .. }
            | AttachTarget::Kprobe(_)
            | AttachTarget::Fentry(_)
            | AttachTarget::Counter(_)
            | AttachTarget::Iter(_)
            | AttachTarget::Signal(_)
    )
}
