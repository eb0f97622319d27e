//! Reading tables that misbehave in the ways that kernel maps do.

use super::{Entry, Table, read_all};
use crate::sys::SyscallError;
use crate::sys::bpf::{Batch, BatchCursor};
use std::cell::{Cell, RefCell};

/// A table of one-byte keys whose value is twice the key, as two bytes.
#[derive(Default)]
struct Fake {
    keys: RefCell<Vec<u8>>,
    /// What a batched read fails with.
    batch_error: Option<i32>,
    /// Least number of entries that a batched read must have room for.
    bucket: usize,
    batches: Cell<usize>,
    /// A key that is deleted while the walk stands on it.
    vanishing: Cell<Option<u8>>,
    /// Whether the walk always finds a first key again.
    endless: bool,
}

impl Fake {
    fn new(keys: impl IntoIterator<Item = u8>) -> Self {
        Self {
            keys: RefCell::new(keys.into_iter().collect()),
            ..Self::default()
        }
    }
}

impl Table for Fake {
    fn key_size(&self) -> usize {
        1
    }

    fn value_size(&self) -> usize {
        2
    }

    fn lookup(&self, key: &[u8], value: &mut [u8]) -> Result<bool, SyscallError> {
        let found = self.keys.borrow().contains(&key[0]);
        value.copy_from_slice(&(2 * u16::from(key[0])).to_ne_bytes());
        if self.vanishing.get() == Some(key[0]) {
            self.keys.borrow_mut().retain(|&k| k != key[0]);
            self.vanishing.set(None);
        }
        Ok(found)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> Result<bool, SyscallError> {
        let keys = self.keys.borrow();
        let at = key.and_then(|key| keys.iter().position(|k| *k == key[0]));
        let following = match at {
            Some(at) => keys.get(at + 1).or(keys.first().filter(|_| self.endless)),
            None => keys.first(),
        };
        if let Some(&key) = following {
            next[0] = key;
        }
        Ok(following.is_some())
    }

    fn lookup_batch(
        &self,
        _: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, SyscallError> {
        if let Some(errno) = self.batch_error {
            return Err(SyscallError::new("read map `m`", errno));
        }
        if keys.len() < self.bucket {
            return Err(SyscallError::new("read map `m`", libc::ENOSPC));
        }
        let all = self.keys.borrow();
        let done = self.batches.get();
        let batch: Vec<u8> = all.iter().copied().skip(done).take(keys.len()).collect();
        for (i, key) in batch.iter().enumerate() {
            keys[i] = *key;
            self.lookup(&[*key], &mut values[2 * i..2 * i + 2])?;
        }
        self.batches.set(done + batch.len());
        Ok(Batch {
            entries: batch.len(),
            last: done + batch.len() == all.len(),
        })
    }
}

fn entry(key: u8) -> Entry {
    Entry {
        key: vec![key],
        value: (2 * u16::from(key)).to_ne_bytes().to_vec(),
    }
}

#[test]
fn batches_are_put_together() {
    let table = Fake {
        bucket: 1,
        ..Fake::new(0..=255)
    };
    let expected: Vec<Entry> = (0..=255).map(entry).collect();
    assert_eq!(read_all(&table), Ok(expected));
    assert_eq!(read_all(&Fake::new([])), Ok(vec![]));
}

#[test]
fn the_buffers_grow_until_a_bucket_fits() {
    let table = Fake {
        bucket: 1000,
        ..Fake::new([1, 2])
    };
    assert_eq!(read_all(&table), Ok(vec![entry(1), entry(2)]));
}

#[test]
fn without_batches_keys_are_walked() {
    for errno in [libc::EINVAL, libc::EOPNOTSUPP, 524] {
        let table = Fake {
            batch_error: Some(errno),
            ..Fake::new([3, 1, 2])
        };
        assert_eq!(read_all(&table), Ok(vec![entry(3), entry(1), entry(2)]));
    }
}

#[test]
fn a_key_that_vanishes_under_the_walk_neither_repeats_nor_loses_others() {
    let table = Fake {
        batch_error: Some(libc::EINVAL),
        vanishing: Cell::new(Some(2)),
        ..Fake::new([1, 2, 3])
    };
    assert_eq!(read_all(&table), Ok(vec![entry(1), entry(2), entry(3)]));
}

#[test]
fn a_walk_in_circles_ends() {
    let table = Fake {
        batch_error: Some(libc::EINVAL),
        endless: true,
        ..Fake::new([1, 2])
    };
    assert_eq!(read_all(&table), Ok(vec![entry(1), entry(2)]));
}

#[test]
fn other_failures_are_failures() {
    let table = Fake {
        batch_error: Some(libc::EPERM),
        ..Fake::new([1])
    };
    let error = SyscallError::new("read map `m`", libc::EPERM);
    assert_eq!(read_all(&table), Err(error));
}
