//! Executables and libraries: what type checking and probe expansion ask of them.

use super::KernelError;
use super::usdt::UsdtProbe;
use std::fmt::Debug;

/// Which files an attach point names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryQuery<'a> {
    /// A path, a program in `$PATH`, a library such as `libc`, or a path with wildcards; `*` alone
    /// is everything that processes have mapped.
    pub name: &'a str,
    /// The process whose files they are: its mount namespace, and for `*` its address space.
    pub pid: Option<u32>,
}

/// A function of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFunction {
    /// Its name as linkers know it.
    pub name: String,
    /// Its address, as the file's own tables count.
    pub address: u64,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes that it takes; 0 where nobody says.
    pub size: u64,
}

impl UserFunction {
    /// Whether an address is in it.
    pub fn contains(&self, address: u64) -> bool {
        address >= self.address && address - self.address < self.size.max(1)
    }
}

/// Whether an instruction starts somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// One starts there.
    Starts,
    /// One that starts before goes on there: bytes from the function to the one before, and to
    /// the next.
    Inside(u64, u64),
    /// There is no telling.
    Unknown,
}

/// A parameter or a result of a function, from debug information.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserParameter {
    /// Its name.
    pub name: String,
    /// Its type as C writes it.
    pub declaration: String,
    /// What a program can know of it.
    pub shape: ValueShape,
}

/// The type of a value in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueShape {
    /// A truth value.
    Bool,
    /// An integer of 1, 2, 4 or 8 bytes.
    Int {
        /// Its size.
        bytes: u8,
        /// Whether it has a sign.
        signed: bool,
    },
    /// An integer with names.
    Enum {
        /// Its name.
        name: String,
        /// Its size.
        bytes: u8,
        /// The names.
        names: Vec<(i64, String)>,
    },
    /// An address, of a value of a known type or of something else.
    Pointer(Option<Box<ValueShape>>),
    /// A struct or union behind a pointer, by its name (with `struct ` or `union `).
    Composite(String),
    /// No value in an integer register: a float, or a struct by value.
    Other,
}

/// What is known of a function from debug information.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSignature {
    /// Its parameters, in order.
    pub parameters: Vec<UserParameter>,
    /// What it returns; nothing for `void`.
    pub result: Option<UserParameter>,
}

/// An executable or library.
pub trait Binary: Debug {
    /// Its path, as attach points name it in full.
    fn path(&self) -> &str;

    /// Its functions, sorted by name, each name once.
    ///
    /// # Errors
    /// When the file cannot be read or is no executable or library.
    fn functions(&self) -> Result<&[UserFunction], KernelError>;

    /// Bytes from the start of the file to an address of its code; nothing for another address.
    ///
    /// # Errors
    /// As [`Binary::functions`].
    fn file_offset(&self, address: u64) -> Result<Option<u64>, KernelError>;

    /// Whether an instruction starts so many bytes into a function.
    ///
    /// # Errors
    /// As [`Binary::functions`].
    fn boundary(&self, function: &UserFunction, offset: u64) -> Result<Boundary, KernelError>;

    /// Address and size of a variable or function, as the file's own tables count.
    ///
    /// # Errors
    /// As [`Binary::functions`].
    fn symbol(&self, name: &str) -> Result<Option<(u64, u64)>, KernelError>;

    /// Every address at which the file's own tables have a variable or function of a name, those
    /// of one thread left out. There are several where files that were linked into it each
    /// have their own.
    ///
    /// # Errors
    /// As [`Binary::functions`].
    fn addresses(&self, name: &str) -> Result<Vec<u64>, KernelError>;

    /// Its static probes.
    ///
    /// # Errors
    /// As [`Binary::functions`], and when the notes do not hold together.
    fn usdt(&self) -> Result<&[UsdtProbe], KernelError>;

    /// Addresses where the code of a source line starts. `None` without debug information.
    ///
    /// # Errors
    /// As [`Binary::functions`], and when the debug information does not hold together.
    fn line(&self, file: &str, line: u32) -> Result<Option<Vec<u64>>, KernelError>;

    /// Parameters and result of the function at an address; nothing without debug information.
    ///
    /// # Errors
    /// As [`Binary::line`].
    fn signature(&self, address: u64) -> Result<Option<UserSignature>, KernelError>;

    /// The same of many functions, in their order.
    ///
    /// # Errors
    /// As [`Binary::line`].
    fn signatures(&self, addresses: &[u64]) -> Result<Vec<Option<UserSignature>>, KernelError> {
        let addresses = addresses.iter();
        addresses.map(|address| self.signature(*address)).collect()
    }
}

/// The name of a function as people write it; nothing for one that is not mangled.
pub fn demangled(name: &str) -> Option<String> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return Some(format!("{rust:#}"));
    }
    if !name.starts_with("_Z") {
        return None;
    }
    cpp_demangle::Symbol::new(name).ok()?.demangle().ok()
}
