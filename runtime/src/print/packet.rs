//! Files of packets, in the form that tcpdump reads: `pcap-savefile(5)`, with nanoseconds.

use crate::sys::describe_io;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// A packet, or the first bytes of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub(crate) time: u64,
    /// How many bytes it had.
    pub(crate) length: u64,
    /// Those of them that are known.
    pub(crate) bytes: &'a [u8],
}

/// The files of a run, by name; nothing for those that could not be written.
#[derive(Default)]
pub(super) struct Files(HashMap<String, Option<Box<dyn Write>>>);

/// What a file begins with: the number that says what it is, version 2.4, two words of no meaning,
/// bytes of a packet at most, and that packets begin with their IP header (`LINKTYPE_RAW`).
const HEADER: [u32; 6] = [0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 1 << 18, 101];

impl Files {
    /// Adds a packet to a file, which is made when its first packet comes. The reason of a failure
    /// is given once.
    pub(super) fn add(&mut self, name: &str, packet: &Packet<'_>) -> Result<(), String> {
        if !self.0.contains_key(name) {
            let made = create(name);
            let failure = made.as_ref().err().map(describe_io);
            self.0.insert(name.to_owned(), made.ok());
            if let Some(reason) = failure {
                return Err(reason);
            }
        }
        let Some(Some(file)) = self.0.get_mut(name) else {
            return Ok(());
        };
        write(file, packet).map_err(|error| {
            self.0.insert(name.to_owned(), None);
            describe_io(&error)
        })
    }

    /// Writes what has gathered; names the files for which that failed, and why.
    pub(super) fn flush(&mut self) -> Vec<(String, String)> {
        let mut failed = Vec::new();
        for (name, slot) in &mut self.0 {
            if let Some(Err(error)) = slot.as_mut().map(|file| file.flush()) {
                *slot = None;
                failed.push((name.clone(), describe_io(&error)));
            }
        }
        failed
    }
}

fn create(name: &str) -> io::Result<Box<dyn Write>> {
    let mut file = BufWriter::new(File::create(name)?);
    for word in HEADER {
        file.write_all(&word.to_ne_bytes())?;
    }
    Ok(Box::new(file))
}

fn write(file: &mut dyn Write, packet: &Packet<'_>) -> io::Result<()> {
    const SECOND: u64 = 1_000_000_000;
    let known = packet.bytes.len() as u64;
    let words = [
        packet.time / SECOND,
        packet.time % SECOND,
        known,
        packet.length.max(known),
    ];
    for word in words {
        let word = u32::try_from(word).unwrap_or(u32::MAX);
        file.write_all(&word.to_ne_bytes())?;
    }
    file.write_all(packet.bytes)
}
