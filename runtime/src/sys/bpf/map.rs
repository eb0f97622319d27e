//! Maps: creation, and reading and writing of their entries.

use super::{Attribute, Command, address, address_mut, call, call_for_fd, object_name};
use crate::sys::{SyscallError, cpu};
use aya_obj::generated::bpf_map_type::{
    BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// What a map is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapSpec<'a> {
    /// Its name in the kernel; what does not fit is cut.
    pub(crate) name: &'a str,
    /// `enum bpf_map_type`.
    pub(crate) kind: u32,
    /// Bytes of a key.
    pub(crate) key_size: u32,
    /// Bytes of a value, on one CPU where it is per-CPU.
    pub(crate) value_size: u32,
    /// Entries at most.
    pub(crate) max_entries: u32,
    /// `BPF_F_*`.
    pub(crate) flags: u32,
}

/// An open map, and how many bytes its keys and values take on this side.
#[derive(Debug)]
pub(crate) struct Map {
    fd: OwnedFd,
    name: String,
    key_size: usize,
    value_size: usize,
}

/// What one round of a batched look-up brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// How many keys and values were written.
    pub(crate) entries: usize,
    /// Whether these were the last.
    pub(crate) last: bool,
}

#[repr(C)]
struct Create {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
    inner_map: u32,
    numa_node: u32,
    name: [u8; 16],
}

#[repr(C)]
struct Element {
    map: u32,
    pad: u32,
    key: u64,
    /// Address of the value, or of the next key.
    value: u64,
    flags: u64,
}

#[repr(C)]
struct Batched {
    cursor_in: u64,
    cursor_out: u64,
    keys: u64,
    values: u64,
    count: u32,
    map: u32,
    element_flags: u64,
    flags: u64,
}

// SAFETY: plain words without padding; `Map` fills the addresses in from slices whose lengths it
// has compared with the sizes the map was created with.
unsafe impl Attribute for Create {}
// SAFETY: as above.
unsafe impl Attribute for Element {}
// SAFETY: as above.
unsafe impl Attribute for Batched {}

impl Map {
    /// Creates a map.
    pub(crate) fn create(spec: &MapSpec<'_>) -> Result<Self, SyscallError> {
        let value_size = spec.user_value_size()?;
        let mut attribute = Create {
            kind: spec.kind,
            key_size: spec.key_size,
            value_size: spec.value_size,
            max_entries: spec.max_entries,
            flags: spec.flags,
            inner_map: 0,
            numa_node: 0,
            name: object_name(spec.name),
        };
        let fd = call_for_fd(Command::MapCreate, &mut attribute, || {
            format!("create map `{}`", spec.name)
        })?;
        Ok(Self {
            fd,
            name: spec.name.to_owned(),
            key_size: spec.key_size as usize,
            value_size,
        })
    }

    /// Bytes of a key.
    pub(crate) fn key_size(&self) -> usize {
        self.key_size
    }

    /// Bytes of a value as read and written here: for a per-CPU map, those of every possible CPU,
    /// each rounded up to 8.
    pub(crate) fn value_size(&self) -> usize {
        self.value_size
    }

    /// Reads the value of a key; false where there is none.
    pub(crate) fn lookup(&self, key: &[u8], value: &mut [u8]) -> Result<bool, SyscallError> {
        self.require(key.len() == self.key_size && value.len() == self.value_size)?;
        self.element(Command::MapLookup, address(key), address_mut(value), "read")
    }

    /// Writes the value of a key.
    pub(crate) fn update(&self, key: &[u8], value: &[u8]) -> Result<(), SyscallError> {
        self.require(key.len() == self.key_size && value.len() == self.value_size)?;
        self.element(Command::MapUpdate, address(key), address(value), "write")?;
        Ok(())
    }

    /// Removes a key; false where there is none.
    pub(crate) fn delete(&self, key: &[u8]) -> Result<bool, SyscallError> {
        self.require(key.len() == self.key_size)?;
        self.element(Command::MapDelete, address(key), 0, "delete from")
    }

