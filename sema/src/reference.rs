//! The tables of the language for those who write about it: providers, settings, built-ins.

pub use crate::builtin::{Builtin, Kind, Mode, all as builtins};

use crate::config::SETTINGS;
use crate::provider::PROVIDERS;

/// A family of attach points.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The short form of the name.
    pub short: Option<&'static str>,
    /// The forms of its attach points.
    pub forms: &'static str,
}

/// Every provider.
pub fn providers() -> impl Iterator<Item = Provider> {
    PROVIDERS.iter().map(|provider| Provider {
        name: provider.name,
        short: provider.short,
        forms: provider.forms,
    })
}

/// Name of every setting, and what it takes.
pub fn settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    SETTINGS.iter().map(|setting| (setting.name, setting.takes))
}
