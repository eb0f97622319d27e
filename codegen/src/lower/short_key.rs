//! Short keys for short stacks.
//!
//! A key that ends in a stack has room for all the frames that a stack may have, some kilobyte,
//! which the kernel hashes and compares whole for each event; most stacks take a fifth of it. What
//! is only added to, and read by user space alone, is therefore held by two kernel maps: stacks of
//! few frames are in one whose keys end behind them.

use super::walk::{self, Node};
use super::{Address, Cx};
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::{self, MapId, MapKind, MapValue, StackMode, Type, struct_offsets};

/// Bytes of a stack before its frames, and where the number of them is: see [`Type::Stack`].
const STACK_HEADER: u32 = 8;

/// What a short key is of a whole one: its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortKey {
    /// Where in the key the number of frames is, in bytes.
    count: u32,
    /// Bytes of the short key.
    pub size: u32,
}

impl ShortKey {
    /// Frames that a short key has room for.
    pub const FRAMES: u32 = 24;

    /// The short keys of a map, if it has such.
    pub fn of(program: &ir::Program, id: MapId) -> Option<Self> {
        let map = program.maps.get(id.0 as usize)?;
        let is_counted = matches!(map.value, MapValue::Aggregation(_));
        if !is_counted || map.kind != MapKind::PerCpuHash {
            return None;
        }
        let key = map.key.as_ref()?;
        let (stack, count) = last(key)?;
        let Type::Stack { depth, mode, .. } = stack else {
            return None;
        };
        let frame = StackMode::Bpftrace.frame_size();
        let is_long = *depth > Self::FRAMES && mode.frame_size() == frame;
        (is_long && !is_looked_into(program, id)).then_some(Self {
            count,
            size: count + STACK_HEADER + Self::FRAMES * frame,
        })
    }

    /// The kernel map that holds a key: the one of short keys, or the one of whole keys.
    pub(super) fn holder<'m>(
        self,
        cx: &Cx<'_, 'm>,
        key: Value<'m>,
        [short, whole]: [Value<'m>; 2],
    ) -> Value<'m> {
        let count = Address::aligned(key).at(cx, self.count);
        let count = cx.b.load(Ty::I32, count.ptr, 4);
        let most = cx.b.constant(Ty::I32, Self::FRAMES.into());
        let is_short = cx.b.compare(Predicate::UnsignedLe, count, most);
        cx.b.select(is_short, short, whole)
    }
}

/// The last part of a key, and where it begins.
fn last(key: &Type) -> Option<(&Type, u32)> {
    let Type::Tuple(parts) = key else {
        return Some((key, 0));
    };
    let (offsets, _) = struct_offsets(parts);
    Some((parts.last()?, *offsets.last()?))
}

/// Whether a program does anything to a map but add to it.
fn is_looked_into(program: &ir::Program, map: MapId) -> bool {
    walk::anywhere(program, &|node: Node<'_>| node.map() == Some(map))
}
