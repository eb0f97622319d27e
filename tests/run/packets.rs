//! Files of packets: what `skboutput` writes of datagrams whose bytes are known.

use crate::calls::{DATAGRAM, HEADERS};
use crate::execute::{Place, missing, strobe};
use crate::running::{Ended, Running};
use libtest_mimic::{Completion, Failed, Trial};
use rustix::process::Signal;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Datagrams that are sent.
const SENT: usize = 20;

/// The cases.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::ignorable_test("packets: whole ones", whole),
        Trial::ignorable_test("packets: a part of each", parts),
        Trial::ignorable_test("packets: longer than they are", too_long),
        Trial::ignorable_test("packets: a file that cannot be made", no_file),
    ]
}

/// A packet as it is in a file: seconds, bytes before they were cut, and the bytes.
type Packet = (u64, usize, Vec<u8>);

fn whole() -> Result<Completion, Failed> {
    check("args.skb.len, 0", |(time, length, bytes)| {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let content = bytes.get(HEADERS..).unwrap_or_default();
        // Version 4, a header of 20 bytes; of the protocol UDP.
        bytes.first() == Some(&0x45)
            && bytes.get(9) == Some(&17)
            && content == DATAGRAM
            && *length == bytes.len()
            && now.as_secs().abs_diff(*time) < 60
    })
}

fn parts() -> Result<Completion, Failed> {
    check("6, 28", |(_, length, bytes)| {
        *length == 6 && bytes == &DATAGRAM[..6]
    })
}

fn too_long() -> Result<Completion, Failed> {
    check("9000, 28", |(_, length, bytes)| {
        *length == 9000 && bytes == DATAGRAM
    })
}

fn check(range: &str, fits: impl Fn(&Packet) -> bool) -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let (place, file) = place();
    let ended = trace(&place, &file.to_string_lossy(), range)?;
    let bytes = std::fs::read(&file).map_err(|e| format!("{e}: {}", ended.stderr))?;
    let packets = packets(&bytes).ok_or("the file is no file of packets")?;
    let _ = std::fs::remove_file(&file);
    if ended.stdout.trim() != format!("@[0]: {SENT}") || packets.len() != SENT {
        return Err(format!("{} packets, {}", packets.len(), ended.stdout).into());
    }
    match packets.iter().find(|packet| !fits(packet)) {
        Some(packet) => Err(format!("not as it was sent: {packet:x?}").into()),
        None => Ok(Completion::Completed),
    }
}

fn no_file() -> Result<Completion, Failed> {
    if let Some(reason) = missing() {
        return Ok(Completion::ignored_with(reason));
    }
    let ended = trace(&place().0, "/no/such/folder/file", "1, 0")?;
    let told = "strobe: cannot write packets to `/no/such/folder/file`: No such file or directory";
    match ended.stderr.lines().filter(|line| *line == told).count() {
        1 => Ok(Completion::Completed),
        _ => Err(ended.stderr.into()),
    }
}

fn place() -> (Place, PathBuf) {
    let place = Place::new();
    let file = std::env::temp_dir().join(format!("strobe-{}.pcap", place.name));
    (place, file)
}

/// Traces the datagrams of a workload, which the kernel receives as it sends them.
fn trace(place: &Place, file: &str, range: &str) -> Result<Ended, Failed> {
    let script = format!(
        "rawtracepoint:netif_receive_skb /comm == \"{}\"/ {{ \
         @[skboutput(\"{file}\", args.skb, {range})] = count(); }}",
        place.name
    );
    let running = Running::start(strobe().args(["-e", &script]))?;
    running.wait_attached()?;
    let words = ["datagram", &SENT.to_string(), "1"].map(str::to_owned);
    if !place.workload(&words).status()?.success() {
        return Err("the workload failed".into());
    }
    running.signal(Signal::INT)?;
    Ok(running.end()?)
}

/// The packets of a file in the form of `pcap-savefile(5)`, with nanoseconds.
fn packets(file: &[u8]) -> Option<Vec<Packet>> {
    let word = |at: usize| {
        let bytes = file.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    let (magic, link) = (word(0)?, word(20)?);
    if (magic, link) != (0xa1b2_3c4d, 101) {
        return None;
    }
    let mut packets = Vec::new();
    let mut at = 24;
    while at < file.len() {
        let (kept, length) = (word(at + 8)? as usize, word(at + 12)? as usize);
        let bytes = file.get(at + 16..at + 16 + kept)?;
        packets.push((word(at)?.into(), length, bytes.to_vec()));
        at += 16 + kept;
    }
    Some(packets)
}