    /// Removes many keys, one behind the other in `keys`; those that are not there do not matter.
    pub(crate) fn delete_batch(&self, keys: &[u8]) -> Result<(), SyscallError> {
        let size = self.key_size;
        self.require(size > 0 && keys.len().is_multiple_of(size.max(1)))?;
        let mut rest = keys;
        while !rest.is_empty() {
            let mut attribute = Batched {
                cursor_in: 0,
                cursor_out: 0,
                keys: address(rest),
                values: 0,
                count: u32::try_from(rest.len() / size).unwrap_or(u32::MAX),
                map: self.raw(),
                element_flags: 0,
                flags: 0,
            };
            // The kernel stops at a key that is not there, and says how many it has removed.
            let done = match call(Command::MapDeleteBatch, &mut attribute) {
                Ok(_) => attribute.count as usize,
                Err(libc::ENOENT) => attribute.count as usize + 1,
                // It knows no batches, or none for such a map.
                Err(libc::EINVAL | libc::EOPNOTSUPP | NOT_SUPPORTED) => {
                    self.delete(&rest[..size])?;
                    1
                }
                Err(errno) => return Err(self.error("delete from", errno)),
            };
            let bytes = done.max(1).saturating_mul(size).min(rest.len());
            rest = &rest[bytes..];
        }
        Ok(())
    }

    /// Writes the key behind `key` (the first one where `key` is nothing or is gone); false behind
    /// the last.
    pub(crate) fn next_key(
        &self,
        key: Option<&[u8]>,
        next: &mut [u8],
    ) -> Result<bool, SyscallError> {
        self.require(key.is_none_or(|k| k.len() == self.key_size) && next.len() == self.key_size)?;
        let key = key.map_or(0, |k| address(k));
        self.element(Command::MapNextKey, key, address_mut(next), "walk")
    }

    /// Reads many entries of a hash map at once, from where `cursor` stands, and moves the cursor
    /// on. `ENOSPC` says that the buffers must be longer to take a whole bucket.
    pub(crate) fn lookup_batch(
        &self,
        cursor: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, SyscallError> {
        let room = keys.len() / self.key_size.max(1);
        self.require(values.len() >= room * self.value_size && self.key_size > 0)?;
        cursor.bytes.resize(self.key_size.max(8), 0);
        let position = address_mut(cursor.bytes.as_mut_slice());
        let mut attribute = Batched {
            cursor_in: if cursor.started { position } else { 0 },
            cursor_out: position,
            keys: address_mut(keys),
            values: address_mut(values),
            count: u32::try_from(room).unwrap_or(u32::MAX),
            map: self.raw(),
            element_flags: 0,
            flags: 0,
        };
        let last = match call(Command::MapLookupBatch, &mut attribute) {
            Ok(_) => false,
            Err(libc::ENOENT) => true,
            Err(errno) => return Err(self.error("read", errno)),
        };
        cursor.started = true;
        Ok(Batch {
            entries: attribute.count as usize,
            last,
        })
    }

    /// Makes the map read-only for user space, so that the verifier may take its contents as
    /// constants.
    pub(crate) fn freeze(&self) -> Result<(), SyscallError> {
        let mut attribute = Element {
            map: self.raw(),
            pad: 0,
            key: 0,
            value: 0,
            flags: 0,
        };
        call(Command::MapFreeze, &mut attribute)
            .map(drop)
            .map_err(|errno| self.error("freeze", errno))
    }

    /// A command on one element; false where there is no such element.
    fn element(
        &self,
        command: Command,
        key: u64,
        value: u64,
        verb: &str,
    ) -> Result<bool, SyscallError> {
        let mut attribute = Element {
            map: self.raw(),
            pad: 0,
            key,
            value,
            flags: 0,
        };
        match call(command, &mut attribute) {
            Ok(_) => Ok(true),
            Err(libc::ENOENT) => Ok(false),
            Err(errno) => Err(self.error(verb, errno)),
        }
    }

    /// Refuses buffers of wrong length, which the kernel would overrun.
    fn require(&self, fits: bool) -> Result<(), SyscallError> {
        if fits {
            Ok(())
        } else {
            Err(self.error("use", libc::EINVAL))
        }
    }

    fn raw(&self) -> u32 {
        self.fd.as_raw_fd().cast_unsigned()
    }

    fn error(&self, verb: &str, errno: i32) -> SyscallError {
        SyscallError::new(format!("{verb} map `{}`", self.name), errno)
    }
}

/// `ENOTSUPP`, which only the kernel has a name for.
const NOT_SUPPORTED: i32 = 524;

/// Where a batched look-up stands. Made new, it stands at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchCursor {
    started: bool,
    bytes: Vec<u8>,
}

impl AsFd for Map {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl MapSpec<'_> {
    fn user_value_size(&self) -> Result<usize, SyscallError> {
        let size = self.value_size as usize;
        let per_cpu = [
            BPF_MAP_TYPE_PERCPU_HASH as u32,
            BPF_MAP_TYPE_PERCPU_ARRAY as u32,
            BPF_MAP_TYPE_LRU_PERCPU_HASH as u32,
        ];
        if per_cpu.contains(&self.kind) {
            Ok(size.next_multiple_of(8) * cpu::possible()?)
        } else {
            Ok(size)
        }
    }
}
