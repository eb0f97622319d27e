//! The tags of a script: `struct`, `union` and `enum` names have ids before anything refers to
//! them, so that the order of definitions does not matter to pointers.

use crate::kernel::btf::{Btf, Builder, Kind, TypeId};
use lexer::Span;
use parser::c::ast::{Composite, Declaration, Enum, Member, Specifier, SpecifierKind, Unit};
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
    let mut tags = Tags::new();
    for declaration in &unit.declarations {
        of_declaration(declaration, builder, &mut tags);
    }
    let kernels =
        |(kind, name): &(Kind, String)| base.is_some_and(|b| b.find(name, *kind).is_some());
    tags.retain(|key, tag| !(is_foreign(tag.span) && kernels(key)));
    tags
}

fn of_declaration(declaration: &Declaration, builder: &mut Builder, tags: &mut Tags) {
    of_specifier(&declaration.base, builder, tags);
}

fn of_specifier(specifier: &Specifier, builder: &mut Builder, tags: &mut Tags) {
    match &specifier.kind {
        SpecifierKind::Composite(composite) => of_composite(composite, builder, tags),
        SpecifierKind::Enum(Enum {
            name: Some(name),
            constants: Some(_),
            ..
        }) => add((Kind::Enum, name.name.clone()), name.span, builder, tags),
        _ => {}
    }
}

fn of_composite(composite: &Composite, builder: &mut Builder, tags: &mut Tags) {
    let Some(members) = &composite.members else {
        return;
    };
    if let Some(name) = &composite.name {
        add(
            (kind(composite), name.name.clone()),
            name.span,
            builder,
            tags,
        );
    }
    let base = |member: &Member| of_specifier(&member.base, builder, tags);
    members.iter().for_each(base);
}

fn add(key: (Kind, String), span: Span, builder: &mut Builder, tags: &mut Tags) {
    tags.entry(key).or_insert_with(|| Tag {
        id: builder.reserve(),
        span,
        begun: false,
    });
}
