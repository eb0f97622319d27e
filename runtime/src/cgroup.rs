//! Control groups: the paths that belong to an id.

use sema::kernel::glob::matches;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The name of the hierarchy of version 2, wherever it is mounted.
const UNIFIED: &str = "unified";

/// The hierarchies that are mounted, that of version 2 first.
#[derive(Debug)]
pub(crate) struct Hierarchies(Vec<Hierarchy>);

#[derive(Debug, PartialEq, Eq)]
struct Hierarchy {
    name: String,
    root: PathBuf,
}

impl Hierarchies {
    /// Those of this machine.
    pub(crate) fn mounted() -> Self {
        Self(parse(
            &fs::read_to_string("/proc/mounts").unwrap_or_default(),
        ))
    }

    /// `hierarchy:path` of a group in every hierarchy that has it and whose name fits a pattern
    /// with wildcards (any name where the pattern is empty), with commas between them.
    pub(crate) fn paths(&self, id: u64, filter: &str) -> String {
        let chosen = self
            .0
            .iter()
            .filter(|h| filter.is_empty() || matches(filter, &h.name));
        let paths = chosen.filter_map(|hierarchy| {
            let found = find(&hierarchy.root, id)?;
            let below = found.strip_prefix(&hierarchy.root).unwrap_or(&found);
            Some(format!("{}:/{}", hierarchy.name, below.display()))
        });
        paths.collect::<Vec<_>>().join(",")
    }
}

/// The hierarchies among the lines of `/proc/mounts`. Those of version 1 are called as the
/// directory is that they are mounted at, which is by custom what they control.
fn parse(mounts: &str) -> Vec<Hierarchy> {
    let mut found = Vec::new();
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(root), Some(kind)) = (fields.next(), fields.next()) else {
            continue;
        };
        let root = PathBuf::from(root);
        let name = match kind {
            "cgroup2" => UNIFIED.to_owned(),
            "cgroup" => match root.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => continue,
            },
            _ => continue,
        };
        let hierarchy = Hierarchy { name, root };
        if hierarchy.name == UNIFIED {
            found.insert(0, hierarchy);
        } else {
            found.push(hierarchy);
        }
    }
    found
}

/// The directory below a root whose inode number this is.
fn find(root: &Path, id: u64) -> Option<PathBuf> {
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        if fs::metadata(&directory).is_ok_and(|found| found.ino() == id) {
            return Some(directory);
        }
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        let folders = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
        left.extend(folders.map(|e| e.path()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Hierarchies, Hierarchy, parse};
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn hierarchies_of_both_versions() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
            cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n\
            cgroup2 /sys/fs/cgroup/v2 cgroup2 rw 0 0\n";
        let found: Vec<_> = parse(mounts)
            .into_iter()
            .map(|h| (h.name, h.root.display().to_string()))
            .collect();
        let wanted = [
            ("unified", "/sys/fs/cgroup/v2"),
            ("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"),
        ];
        assert_eq!(found, wanted.map(|(n, r)| (n.to_owned(), r.to_owned())));
    }

    #[test]
    fn a_group_is_found_by_its_number() {
        let root = std::env::temp_dir().join(format!("strobe-cgroup-{}", std::process::id()));
        let inner = root.join("a/b");
        fs::create_dir_all(&inner).expect("a folder can be made");
        let id = |path: &std::path::Path| fs::metadata(path).expect("it is there").ino();
        let hierarchies = Hierarchies(vec![Hierarchy {
            name: "unified".to_owned(),
            root: root.clone(),
        }]);
        assert_eq!(hierarchies.paths(id(&inner), ""), "unified:/a/b");
        assert_eq!(hierarchies.paths(id(&root), "uni*"), "unified:/");
        assert_eq!(hierarchies.paths(id(&inner), "cpu"), "");
        assert_eq!(hierarchies.paths(0, ""), "");
        fs::remove_dir_all(&root).expect("our folder");
    }
}
