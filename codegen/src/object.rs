//! What codegen hands to the runtime: complete in itself, so that it can be cached or shipped.
//!
//! Needs no LLVM and refers to no source: loading an [`Object`] takes nothing but the kernel.

use sema::ir::{AttachTarget, Config, EventKind, MapId, MapValue, ProgramType, Target, Type};
use serde::{Deserialize, Serialize};

/// Version of the manifest's form; another one is refused.
pub const MANIFEST_VERSION: u32 = 4;

/// A compiled script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// eBPF ELF: a section a program, the legacy `maps` section, `.BTF` and `.BTF.ext`.
    pub elf: Vec<u8>,
    /// What the ELF cannot say.
    pub manifest: Manifest,
}

/// What the runtime must know of a compiled script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub version: u32,
    /// The programs, in the order in which they attach.
    pub programs: Vec<Program>,
    /// The kernel maps, those of the script first: [`MapId`] is an index into this list.
    pub maps: Vec<Map>,
    /// The kinds of ring-buffer records, by event id.
    pub events: Vec<Event>,
    /// The settings of the script.
    pub config: Config,
    /// Functions that patterns match and that are left out, for they must not be traced.
    pub excluded: Vec<String>,
    /// The source texts, by file id, for reports of what the verifier refuses.
    pub sources: Vec<Source>,
}

/// A program of the ELF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The symbol of the program in the ELF, and its name in the kernel.
    pub symbol: String,
    /// Its kernel type, whatever the ELF section is called.
    pub kind: ProgramType,
    /// Where it attaches.
    pub targets: Vec<Target>,
    /// The clause in the source.
    pub span: SourceSpan,
}

/// A kernel map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// Its symbol in the ELF, and its name in the kernel (at most 15 bytes).
    pub symbol: String,
    /// What it is for.
    pub role: MapRole,
    /// The kernel map type, `enum bpf_map_type` of `linux/bpf.h`.
    pub kind: u32,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value (on one CPU, where it is per-CPU).
    pub value_size: u32,
    /// Entries at most. For the ring buffer: bytes, 0 where the runtime chooses from the config.
    pub max_entries: u32,
    /// `BPF_F_*` flags of map creation.
    pub flags: u32,
}

/// What a kernel map is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapRole {
    /// A map of the script.
    Script {
        /// Name with its `@`.
        name: String,
        /// Type of the key; nothing for a scalar map.
        key: Option<Type>,
        /// What it holds.
        value: MapValue,
    },
    /// A part of a map of the script: entries whose keys have zeros from `key_size` of this map on,
    /// without these.
    Short {
        /// The map of the script.
        of: MapId,
    },
    /// The ring buffer.
    Ring,
    /// Array of one element, memory-mapped: [`Control`].
    Control,
    /// Array of one element, frozen before the programs load: [`Globals`].
    Globals,
    /// Values too big for the stack: a per-CPU array with an element for each program that needs
    /// it, or an array with one for each CPU.
    Scratch,
    /// Array, filled before the programs load: [`Names`]. (The kernel does not load a program that
    /// uses a frozen array of several elements that programs may not write.)
    Names,
}

/// Layout of the map of names: [`Names::PER_TARGET`] elements a target of all programs in their
/// order, which also is the target's cookie. Each is a text that ends with a NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names;

impl Names {
    /// Elements of a target.
    pub const PER_TARGET: u32 = 2;
    /// The element of these that is the probe's full name.
    pub const PROBE: u32 = 0;
    /// The element that is the name of the function.
    pub const FUNCTION: u32 = 1;
}

/// Layout of the section of an object in which programs count what was lost: `u64` counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health;

impl Health {
    /// Name of the section, which becomes an array of one element.
    pub const SECTION: &str = ".data.health";
    /// Index of the counter of records that found the ring full.
    pub const RING_LOST: u32 = 0;
    /// Index of the counter of loops that were cut because they had too many rounds.
    pub const LOOP_CUT: u32 = 1;
    /// How many counters there are before those of the maps.
    const FIXED: u32 = 2;

    /// Index of the counter of insertions into a script map that the kernel refused although it was
    /// not full: the program had interrupted another one that was changing the same part of it, or
    /// no memory was at hand.
    pub fn map_busy(map: MapId) -> u32 {
        Self::FIXED + 2 * map.0
    }

    /// Index of the counter of those that it refused because the map was full.
    pub fn map_refused(map: MapId) -> u32 {
        Self::map_busy(map) + 1
    }

    /// Bytes of the section for a script with this many maps.
    pub fn size(maps: u32) -> u32 {
        8 * (Self::FIXED + 2 * maps)
    }
}

