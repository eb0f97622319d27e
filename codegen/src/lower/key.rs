//! Keys of maps: clean memory of just the key's size.

use super::Cx;
use super::expr::address;
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
    address(cx, key).ptr
}
