//! Structs and unions: their members, and where these are.

use super::compose::{Composer, Known, MAX_BYTES, MAX_PARTS};
use super::layout::{Layout, Placed};
use super::tags;
use crate::error;
use crate::kernel::btf::{Kind, TypeId};
use parser::c::ast::{Composite, Declarator, Member, SpecifierKind};

/// Bits before the last bit-field of a struct: BTF counts them in 24 bits.
const MAX_BIT_OFFSET: u64 = (1 << 24) - 1;

/// A member with its place.
struct Laid {
    name: String,
    ty: TypeId,
    bit: u64,
    bits: u8,
}

impl Composer<'_> {
    pub(super) fn composite(&mut self, composite: &Composite) -> Option<Known> {
        let kind = tags::kind(composite);
        let Some(members) = &composite.members else {
            let name = composite.name.as_ref()?;
            return Some(self.tagged(kind, &name.name));
        };
        if let Some(known) = self.without_header(kind, composite.name.as_ref()) {
            return Some(known);
        }
        let reserved = self.begin(kind, composite.name.as_ref())?;
        let mut layout = Layout::new(composite.union, composite.attributes.packed);
        let mut laid = Vec::new();
        let mut whole = true;
        for member in members {
            whole &= self.members(member, &mut layout, &mut laid).is_some();
        }
        if !whole {
            return None;
        }
        let asked = self.asked(&composite.attributes);
        let (size, align) = layout.finish(asked);
        let span = composite.name.as_ref().map(|name| name.span);
        let widest = laid.iter().filter(|m| m.bits > 0).map(|m| m.bit).max();
        let furthest = laid.iter().map(|m| m.bit).max().unwrap_or(0);
        if laid.len() > MAX_PARTS
            || size > MAX_BYTES
            || widest.is_some() && furthest > MAX_BIT_OFFSET
        {
            self.report(error::c_type_too_large(span.unwrap_or_default()));
            return None;
        }
        let name = composite
            .name
            .as_ref()
            .map_or("", |name| name.name.as_str());
        let members: Vec<_> = laid
            .iter()
            .map(|m| (m.name.as_str(), m.ty, m.bit as u32, m.bits))
            .collect();
        let made = match kind {
            Kind::Union => self.builder.union(name, size as u32, &members),
            _ => self.builder.structure(name, size as u32, &members),
        };
        let id = self.end(reserved, made);
        Some(self.learn(Known {
            id,
            size: Some(size),
            align,
        }))
    }

    fn members(
        &mut self,
        member: &Member,
        layout: &mut Layout,
        laid: &mut Vec<Laid>,
    ) -> Option<()> {
        let base = self.specifier(&member.base)?;
        let anonymous = match &member.base.kind {
            SpecifierKind::Composite(it) if it.name.is_none() => member.declarators.is_empty(),
            _ => false,
        };
        if anonymous {
            let (size, align) = (base.size?, base.align);
            let placed = Placed {
                size,
                align,
                bits: None,
                named: true,
                packed: false,
                asked: None,
            };
            let bit = layout.place(placed);
            laid.push(Laid {
                name: String::new(),
                ty: base.id,
                bit,
                bits: 0,
            });
        }
        for declarator in &member.declarators {
            self.member(base, declarator, layout, laid)?;
        }
        Some(())
    }

    fn member(
        &mut self,
        base: Known,
        declarator: &Declarator,
        layout: &mut Layout,
        laid: &mut Vec<Laid>,
    ) -> Option<()> {
        let ty = self.declare(base, declarator)?;
        let name = declarator
            .name
            .as_ref()
            .map_or("", |name| name.name.as_str());
        let Some(size) = ty.size else {
            self.report(error::incomplete_member(name, declarator.span));
            return None;
        };
        let bits = match &declarator.bits {
            None => None,
            Some(constant) => {
                let width = self.size_value(constant)?;
                let integer = self.sign_of(ty.id).is_some();
                if width > size * 8 || width == 0 && !name.is_empty() || !integer {
                    self.report(error::bit_field(name, size * 8, integer, declarator.span));
                    return None;
                }
                Some(width)
            }
        };
        if laid.iter().any(|m| !name.is_empty() && m.name == name) {
            self.report(error::member_twice(name, declarator.span));
            return None;
        }
        let asked = self.asked(&declarator.attributes);
        let bit = layout.place(Placed {
            size,
            align: ty.align,
            bits,
            named: !name.is_empty(),
            packed: declarator.attributes.packed,
            asked,
        });
        if !name.is_empty() {
            laid.push(Laid {
                name: name.to_owned(),
                ty: ty.id,
                bit,
                bits: bits.unwrap_or(0) as u8,
            });
        }
        Some(())
    }
}
