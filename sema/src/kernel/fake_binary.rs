//! Executables and libraries made of fixtures.

use super::usdt::UsdtProbe;
use super::{Binary, Boundary, KernelError, UserFunction, UserSignature};
use std::collections::BTreeMap;

/// A [`Binary`] that has just what it was told. Addresses are offsets from the start of the file.
#[derive(Clone, Debug, Default)]
pub struct FakeBinary {
    /// Its path.
    pub path: String,
    /// Its functions, sorted by name.
    pub functions: Vec<UserFunction>,
    /// Where instructions start, where that is known.
    pub instructions: Vec<u64>,
    /// Where it has code that belongs to no function.
    pub outside: Vec<u64>,
    /// Its variables: names and addresses.
    pub variables: Vec<(String, u64)>,
    /// Its static probes.
    pub usdt: Vec<UsdtProbe>,
    /// Its lines: file, number, addresses.
    pub lines: Vec<(String, u32, Vec<u64>)>,
    /// What is known of functions, by address.
    pub signatures: BTreeMap<u64, UserSignature>,
}

impl Binary for FakeBinary {
    fn path(&self) -> &str {
        &self.path
    }

    fn functions(&self) -> Result<&[UserFunction], KernelError> {
        Ok(&self.functions)
    }

    fn file_offset(&self, address: u64) -> Result<Option<u64>, KernelError> {
        let within = |f: &&UserFunction| f.contains(address);
        let is_code = self.functions.iter().any(|f| within(&f)) || self.outside.contains(&address);
        Ok(is_code.then_some(address))
    }

    fn boundary(&self, function: &UserFunction, offset: u64) -> Result<Boundary, KernelError> {
        let at = function.address + offset;
        let next = self.instructions.iter().find(|start| **start > at);
        let before = self.instructions.iter().rfind(|start| **start <= at);
        Ok(match (before, next) {
            (Some(before), _) if *before == at => Boundary::Starts,
            (Some(before), Some(next)) => {
                Boundary::Inside(before - function.address, next - function.address)
            }
            _ => Boundary::Unknown,
        })
    }

    fn symbol(&self, name: &str) -> Result<Option<(u64, u64)>, KernelError> {
        let found = self.functions.iter().find(|function| function.name == name);
        Ok(found.map(|function| (function.address, function.size)))
    }

    fn addresses(&self, name: &str) -> Result<Vec<u64>, KernelError> {
        let found = self.variables.iter().filter(|(known, _)| known == name);
        Ok(found.map(|(_, address)| *address).collect())
    }

    fn usdt(&self) -> Result<&[UsdtProbe], KernelError> {
        Ok(&self.usdt)
    }

    fn line(&self, file: &str, line: u32) -> Result<Option<Vec<u64>>, KernelError> {
        if self.lines.is_empty() {
            return Ok(None);
        }
        let found = self
            .lines
            .iter()
            .filter(|(f, l, _)| f == file && *l == line);
        Ok(Some(found.flat_map(|(_, _, at)| at.clone()).collect()))
    }

    fn signature(&self, address: u64) -> Result<Option<UserSignature>, KernelError> {
        Ok(self.signatures.get(&address).cloned())
    }
}
