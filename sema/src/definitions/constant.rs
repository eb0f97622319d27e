//! Constant expressions of definitions: what their names and types are.

use super::compose::Composer;
use crate::error;
use crate::kernel::btf::{BtfType, TypeId};
use parser::c::ast::{Constant, TypeName};
use parser::c::{Environment, Value, evaluate};

impl Environment for Composer<'_> {
    fn name(&mut self, name: &str) -> Option<Value> {
        if let Some((value, _)) = self.constants.get(name) {
            return Some(*value);
        }
        let found = self.base?.find_constant(name).ok()??;
        Some(Value::of(found.value.into()))
    }

    fn measure(&mut self, ty: &TypeName) -> Option<(u64, u64)> {
        let ty = self.type_name(ty)?;
        Some((ty.size?, ty.align))
    }

    fn integer(&mut self, ty: &TypeName) -> Option<(u8, bool)> {
        if !ty.declarator.derived.is_empty() {
            return None;
        }
        let ty = self.type_name(ty)?;
        let bytes = u8::try_from(ty.size?).ok().filter(|bytes| *bytes <= 8)?;
        Some((bytes, self.sign_of(ty.id)?))
    }
}

impl Composer<'_> {
    /// Whether an integer type is signed; nothing for other types.
    pub(super) fn sign_of(&self, id: TypeId) -> Option<bool> {
        if let Some(&sign) = self.signs.get(&id) {
            return Some(sign);
        }
        let base = self.base?;
        match base.get(base.resolve(id).ok()?).ok()? {
            BtfType::Int(int) => Some(int.signed),
            BtfType::Enum(it) => Some(it.signed),
            _ => None,
        }
    }

    /// The value of a constant expression; what is wrong with it is reported.
    pub(super) fn value(&mut self, constant: &Constant) -> Option<Value> {
        let value = evaluate(constant, self);
        value
            .map_err(|e| self.report(error::not_a_c_constant(&e.why, e.span)))
            .ok()
    }

    /// As [`Composer::value`], where it must be a size.
    pub(super) fn size_value(&mut self, constant: &Constant) -> Option<u64> {
        let value = self.value(constant)?.get();
        let size = u64::try_from(value).ok();
        if size.is_none() {
            self.report(error::negative_size(value, constant.span));
        }
        size
    }
}
