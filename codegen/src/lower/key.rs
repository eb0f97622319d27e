//! Keys of maps: clean memory of just the key's size.

use super::Cx;
use super::Tail;
use super::expr::{address, into};
use super::frame::Home;
use super::reads::{is_fixed, is_same};
use crate::llvm::Value;
use sema::ir::{Expr, MapId, Type};

/// The address of a key. What lives in memory already is used where it is.
pub(super) fn lower<'m>(cx: &mut Cx<'_, 'm>, map: MapId, key: Option<&'m Expr>) -> Value<'m> {
    let Some(key) = key else {
        return cx.zero_key();
    };
    let due = cx.unit.map(map).key.as_ref().map_or(0, Type::size);
    if due != key.ty.size() {
        cx.malformed(key.span, "a key of another size than the map's");
    }
    match key.ty.is_scalar() && is_fixed(key) {
        true => kept(cx, key),
        false => address(cx, key).ptr,
    }
}

/// Scalar keys that a program keeps, of 8 bytes of stack each.
const KEPT: usize = 4;

/// Keys that are in memory wherever control can be now.
#[derive(Default)]
pub(super) struct Keys<'m> {
    known: Vec<(&'m Expr, Value<'m>)>,
    /// Where the first of them is, the second and so on.
    rooms: Vec<Home<'m>>,
}

impl Keys<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets all but the first so many.
    pub(super) fn truncate(&mut self, len: usize) {
        self.known.truncate(len);
    }
}

/// The address of a scalar key that cannot change while the program runs: it is written once where
/// a script names it again.
fn kept<'m>(cx: &mut Cx<'_, 'm>, key: &'m Expr) -> Value<'m> {
    let mut keys = cx.keys.known.iter();
    if let Some((_, address)) = keys.find(|(known, _)| is_same(known, key)) {
        return *address;
    }
    let number = cx.keys.len();
    if number == KEPT {
        return address(cx, key).ptr;
    }
    if number == cx.keys.rooms.len() {
        let room = cx.lasting(8);
        cx.keys.rooms.push(room);
    }
    let room = cx.resolve(cx.keys.rooms[number]);
    into(cx, key, room, Tail::Zero);
    cx.keys.known.push((key, room.ptr));
    room.ptr
}
