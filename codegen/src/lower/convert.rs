//! Values of one type as values of another that holds the same.

use super::address::{gaps, register};
use super::{Address, Cx, Tail, address, string};
use crate::llvm::{Predicate, Ty, Value};
use sema::ir::Type;

/// A scalar: cut, or extended by the sign of its type. To Bool: whether it is not zero.
pub(super) fn scalar<'m>(cx: &Cx<'_, 'm>, value: Value<'m>, from: &Type, to: &Type) -> Value<'m> {
    let register = register(to);
    if register == Ty::I1 && value.ty() != Ty::I1 {
        let zero = cx.b.constant(value.ty(), 0);
        return cx.b.compare(Predicate::Ne, value, zero);
    }
    cx.b.resize(value, register, from.is_signed())
}

/// A tuple or record: member by member.
pub(super) fn members<'m>(
    cx: &mut Cx<'_, 'm>,
    from: Address<'m>,
    (have, want): (&Type, &Type),
    to: Address<'m>,
    tail: Tail,
) {
    if tail == Tail::Zero {
        for (offset, bytes) in gaps(want) {
            to.at(cx, offset).zero(cx, bytes);
        }
    }
    let pairs = address::members(have)
        .into_iter()
        .zip(address::members(want));
    for ((source, have), (target, want)) in pairs {
        let (source, target) = (from.at(cx, source), to.at(cx, target));
        member(cx, source, (have, want), target, tail);
    }
}

fn member<'m>(
    cx: &mut Cx<'_, 'm>,
    from: Address<'m>,
    (have, want): (&Type, &Type),
    to: Address<'m>,
    tail: Tail,
) {
    match want {
        _ if have.is_scalar() && want.is_scalar() => {
            let value = from.load(cx, have);
            to.store(cx, scalar(cx, value, have, want));
        }
        _ if have == want => to.copy_from(cx, from, want.size()),
        Type::Tuple(_) | Type::Record { .. } => members(cx, from, (have, want), to, tail),
        _ => string::resize_from(cx, from, (have, want), to, tail),
    }
}
