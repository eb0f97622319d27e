//! The tags of a script: `struct`, `union` and `enum` names have ids before anything refers to
//! them, so that the order of definitions does not matter to pointers.

use crate::kernel::btf::{Btf, Builder, Kind, TypeId};
use lexer::Span;
use parser::ast::Ident;
use parser::c::ast::{Composite, Enum, Specifier, SpecifierKind, Unit};
use parser::c::is_foreign;
use std::collections::HashMap;

/// A tag that the script defines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    pub(super) id: TypeId,
    /// Where it is defined.
    pub(super) span: Span,
    /// Whether its body has been read, or is being read.
    pub(super) begun: bool,
}

/// Every tag that the script defines.
pub(super) type Tags = HashMap<(Kind, String), Tag>;

/// The kind of a struct or union.
pub(super) fn kind(composite: &Composite) -> Kind {
    match composite.union {
        true => Kind::Union,
        false => Kind::Struct,
    }
}

/// Takes an id for each tag with a body, wherever it is nested. What the kernel defines, the
/// system's headers do not define anew.
pub(super) fn collect(unit: &Unit, base: Option<&Btf>, builder: &mut Builder) -> Tags {
    let mut collector = Collector {
        base,
        builder,
        tags: Tags::new(),
    };
    for declaration in &unit.declarations {
        collector.specifier(&declaration.base);
    }
    collector.tags
}

struct Collector<'a> {
    base: Option<&'a Btf>,
    builder: &'a mut Builder,
    tags: Tags,
}

impl Collector<'_> {
    fn specifier(&mut self, specifier: &Specifier) {
        match &specifier.kind {
            SpecifierKind::Composite(composite) => self.composite(composite),
            SpecifierKind::Enum(Enum {
                name: Some(name),
                constants: Some(_),
                ..
            }) => self.add(Kind::Enum, name),
            _ => {}
        }
    }

    fn composite(&mut self, composite: &Composite) {
        let Some(members) = &composite.members else {
            return;
        };
        if let Some(name) = &composite.name {
            self.add(kind(composite), name);
        }
        for member in members {
            self.specifier(&member.base);
        }
    }

    fn add(&mut self, kind: Kind, name: &Ident) {
        let kernels = || {
            self.base
                .is_some_and(|b| b.find(&name.name, kind).is_some())
        };
        let key = (kind, name.name.clone());
        if let Some(tag) = self.tags.get_mut(&key) {
            // The script's own goes before that of a header.
            if is_foreign(tag.span) {
                tag.span = name.span;
            }
            return;
        }
        if is_foreign(name.span) && kernels() {
            return;
        }
        let tag = Tag {
            id: self.builder.reserve(),
            span: name.span,
            begun: false,
        };
        self.tags.insert(key, tag);
    }
}
