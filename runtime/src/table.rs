//! Reading a kernel map whole, while programs go on changing it.

use crate::sys::SyscallError;
use crate::sys::bpf::{Batch, BatchCursor, Map};
use std::collections::HashSet;

/// A key and its value, or the values of all CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key's bytes.
    pub(crate) key: Vec<u8>,
    /// The value's bytes.
    pub(crate) value: Vec<u8>,
}

/// A map that can be walked.
pub(crate) trait Table {
    /// Bytes of a key.
    fn key_size(&self) -> usize;
    /// Bytes of a value, or of the values of all CPUs.
    fn value_size(&self) -> usize;
    /// See [`Map::lookup`].
    fn lookup(&self, key: &[u8], value: &mut [u8]) -> Result<bool, SyscallError>;
    /// See [`Map::next_key`].
    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> Result<bool, SyscallError>;
    /// See [`Map::lookup_batch`].
    fn lookup_batch(
        &self,
        cursor: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, SyscallError>;
}

impl Table for Map {
    fn key_size(&self) -> usize {
        Map::key_size(self)
    }

    fn value_size(&self) -> usize {
        Map::value_size(self)
    }

    fn lookup(&self, key: &[u8], value: &mut [u8]) -> Result<bool, SyscallError> {
        Map::lookup(self, key, value)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> Result<bool, SyscallError> {
        Map::next_key(self, key, next)
    }

    fn lookup_batch(
        &self,
        cursor: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, SyscallError> {
        Map::lookup_batch(self, cursor, keys, values)
    }
}

/// Entries that a batched read has room for at first, and bytes that their values may take.
const FIRST_BATCH: usize = 256;
const FIRST_BATCH_BYTES: usize = 1 << 20;

/// Every entry: those that are there all the time once each, others perhaps.
pub(crate) fn read_all(table: &impl Table) -> Result<Vec<Entry>, SyscallError> {
    match read_batched(table) {
        // What kernels say that have no batches, or none for this kind of map: `ENOTSUPP` is the
        // kernel's own 524.
        Err(error) if matches!(error.errno, libc::EINVAL | libc::EOPNOTSUPP | 524) => {
            read_one_by_one(table)
        }
        result => result,
    }
}

/// Whole buckets of a hash at a time, each of them locked while it is copied, so that no entry is
/// missed or seen twice.
fn read_batched(table: &impl Table) -> Result<Vec<Entry>, SyscallError> {
    let mut entries = Vec::new();
    let (key_size, value_size) = (table.key_size().max(1), table.value_size().max(1));
    let mut room = (FIRST_BATCH_BYTES / value_size).clamp(1, FIRST_BATCH);
    let mut cursor = BatchCursor::default();
    let mut keys = Vec::new();
    let mut values = Vec::new();
    loop {
        keys.resize(room * key_size, 0);
        values.resize(room * value_size, 0);
        let batch = match table.lookup_batch(&mut cursor, &mut keys, &mut values) {
            Ok(batch) => batch,
            // A bucket holds more entries than there is room for.
            Err(error) if error.errno == libc::ENOSPC => {
                room *= 2;
                continue;
            }
            Err(error) => return Err(error),
        };
        let keys = keys.chunks_exact(key_size);
        let values = values.chunks_exact(value_size);
        entries.extend(
            keys.zip(values)
                .take(batch.entries)
                .map(|(key, value)| Entry {
                    key: key.to_vec(),
                    value: value.to_vec(),
                }),
        );
        if batch.last {
            return Ok(entries);
        }
    }
}

/// From key to key. When the key that we stand on is deleted, the kernel starts again from the
/// first one, so keys that come again are skipped, and the walk is cut off where it seems to go
/// round in circles.
fn read_one_by_one(table: &impl Table) -> Result<Vec<Entry>, SyscallError> {
    const REPEATS: usize = 100_000;
    let mut entries = Vec::new();
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut repeats = 0;
    let mut key = vec![0u8; table.key_size()];
    let mut previous: Option<Vec<u8>> = None;
    while repeats < REPEATS && table.next_key(previous.as_deref(), &mut key)? {
        if seen.insert(key.clone()) {
            let mut value = vec![0u8; table.value_size()];
            // It may have been deleted since.
            if table.lookup(&key, &mut value)? {
                entries.push(Entry {
                    key: key.clone(),
                    value,
                });
            }
        } else {
            repeats += 1;
        }
        previous = Some(key.clone());
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
