//! Enums and their constants.

use super::compose::{Composer, Known, MAX_PARTS};
use crate::error;
use crate::kernel::btf::Kind;
use parser::c::Value;
use parser::c::ast::Enum;

impl Composer<'_> {
    pub(super) fn enumeration(&mut self, it: &Enum) -> Option<Known> {
        let Some(written) = &it.constants else {
            let name = it.name.as_ref()?;
            return Some(self.tagged(Kind::Enum, &name.name));
        };
        if let Some(known) = self.without_header(Kind::Enum, it.name.as_ref()) {
            return Some(known);
        }
        let reserved = self.begin(Kind::Enum, it.name.as_ref())?;
        let mut constants = Vec::new();
        let mut next = 0;
        for (name, value) in written {
            if let Some(value) = value {
                next = self.value(value)?.get();
            }
            if let Some((_, before)) = self.constants.get(&name.name) {
                let before = *before;
                self.report(error::redefined(&name.name, name.span, before));
                return None;
            }
            self.constants
                .insert(name.name.clone(), (Value::of(next), name.span));
            constants.push((name.name.as_str(), next));
            next += 1;
        }
        if constants.len() > MAX_PARTS {
            let span = it.name.as_ref().map(|name| name.span);
            self.report(error::c_type_too_large(span.unwrap_or_default()));
            return None;
        }
        let signed = constants.iter().any(|(_, value)| *value < 0);
        let holds = |bytes: u32| {
            let (low, high) = match signed {
                true => (-(1i128 << (bytes * 8 - 1)), 1i128 << (bytes * 8 - 1)),
                false => (0, 1i128 << (bytes * 8)),
            };
            constants
                .iter()
                .all(|(_, value)| (low..high).contains(value))
        };
        let sizes: &[u32] = if it.attributes.packed {
            &[1, 2, 4]
        } else {
            &[4]
        };
        let bytes = sizes
            .iter()
            .copied()
            .find(|&bytes| holds(bytes))
            .unwrap_or(8);
        let values: Vec<_> = constants.iter().map(|(n, v)| (*n, *v as i64)).collect();
        let name = it.name.as_ref().map_or("", |name| name.name.as_str());
        let made = self.builder.enumeration(name, bytes, signed, &values);
        let id = self.end(reserved, made);
        self.signs.insert(id, signed);
        let align = bytes.into();
        Some(self.learn(Known {
            id,
            size: Some(align),
            align,
        }))
    }
}
