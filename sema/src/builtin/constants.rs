//! Constants that C programs take from headers: what scripts for kernel tracing say most, so that
//! they run where no headers are installed.
//!
//! A script's own `#define` and the kernel's own types go before these. The numbers are part of
//! Linux's interface to programs and are the same on x86-64 and arm64.

use super::names::{SYSCALLS, signal_number};

/// `NAME number`, a line each: from `linux/socket.h`, `asm-generic/errno.h`, `linux/stat.h`,
/// `asm-generic/fcntl.h`, `linux/sched.h`, `linux/capability.h`, `linux/if_ether.h` and their like.
const CONSTANTS: &str = include_str!("names/constants.txt");

/// The number that headers give a name.
pub(super) fn find(name: &str) -> Option<i128> {
    if let Some(call) = name
        .strip_prefix("__NR_")
        .or_else(|| name.strip_prefix("SYS_"))
    {
        return SYSCALLS.number(call);
    }
    if name.starts_with("SIG") {
        return signal_number(name).map(i128::from);
    }
    let line = CONSTANTS
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_have_the_numbers_of_the_headers() {
        assert_eq!(find("AF_INET6"), Some(10));
        assert_eq!(find("EAGAIN"), Some(11));
        assert_eq!(find("CAP_SYS_ADMIN"), Some(21));
        assert_eq!(find("S_IFMT"), Some(0o170_000));
        assert_eq!(find("SIGKILL"), Some(9));
        assert_eq!(find("AF_"), None);
        assert_eq!(find("__NR_nothing"), None);
    }

    #[test]
    fn every_line_is_a_name_and_a_number() {
        for line in CONSTANTS.lines() {
            let (name, number) = line.split_once(' ').expect("a name and a number");
            let number = number.parse::<i128>().expect("a number");
            assert_eq!(find(name), Some(number), "{name}");
        }
    }
}
