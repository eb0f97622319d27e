//! What happens within a virtual machine.

use super::{choice, figures};
use crate::{execute, lifetime};
use libtest_mimic::{Arguments, ColorSetting, Trial};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// Where this binary is there.
pub const RUNNER: &str = "runner";
/// Where strobe is there.
pub const STROBE: &str = "strobe";
/// A file there: the names of cases that have been run, a line each.
pub const DONE: &str = "done";
/// The last line that a virtual machine prints.
pub const END: &str = "guest: end";

/// The first process. What it prints on the second serial line is for the driver; the kernel
/// prints on the first.
pub const INIT: &str = "\
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
for module in /modules/*.ko; do insmod $module; done
for disk in /sys/block/nvme*; do
    echo mq-deadline >$disk/queue/scheduler
    # Which of them is which depends on the order in which they were found.
    mount -t ext4 /dev/${disk##*/} /var/tmp || mount -t xfs /dev/${disk##*/} /srv
done
grep -q ' /var/tmp ' /proc/mounts || mount -t tmpfs tmp /var/tmp
# Packets that are sent over it go nowhere.
ip addr add 10.9.0.1/24 dev dummy0 && ip link set dummy0 up
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
for word in $(cat /proc/cmdline); do
    case $word in
    strobe.has=*) export STROBE_TEST_KERNEL_HAS=${word#*=} ;;
    strobe.pattern=*) pattern=${word#*=} ;;
    esac
done
export STROBE_TEST_BINARY=/strobe STROBE_TEST_PATIENCE=300
exec >/dev/ttyS1 2>&1
/runner guest $pattern
echo 'guest: end'
poweroff -f
";

/// What stands for a space in a word of the kernel's command line.
const SPACE: &str = "%20";

/// A pattern as a word of the kernel's command line.
pub fn one_word(pattern: &str) -> String {
    pattern.replace(' ', SPACE)
}

/// Runs the cases of the matrix, or those that match a pattern.
pub fn run(patterns: &[String]) -> ExitCode {
    let pattern = patterns.first().map(|word| word.replace(SPACE, " "));
    let pattern = pattern.as_deref();
    let (cases, _) = choice::choose(Path::new("/"), pattern);
    let done = std::fs::read_to_string(Path::new("/").join(DONE)).unwrap_or_default();
    let done: BTreeSet<&str> = done.lines().collect();
    let cases = cases.into_iter();
    let cases =
        cases.map(|case| Trial::ignorable_test(case.name.clone(), move || execute::run(&case)));
    let is_wanted = |trial: &Trial| choice::fits(trial.name(), pattern);
    let lifetime = lifetime::trials().into_iter().filter(is_wanted);
    let figures = figures::trials().into_iter();
    let figures = figures.filter(|trial| pattern.is_some() && is_wanted(trial));
    let mut trials: Vec<Trial> = cases.chain(lifetime).chain(figures).collect();
    trials.retain(|trial| !done.contains(trial.name()));
    let arguments = Arguments {
        color: Some(ColorSetting::Never),
        ..Arguments::default()
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}
