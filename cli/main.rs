//! The `strobe` command: flags, wiring and exit codes.

fn main() {}
