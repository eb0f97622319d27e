//! The form of an entry: a mark, a digest of what follows, and the rest in postcard.

use super::digest;
use crate::host::Fact;
use codegen::Object;
use serde::{Deserialize, Serialize};
use std::io;

/// Changes with the form of an entry. That of the object has the program in the key.
const MARK: &[u8; 8] = b"strobe\x00\x01";
const HEADER: usize = MARK.len() + 8;

/// An entry as read.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    pub(super) facts: Vec<Fact>,
    pub(super) object: Object,
}

/// The same to be written, without a copy.
#[derive(Serialize)]
struct Borrowed<'a> {
    key: &'a [u8],
    facts: &'a [Fact],
    object: &'a Object,
}

impl Entry {
    /// The bytes of an entry.
    pub(super) fn encode(key: &[u8], facts: &[Fact], object: &Object) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; HEADER];
        let entry = Borrowed { key, facts, object };
        postcard::to_io(&entry, &mut bytes).map_err(io::Error::other)?;
        bytes[..MARK.len()].copy_from_slice(MARK);
        let digest = digest(&bytes[HEADER..]);
        bytes[MARK.len()..HEADER].copy_from_slice(&digest.to_le_bytes());
        Ok(bytes)
    }

    /// The entry that bytes hold; nothing where they are damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        if mark != MARK || u64::from_le_bytes(*sum) != digest(rest) {
            return None;
        }
        postcard::from_bytes(rest).ok()
    }
}
