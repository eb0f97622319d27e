//! The consumer's side of the kernel's ring buffer (`kernel/bpf/ringbuf.c`).
//!
//! Memory layout: a page that starts with the consumer position, which we write; a page that
//! starts with the producer position, and behind it the data, both the kernel's. Positions are
//! byte counts that only grow; the data's size, a power of two, takes the rest of a division by
//! it. A record starts at a multiple of 8 with a header word: 30 bits of length, a discard and a
//! busy bit in its lower half.
//!
//! Orderings: the kernel publishes a record by clearing the busy bit after writing the bytes, so
//! an acquire fence behind the load of the header makes the bytes visible; it reserves space
//! after loading the consumer position, so that position is stored with release, when the bytes
//! behind it have been read.

use crate::sys::SyscallError;
use crate::sys::memory::{Access, SharedMemory, page_size};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// `BPF_RINGBUF_BUSY_BIT`: reserved but not submitted yet.
const BUSY: u32 = 1 << 31;
/// `BPF_RINGBUF_DISCARD_BIT`: reserved and given up.
const DISCARDED: u32 = 1 << 30;
/// `BPF_RINGBUF_HDR_SZ`
const HEADER: u64 = 8;
const WORD: u64 = 8;

/// A ring buffer, over mapped memory or, in tests, over a vector of atomics.
#[derive(Debug)]
pub(crate) struct RingBuffer<M> {
    /// Its first word is the consumer position.
    consumer: M,
    /// Its first word is the producer position; the data starts at `data_start`.
    producer: M,
    /// Index of the word at which the data starts in `producer`.
    data_start: usize,
    /// Bytes of data, a power of two.
    size: u64,
    /// Where we stand.
    position: u64,
    /// The consumer position that the kernel knows.
    published: u64,
    /// The last record, and room.
    record: Vec<u8>,
}

/// What a drain came across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Records, discarded ones not counted.
    pub(crate) records: u64,
    /// Bytes of the ring that were freed.
    pub(crate) bytes: u64,
}

impl RingBuffer<SharedMemory> {
    /// Maps the ring buffer of this many bytes.
    pub(crate) fn map(map: BorrowedFd<'_>, size: u32) -> Result<Self, SyscallError> {
        let page = page_size();
        let consumer = SharedMemory::map(map, 0, page, Access::ReadWrite)?;
        // The kernel maps the data twice in a row, for consumers that want each record in one
        // piece. We copy word by word and need it once.
        let producer = SharedMemory::map(map, page, page + size as usize, Access::Read)?;
        Ok(Self::new(consumer, producer, page / 8, size.into()))
    }
}

impl<M: AsRef<[AtomicU64]>> RingBuffer<M> {
    fn new(consumer: M, producer: M, data_start: usize, size: u64) -> Self {
        let position = consumer.as_ref()[0].load(Ordering::Relaxed);
        Self {
            consumer,
            producer,
            data_start,
            size,
            position,
            published: position,
            record: Vec::new(),
        }
    }

    /// Bytes of data that it holds at most.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Hands out submitted records in order, up to the first one that is still being written, and
    /// no more than a full ring of them, however fast new ones come. `each` may end the drain early
    /// by returning false; its record counts as read.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> Drained {
        let start = self.position;
        let mut records = 0;
        let mut go_on = true;
        // Loaded anew when all before it is read: the kernel writes it for each record, and a look
        // at it takes the cache line away from where the next event happens.
        let mut end = start;
        while go_on && self.position - start < self.size {
            if self.position == end {
                end = self.producer_position();
            }
            if self.position == end {
                break;
            }
            let header = self.header();
            if header & BUSY != 0 {
                break;
            }
            let length = header & !(BUSY | DISCARDED);
            if header & DISCARDED == 0 {
                self.copy_record(length);
                go_on = each(&self.record[..length as usize]);
                records += 1;
            }
            self.position += (u64::from(length) + HEADER).next_multiple_of(WORD);
            // Publishing each position would bounce the cache line; too rarely, starve the kernel.
            if self.position - self.published >= self.size / 16 {
                self.publish();
            }
        }
        self.publish();
        Drained {
            records,
            bytes: self.position - start,
        }
    }

    fn producer_position(&self) -> u64 {
        self.producer.as_ref()[0].load(Ordering::Acquire)
    }

    fn publish(&mut self) {
        if self.published != self.position {
            self.published = self.position;
            self.consumer.as_ref()[0].store(self.position, Ordering::Release);
        }
    }

    /// The header word at our position. The memory is mapped read-only, where Rust allows relaxed
    /// loads alone: a fence makes it an acquire.
    fn header(&self) -> u32 {
        let word = self.word(self.position);
        fence(Ordering::Acquire);
        let [a, b, c, d, ..] = word.to_ne_bytes();
        u32::from_ne_bytes([a, b, c, d])
    }

    /// Fetches a record, whose last word is fetched whole.
    fn copy_record(&mut self, length: u32) {
        let bytes = (length as usize).next_multiple_of(WORD as usize);
        if self.record.len() < bytes {
            self.record.resize(bytes, 0);
        }
        let data = &self.producer.as_ref()[self.data_start..];
        let data = &data[..data.len().min((self.size / WORD) as usize)];
        // What does not fit behind the start goes on at the front.
        let (front, back) = data.split_at(self.index(self.position + HEADER));
        let record = &mut self.record[..bytes];
        let (start, rest) = record.split_at_mut(bytes.min(8 * back.len()));
        copy_words(start, back);
        copy_words(rest, front);
    }

    fn word(&self, position: u64) -> u64 {
        self.producer.as_ref()[self.data_start + self.index(position)].load(Ordering::Relaxed)
    }

    /// The word of the data that a position is at.
    fn index(&self, position: u64) -> usize {
        ((position & (self.size - 1)) / WORD) as usize
    }
}

fn copy_words(to: &mut [u8], from: &[AtomicU64]) {
    let (words, _) = to.as_chunks_mut();
    for (bytes, word) in words.iter_mut().zip(from) {
        *bytes = word.load(Ordering::Relaxed).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests;
