//! A reader of BTF, the kernel's type information.

/// Type information.
#[derive(Debug)]
pub struct Btf {}
