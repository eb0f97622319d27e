//! Control groups: processes in one that was made for them, by its id and its path.

use crate::execute::{Place, missing, strobe};
use crate::running::Running;
use crate::workload;
use libtest_mimic::{Completion, Failed, Trial};
use std::path::{Path, PathBuf};

/// The cases.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::ignorable_test("groups: the path of a process's group", || {
            answers("@[cgroup_path(cgroup, \"unified\")] = count();", |group| {
                format!("@[unified:{group}]: 10")
            })
        }),
        Trial::ignorable_test("groups: the path, printed at once", || {
            let script =
                "if (++@n == 10) { printf(\"%s\\n\", cgroup_path(cgroup, \"unif*\")); clear(@n); }";
            answers(script, |group| format!("unified:{group}"))
        }),
        Trial::ignorable_test("groups: the id of a path", || {
            let script = "@[cgroup == cgroupid(\"{path}\")] = count();";
            answers(script, |_| "@[true]: 10".to_owned())
        }),
        Trial::ignorable_test("groups: only processes of a group", || {
            let script = "if (cgroup == cgroupid(\"{path}\")) { @ = count(); }";
            answers(script, |_| "@: 10".to_owned())
        }),
    ]
}

/// A group of version 2 that goes when its last process has.
struct Group {
    path: PathBuf,
    /// As the hierarchy knows it.
    name: String,
}

impl Group {
    fn new(mount: &Path, name: &str) -> std::io::Result<Self> {
        let path = mount.join(name);
        std::fs::create_dir(&path)?;
        Ok(Self {
            path,
            name: format!("/{name}"),
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_dir(&self.path);
    }
}

/// Where the hierarchy of version 2 is.
fn mount() -> Option<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mut lines = mounts.lines().map(|line| line.split(' '));
    lines.find_map(|mut words| {
        let path = words.nth(1)?;
        (words.next()? == "cgroup2").then(|| path.into())
    })
}

/// Runs a script on the ten writes of a process in a group, and compares what it prints.
fn answers(script: &str, expected: impl Fn(&str) -> String) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let Some(mount) = mount() else {
        return Ok(Completion::ignored_with("no control groups of version 2"));
    };
    let place = Place::new();
    let group = Group::new(&mount, &format!("strobe-{}", place.name))?;
    let script = script.replace("{path}", &group.path.to_string_lossy());
    let script = format!(
        "tracepoint:syscalls:sys_enter_write /comm == \"{}\"/ {{ {script} }}",
        place.name
    );
    let command = format!(
        "sh -c \"echo 0 > {}/cgroup.procs; exec {} {} write 10 1\"",
        group.path.display(),
        workload::command(),
        place.name
    );
    let mut strobe = strobe();
    strobe.args(["-q", "-c", &command, "-e", &script]);
    let ended = Running::start(&mut strobe)?.end()?;
    let (printed, expected) = (ended.stdout.trim(), expected(&group.name));
    if printed == expected {
        return Ok(Completion::Completed);
    }
    Err(format!("expected {expected}\nprinted {printed}\n{}", ended.stderr).into())
}
