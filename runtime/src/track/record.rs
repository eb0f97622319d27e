//! Records that the kernel writes of mappings and processes: `linux/perf_event.h`.

/// What a record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// `PERF_RECORD_MMAP2`: code was mapped.
    Mapped {
        pid: u32,
        start: u64,
        length: u64,
        offset: u64,
        inode: u64,
        name: String,
    },
    /// `PERF_RECORD_FORK`: a process has a child.
    Forked { pid: u32, parent: u32 },
    /// `PERF_RECORD_LOST`: the ring was full.
    Lost,
}

const MMAP2: u32 = 10;
const FORK: u32 = 7;
const LOST: u32 = 2;

/// Bytes of `struct perf_event_header`.
pub(super) const HEADER: usize = 8;
/// Bytes at the end of each record: the time.
const TRAILER: usize = 8;

/// Reads a record without its header, and the time it was written.
pub(super) fn parse(kind: u32, body: &[u8]) -> Option<(u64, Record)> {
    let at = body.len().checked_sub(TRAILER)?;
    let time = word(body, at)?;
    let body = &body[..at];
    let record = match kind {
        MMAP2 => Record::Mapped {
            pid: half(body, 0)?,
            start: word(body, 8)?,
            length: word(body, 16)?,
            offset: word(body, 24)?,
            // Major and minor number of the device come first, its generation behind.
            inode: word(body, 40)?,
            // Protection and flags are before it.
            name: text(body.get(64..)?),
        },
        FORK => Record::Forked {
            pid: half(body, 0)?,
            parent: half(body, 4)?,
        },
        LOST => Record::Lost,
        _ => return None,
    };
    Some((time, record))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read() {
        let mut body = Vec::new();
        for half in [7u32, 8] {
            body.extend(half.to_ne_bytes());
        }
        for word in [0x1000u64, 0x200, 0x3000, 0, 99, 0, 5] {
            body.extend(word.to_ne_bytes());
        }
        body.extend(b"/bin/x\0\0");
        body.extend(1234u64.to_ne_bytes());
        let expected = Record::Mapped {
            pid: 7,
            start: 0x1000,
            length: 0x200,
            offset: 0x3000,
            inode: 99,
            name: "/bin/x".to_owned(),
        };
        assert_eq!(parse(MMAP2, &body), Some((1234, expected)));
        for cut in 0..body.len() {
            // Never a panic.
            drop(parse(MMAP2, &body[..cut]));
        }
        assert_eq!(parse(MMAP2, &[0; 20]), None);
        assert_eq!(parse(99, &[0; 64]), None);
    }
}
