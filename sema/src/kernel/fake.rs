//! A machine made of fixtures.

use super::btf::Btf;
use super::{Feature, Kernel, KernelError, TracepointName};
use std::collections::{BTreeMap, HashSet};

/// A [`Kernel`] that knows just what it was told.
#[derive(Debug, Default)]
pub struct Fake {
    formats: BTreeMap<TracepointName, String>,
    btf: Option<Btf>,
    features: HashSet<Feature>,
}

impl Fake {
    /// A machine with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tracepoint with the text of its `format` file.
    #[must_use]
    pub fn tracepoint(mut self, system: &str, event: &str, format: &str) -> Self {
        let name = TracepointName {
            system: system.to_owned(),
            event: event.to_owned(),
        };
        self.formats.insert(name, format.to_owned());
        self
    }

    /// Gives it type information.
    #[must_use]
    pub fn with_btf(mut self, btf: Btf) -> Self {
        self.btf = Some(btf);
        self
    }

    /// Gives it a feature.
    #[must_use]
    pub fn with(mut self, feature: Feature) -> Self {
        self.features.insert(feature);
        self
    }
}

impl Kernel for Fake {
    fn tracepoints(&self, system: Option<&str>) -> Result<Vec<TracepointName>, KernelError> {
        let wanted = |name: &&TracepointName| system.is_none_or(|s| s == name.system);
        Ok(self.formats.keys().filter(wanted).cloned().collect())
    }

    fn tracepoint_format(&self, system: &str, event: &str) -> Result<Option<String>, KernelError> {
        let name = TracepointName {
            system: system.to_owned(),
            event: event.to_owned(),
        };
        Ok(self.formats.get(&name).cloned())
    }

    fn btf(&self) -> Result<&Btf, KernelError> {
        self.btf.as_ref().ok_or_else(|| KernelError::Missing {
            what: "/sys/kernel/btf/vmlinux".to_owned(),
            help: "use a kernel built with CONFIG_DEBUG_INFO_BTF=y".to_owned(),
        })
    }

    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}
