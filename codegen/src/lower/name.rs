//! The names of the target that a program runs for, from a map: every target of a script has a
//! cookie, which tells its elements there.

use super::unit::Internal;
use super::{Address, Cx};
use crate::kernel::helper;
use crate::llvm::Ty;
use crate::object::Names;
use sema::ir::Builtin;

/// Writes the name of the probe or the function: `size` bytes, zeros behind its NUL.
pub(super) fn into<'m>(cx: &mut Cx<'_, 'm>, which: Builtin, size: u32, to: Address<'m>) {
    let element = match which {
        Builtin::ProbeName => Names::PROBE,
        _ => Names::FUNCTION,
    };
    cx.unit.reserve_name(size);
    to.zero(cx, size);
    let args = [cx.context];
    let cookie = cx.b.call_helper(helper::GET_ATTACH_COOKIE, &args, Ty::I64);
    let first = cx.b.mul(cookie, cx.u64(u64::from(Names::PER_TARGET)));
    let index = cx.b.add(first, cx.u64(u64::from(element)));
    let index = cx.b.resize(index, Ty::I32, false);
    let key = cx.temp(8);
    key.store(cx, index);
    let map = cx.unit.internal(Internal::Names);
    let args = [map, key.ptr];
    let name = cx.b.call_helper(helper::MAP_LOOKUP_ELEM, &args, Ty::Ptr);
    cx.if_set(name, |cx| to.copy_from(cx, Address::aligned(name), size));
}
