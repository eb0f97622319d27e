//! What did not come through, as it is told: how much, why, and what to do about it.

use crate::sys::describe;
use codegen::object::SourceSpan;
use std::fmt;

/// Something that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loss<'a> {
    /// Events that found the ring buffer full.
    Events {
        /// How many.
        count: u64,
        /// Pages of ring buffer for each CPU.
        pages: u32,
    },
    /// Events that were strobe's own doing, and more than are printed.
    Own {
        /// How many.
        count: u64,
    },
    /// Insertions into a map that was full.
    MapFull {
        /// The map.
        map: &'a str,
        /// How many.
        count: u64,
        /// How many keys it has room for.
        room: u32,
    },
    /// Insertions into a map that was not full, but in use, or for which no memory was at hand.
    MapBusy {
        /// The map.
        map: &'a str,
        /// How many.
        count: u64,
    },
    /// Loops that the kernel cut.
    LoopCut {
        /// How many.
        count: u64,
    },
    /// Runs of a probe that the kernel left out.
    Missed {
        /// The probe.
        probe: &'a str,
        /// How many.
        count: u64,
    },
    /// Strings that were printed, and had been cut.
    Cut {
        /// How many.
        count: u64,
        /// Bytes that were kept of each.
        length: u32,
    },
    /// Calls of a helper that failed.
    Calls {
        /// Where in the script.
        place: String,
        /// The helper.
        helper: &'a str,
        /// The negative error number.
        error: i32,
        /// How many.
        count: u64,
    },
}

impl fmt::Display for Loss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Events { count, pages } => write!(
                f,
                "lost {count} event{}: the ring buffer was full (raise `perf_rb_pages`, now {pages})",
                s(*count)
            ),
            Loss::Own { count } => write!(
                f,
                "left out {count} event{} of what strobe itself did: printing them makes more of them (leave it out with `/comm != \"strobe\"/`)",
                s(*count)
            ),
            Loss::MapFull { map, count, room } => write!(
                f,
                "{count} insertion{} into `{map}` {} refused: the map was full (raise `max_map_keys`, \
                 or the size that the script declares for it, now {room})",
                s(*count),
                were(*count)
            ),
            Loss::MapBusy { map, count } => write!(
                f,
                "{count} insertion{} into `{map}` {} refused: an interrupted probe was changing the map, or the kernel had no memory at hand",
                s(*count),
                were(*count)
            ),
            Loss::LoopCut { count } => write!(
                f,
                "{count} loop{} {} cut after 8388608 rounds: the kernel runs no more (put one loop into another, or do less in one event)",
                s(*count),
                were(*count)
            ),
            Loss::Missed { probe, count } => write!(
                f,
                "`{probe}` missed {count} event{}: they came while a probe ran on the same CPU",
                s(*count)
            ),
            Loss::Cut { count, length } => write!(
                f,
                "{count} string{} {} cut after {length} bytes (raise `max_strlen`, or give `str` a length)",
                s(*count),
                were(*count)
            ),
            Loss::Calls {
                place,
                helper,
                error,
                count,
            } => write!(
                f,
                "{count} call{} of {helper} failed at {place}: {}",
                s(*count),
                describe(error.saturating_neg())
            ),
        }
    }
}

fn s(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A call of a helper that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedCall<'a> {
    /// Its name.
    pub(crate) helper: &'static str,
    /// The negative error number.
    pub(crate) error: i32,
    /// Where in the script.
    pub(crate) span: SourceSpan,
    /// The line of the script, and how many characters of it stand before the place and are it.
    pub(crate) line: Option<(&'a str, usize, usize)>,
}

impl fmt::Display for FailedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { helper, error, .. } = self;
        let reason = describe(error.saturating_neg());
        write!(f, "Failed to {helper}: {reason} ({error})")?;
        match self.line {
            Some((line, before, length)) => {
                write!(f, "\n{line}\n{:before$}{}", "", "~".repeat(length.max(1)))
            }
            None => Ok(()),
        }
    }
}

fn were(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}
