//! The consumer on memory that a test fills as the kernel would.

use super::{BUSY, DISCARDED, Drained, RingBuffer};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of data in the fake ring.
const SIZE: u64 = 64;

/// Memory that test and consumer share: the position, and for the producer the data behind it.
#[derive(Clone)]
struct Words(Rc<Vec<AtomicU64>>);

impl Words {
    fn new(count: usize) -> Self {
        Self(Rc::new((0..count).map(|_| AtomicU64::new(0)).collect()))
    }
}

impl AsRef<[AtomicU64]> for Words {
    fn as_ref(&self) -> &[AtomicU64] {
        &self.0
    }
}

/// The kernel's side.
struct Producer {
    consumer: Words,
    producer: Words,
}

fn ring() -> (Producer, RingBuffer<Words>) {
    let (consumer, producer) = (Words::new(1), Words::new(1 + SIZE as usize / 8));
    let ring = RingBuffer::new(consumer.clone(), producer.clone(), 1, SIZE);
    (Producer { consumer, producer }, ring)
}

impl Producer {
    /// Writes a record and moves the producer position on; tells where its header is.
    fn write(&self, bits: u32, data: &[u8]) -> u64 {
        let start = self.producer.0[0].load(Ordering::Relaxed);
        self.header(start, bits | data.len() as u32);
        for (i, chunk) in data.chunks(8).enumerate() {
            let mut word = [0xaa; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(start + 8 + 8 * i as u64, u64::from_ne_bytes(word));
        }
        let end = start + 8 + (data.len() as u64).next_multiple_of(8);
        self.producer.0[0].store(end, Ordering::Release);
        start
    }

    fn header(&self, at: u64, header: u32) {
        let mut word = [0x77; 8];
        word[..4].copy_from_slice(&header.to_ne_bytes());
        self.word(at, u64::from_ne_bytes(word));
    }

    fn word(&self, at: u64, word: u64) {
        self.producer.0[1 + (at % SIZE) as usize / 8].store(word, Ordering::Relaxed);
    }

    fn consumed(&self) -> u64 {
        self.consumer.0[0].load(Ordering::Acquire)
    }
}

fn drain(ring: &mut RingBuffer<Words>) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    ring.drain(|record| {
        records.push(record.to_vec());
        true
    });
    records
}

#[test]
fn records_come_in_order_with_their_exact_length() {
    let (producer, mut ring) = ring();
    assert_eq!(drain(&mut ring), Vec::<Vec<u8>>::new());
    producer.write(0, b"abc");
    producer.write(0, b"12345678");
    producer.write(0, b"");
    assert_eq!(drain(&mut ring), [&b"abc"[..], b"12345678", b""]);
    assert_eq!(producer.consumed(), 16 + 16 + 8);
    assert_eq!(drain(&mut ring), Vec::<Vec<u8>>::new());
}

#[test]
fn records_wrap_around_the_end() {
    let (producer, mut ring) = ring();
    for round in 0..20u8 {
        let data: Vec<u8> = (0..29).map(|i| i + round).collect();
        producer.write(0, &data);
        assert_eq!(drain(&mut ring), [data]);
    }
    assert_eq!(producer.consumed(), 20 * 40);
}

#[test]
fn a_busy_record_holds_up_those_behind_it() {
    let (producer, mut ring) = ring();
    producer.write(0, b"first");
    let busy = producer.write(BUSY, b"second");
    producer.write(0, b"third");
    assert_eq!(drain(&mut ring), [b"first"]);
    assert_eq!(producer.consumed(), busy);
    assert_eq!(drain(&mut ring), Vec::<Vec<u8>>::new());
    producer.header(busy, 6);
    assert_eq!(drain(&mut ring), [&b"second"[..], b"third"]);
}

#[test]
fn discarded_records_are_passed_over() {
    let (producer, mut ring) = ring();
    producer.write(DISCARDED, b"gone");
    producer.write(0, b"kept");
    let mut records = Vec::new();
    let drained = ring.drain(|record| {
        records.push(record.to_vec());
        true
    });
    assert_eq!(records, [b"kept"]);
    assert_eq!(
        drained,
        Drained {
            records: 1,
            bytes: 32
        }
    );
    assert_eq!(producer.consumed(), 32);
}

#[test]
fn a_drain_may_stop_early_and_goes_on_behind_what_it_read() {
    let (producer, mut ring) = ring();
    producer.write(0, b"one");
    producer.write(0, b"two");
    let drained = ring.drain(|_| false);
    assert_eq!(drained.records, 1);
    assert_eq!(producer.consumed(), 16);
    assert_eq!(drain(&mut ring), [b"two"]);
}

#[test]
fn positions_grow_past_32_bits() {
    let start = (1u64 << 32) - 16;
    let (consumer, producer) = (Words::new(1), Words::new(1 + SIZE as usize / 8));
    consumer.0[0].store(start, Ordering::Relaxed);
    producer.0[0].store(start, Ordering::Relaxed);
    let mut ring = RingBuffer::new(consumer.clone(), producer.clone(), 1, SIZE);
    let kernel = Producer { consumer, producer };
    kernel.write(0, b"before");
    kernel.write(0, b"behind");
    assert_eq!(drain(&mut ring), [b"before", b"behind"]);
    assert_eq!(kernel.consumed(), start + 32);
}

#[test]
fn a_drain_ends_even_if_records_come_as_fast_as_they_are_read() {
    let (producer, mut ring) = ring();
    producer.write(0, b"12345678");
    let drained = ring.drain(|_| {
        producer.write(0, b"12345678");
        true
    });
    let records = SIZE / 16;
    let bytes = SIZE;
    assert_eq!(drained, Drained { records, bytes });
}