/// Layout of the control map's value: what programs tell user space apart from records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control;

impl Control {
    /// Offset of a `u32` that becomes 1 when a program asks for the end.
    pub const EXIT: u32 = 0;
    /// Offset of the `i32` exit code.
    pub const EXIT_CODE: u32 = 4;
    /// Bytes of the value.
    pub const SIZE: u32 = 8;
}

/// Layout of the globals map's value: what user space tells programs before they load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Globals;

impl Globals {
    /// Offset of the `u64` start of the run, nanoseconds of `CLOCK_MONOTONIC`.
    pub const START_NS: u32 = 0;
    /// Offset of the `u64` that makes nanoseconds since 1970 of those of `CLOCK_BOOTTIME`.
    pub const WALL_NS: u32 = 8;
    /// Bytes of the value.
    pub const SIZE: u32 = 16;
}

/// Layout of the section of an object in which programs see who strobe is. Programs write it, and
/// user space fills it in before they load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own;

impl Own {
    /// Name of the section, which becomes an array of one element.
    pub const SECTION: &str = ".data.own";
    /// Offset of the `u64` process id of strobe, in the first PID namespace.
    pub const PROCESS: u32 = 0;
    /// Offset of the `u64` count of records that strobe itself was to send.
    pub const RECORDS: u32 = 8;
    /// How many of them are sent. To print one makes the next, without end, where the probe is on
    /// strobe's own way to print it.
    pub const MOST: u64 = 100;
    /// Offset of the `u64` time, nanoseconds of `CLOCK_MONOTONIC`, from which on the children of
    /// strobe are commands of the script.
    pub const START_NS: u32 = 16;
    /// Bytes of the section.
    pub const SIZE: u32 = 24;
}

/// A kind of ring-buffer record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What to do with it.
    pub kind: EventKind,
    /// Type of each field and its offset from the start of the record.
    pub fields: Vec<(u32, Type)>,
    /// Bytes of the record.
    pub size: u32,
    /// The call in the source.
    pub span: SourceSpan,
}

/// A place in one of the manifest's sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceSpan {
    /// Index into [`Manifest::sources`].
    pub file: u32,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte.
    pub end: u32,
}

/// A source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name that reports show.
    pub name: String,
    /// The text.
    pub text: String,
}

impl From<lexer::Span> for SourceSpan {
    fn from(span: lexer::Span) -> Self {
        Self {
            file: span.file.0,
            start: span.start,
            end: span.end,
        }
    }
}

impl Manifest {
    /// The script's maps: id, name, key type and value.
    pub fn script_maps(&self) -> impl Iterator<Item = (MapId, &str, Option<&Type>, &MapValue)> {
        self.maps
            .iter()
            .zip(0..)
            .filter_map(|(map, id)| match &map.role {
                MapRole::Script { name, key, value } => {
                    Some((MapId(id), name.as_str(), key.as_ref(), value))
                }
                _ => None,
            })
    }
}

/// Subsystems whose tracepoints tell of something else than what the current process does: whoever it
/// is, it was only interrupted, or makes room for another.
const OF_OTHERS: [&str; 8] = [
    "sched",
    "irq",
    "irq_vectors",
    "ipi",
    "timer",
    "power",
    "rcu",
    "workqueue",
];

/// Whether strobe's own work can be what a target fires at. Timers fire as often, whatever they
/// interrupt.
pub fn fires_at_strobe(target: &AttachTarget) -> bool {
    match target {
        AttachTarget::Interval(_) | AttachTarget::Profile(_) | AttachTarget::Iter(_) => false,
        AttachTarget::Tracepoint { system, .. } => !OF_OTHERS.contains(&system.as_str()),
        AttachTarget::RawTracepoint { event } => !event.starts_with("sched_"),
        _ => !is_run_by_us(target),
    }
}

/// Whether a target is run by strobe itself rather than attached.
pub fn is_run_by_us(target: &AttachTarget) -> bool {
    match target {
        AttachTarget::Begin
        | AttachTarget::End
        | AttachTarget::Signal(_)
        | AttachTarget::Test(_)
        | AttachTarget::Bench(_) => true,
        AttachTarget::Interval(_)
        | AttachTarget::Profile(_)
        | AttachTarget::Tracepoint { .. }
        | AttachTarget::RawTracepoint { .. }
        | AttachTarget::Kprobe(_)
        | AttachTarget::Fentry(_)
        | AttachTarget::Uprobe(_)
        | AttachTarget::Counter(_)
        | AttachTarget::Watchpoint(_)
        | AttachTarget::Iter(_) => false,
    }
}
