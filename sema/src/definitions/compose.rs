//! From C declarations to BTF.

use super::tags::{self, Tag, Tags};
use crate::error;
use crate::infer::integer_named;
use crate::kernel::btf::{Btf, Builder, Kind, TypeId};
use crate::modules::Wanted;
use lexer::{Diagnostic, Span};
use parser::c::ast::{
    Attributes, Declaration, Declarator, Derived, Macro, Specifier, SpecifierKind, TypeName, Unit,
};
use parser::c::{Value, is_foreign};
use std::collections::HashMap;
use std::sync::Arc;

/// Members of a struct or constants of an enum at most: BTF counts them in 16 bits.
pub(super) const MAX_PARTS: usize = u16::MAX as usize;

/// Bytes of a type at most. BTF counts bits in 32 bits.
pub(super) const MAX_BYTES: u64 = 1 << 28;

/// `__BIGGEST_ALIGNMENT__`, which `aligned` alone means.
const BIGGEST_ALIGNMENT: u64 = 16;

/// A type that was composed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) id: TypeId,
    /// Bytes; nothing for `void`, functions and what is only declared.
    pub(super) size: Option<u64>,
    pub(super) align: u64,
}

/// The types so far.
pub(super) struct Composer<'a> {
    pub(super) base: Option<&'a Btf>,
    pub(super) builder: Builder,
    tags: Tags,
    known: HashMap<TypeId, Known>,
    typedefs: HashMap<String, (Known, Span)>,
    /// Sign of the script's integer types, typedefs and enums among them.
    pub(super) signs: HashMap<TypeId, bool>,
    basics: HashMap<&'static str, Known>,
    /// The constants of enums.
    pub(super) constants: HashMap<String, (Value, Span)>,
    wanted: Wanted,
    reports: Vec<Diagnostic>,
}

/// What the C definitions of a script are.
#[derive(Default)]
pub(super) struct Composed {
    /// The types, where any are defined.
    pub(super) layer: Option<Btf>,
    /// The numbers of the system's macros.
    pub(super) constants: HashMap<String, i128>,
    /// Types that nothing defines.
    pub(super) wanted: Wanted,
    pub(super) reports: Vec<Diagnostic>,
}

/// Makes a layer of types over the base; nothing where no type is defined.
pub(super) fn compose(unit: &Unit, base: Option<Arc<Btf>>) -> Composed {
    let foreign = |m: &Macro| m.constant.is_some();
    if unit.declarations.is_empty() && !unit.macros.iter().any(foreign) {
        return Composed::default();
    }
    let mut builder = match &base {
        Some(base) => Builder::continuing(base),
        None => Builder::new(),
    };
    let tags = tags::collect(unit, base.as_deref(), &mut builder);
    let mut composer = Composer {
        base: base.as_deref(),
        builder,
        tags,
        known: HashMap::new(),
        typedefs: HashMap::new(),
        signs: HashMap::new(),
        basics: HashMap::new(),
        constants: HashMap::new(),
        wanted: Wanted::default(),
        reports: Vec::new(),
    };
    for declaration in &unit.declarations {
        composer.declaration(declaration);
    }
    let constants = composer.macros(unit);
    let wanted = std::mem::take(&mut composer.wanted);
    let (bytes, mut reports) = composer.finish();
    let layer = match base {
        Some(base) => Btf::over(base, "the script", bytes),
        None => Btf::parse("the script", bytes),
    };
    let layer = layer.map_err(|e| reports.push(error::kernel(&e, Span::default())));
    Composed {
        layer: layer.ok(),
        constants,
        wanted,
        reports,
    }
}

impl Composer<'_> {
    pub(super) fn report(&mut self, report: Diagnostic) {
        let foreign = report.labels.iter().any(|label| is_foreign(label.span));
        if !foreign && !self.reports.contains(&report) {
            self.reports.push(report);
        }
    }

    fn finish(mut self) -> (Vec<u8>, Vec<Diagnostic>) {
        // What could not be composed is only declared.
        let tags: Vec<_> = self
            .tags
            .iter()
            .map(|((k, n), t)| (*k, n.clone(), t.id))
            .collect();
        for (kind, name, id) in tags {
            if !self.known.contains_key(&id) {
                let forward = self.builder.forward(&name, kind == Kind::Union);
                self.builder.fill(id, forward);
            }
        }
        (self.builder.finish(), self.reports)
    }

    pub(super) fn learn(&mut self, known: Known) -> Known {
        self.known.insert(known.id, known);
        known
    }

    /// The numbers of the system's macros.
    fn macros(&mut self, unit: &Unit) -> HashMap<String, i128> {
        let constants = unit
            .macros
            .iter()
            .filter_map(|m| Some((m, m.constant.as_ref()?)));
        let values = constants.filter_map(|(m, constant)| {
            let value = parser::c::evaluate(constant, self).ok()?;
            Some((m.name.name.clone(), value.get()))
        });
        values.collect()
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let Some(base) = self.specifier(&declaration.base) else {
            return;
        };
        for declarator in &declaration.declarators {
            let (Some(name), Some(target)) = (&declarator.name, self.declare(base, declarator))
            else {
                continue;
            };
            let kernels = self
                .base
                .and_then(|base| base.find(&name.name, Kind::Typedef));
            if is_foreign(name.span) && kernels.is_some() {
                continue;
            }
            let asked = self.asked(&declarator.attributes);
            let id = self.builder.typedef(&name.name, target.id);
            if let Some(sign) = self.sign_of(target.id) {
                self.signs.insert(id, sign);
            }
            let align = asked.unwrap_or(target.align);
            let known = self.learn(Known {
                id,
                align,
                ..target
            });
            self.typedefs.insert(name.name.clone(), (known, name.span));
        }
    }

    /// The type at the beginning of a declaration; nothing where it is wrong, which is reported.
    pub(super) fn specifier(&mut self, specifier: &Specifier) -> Option<Known> {
        match &specifier.kind {
            SpecifierKind::Void => Some(Known {
                id: TypeId::VOID,
                size: None,
                align: 1,
            }),
            SpecifierKind::Bool => {
                Some(self.basic("_Bool", 1, |b| b.int("_Bool", 1, 4), Some(false)))
            }
            SpecifierKind::Int {
                name,
                bytes,
                signed,
            } => {
                let encoding = u32::from(*signed) | if *name == "char" { 2 } else { 0 };
                let size = u32::from(*bytes);
                Some(self.basic(name, *bytes, |b| b.int(name, size, encoding), Some(*signed)))
            }
            SpecifierKind::Float { name, bytes } => {
                let size = u32::from(*bytes);
                Some(self.basic(name, *bytes, |b| b.float(name, size), None))
            }
            SpecifierKind::Named(name) => self.named(name, specifier.span),
            SpecifierKind::Composite(composite) => self.composite(composite),
            SpecifierKind::Enum(it) => self.enumeration(it),
        }
    }

    fn basic(
        &mut self,
        name: &'static str,
        bytes: u8,
        make: impl FnOnce(&mut Builder) -> TypeId,
        sign: Option<bool>,
    ) -> Known {
        if let Some(known) = self.basics.get(name) {
            return *known;
        }
        let id = make(&mut self.builder);
        if let Some(sign) = sign {
            self.signs.insert(id, sign);
        }
        let size = Some(u64::from(bytes));
        let known = self.learn(Known {
            id,
            size,
            align: bytes.into(),
        });
        self.basics.insert(name, known);
        known
    }

    /// A typedef: the script's own, the kernel's, or one that every C program has.
    pub(super) fn named(&mut self, name: &str, span: Span) -> Option<Known> {
        if let Some((known, _)) = self.typedefs.get(name) {
            return Some(*known);
        }
        let kernels = self.base.and_then(|base| base.find(name, Kind::Typedef));
        if let Some(known) = kernels.and_then(|id| self.of_base(id)) {
            return Some(known);
        }
        if let Some((bytes, signed)) = integer_named(name) {
            let encoding = u32::from(signed);
            let target = self.builder.int(name, bytes.into(), encoding);
            self.signs.insert(target, signed);
            let size = Some(u64::from(bytes));
            let known = Known {
                id: target,
                size,
                align: bytes.into(),
            };
            self.typedefs.insert(name.to_owned(), (known, span));
            return Some(self.learn(known));
        }
        self.wanted.ty(name, Kind::Typedef);
        let mut names: Vec<&str> = self.typedefs.keys().map(String::as_str).collect();
        if let Some(base) = self.base {
            names.extend(base.names(Kind::Typedef).iter().map(|(name, _)| *name));
        }
        let mut report = error::unknown_c_type(name, &names, span);
        for (kind, word) in [
            (Kind::Struct, "struct"),
            (Kind::Union, "union"),
            (Kind::Enum, "enum"),
        ] {
            if self.tags.contains_key(&(kind, name.to_owned())) {
                report = report.help(format!("write `{word} {name}`"));
            }
        }
        self.report(report);
        None
    }

    /// A type of the kernel.
    fn of_base(&self, id: TypeId) -> Option<Known> {
        let base = self.base?;
        let size = base.size_of(id).ok()?.map(u64::from);
        let align = base.align_of(id).ok()?;
        Some(Known {
            id,
            size,
            align: align.into(),
        })
    }

    /// What a tag without a body refers to.
    pub(super) fn tagged(&mut self, kind: Kind, name: &str) -> Known {
        if let Some(tag) = self.tags.get(&(kind, name.to_owned())) {
            let undefined = Known {
                id: tag.id,
                size: None,
                align: 1,
            };
            return self.known.get(&tag.id).copied().unwrap_or(undefined);
        }
        let kernels = self.base.and_then(|base| base.find(name, kind));
        if let Some(known) = kernels.and_then(|id| self.of_base(id)) {
            return known;
        }
        self.wanted.ty(name, kind);
        let id = self.builder.forward(name, kind == Kind::Union);
        let span = Span::default();
        let tag = Tag {
            id,
            span,
            begun: false,
        };
        self.tags.insert((kind, name.to_owned()), tag);
        self.learn(Known {
            id,
            size: None,
            align: 1,
        })
    }

    /// The script's own type or the kernel's, where a header of the system defines one that is
    /// there without it.
    pub(super) fn without_header(
        &mut self,
        kind: Kind,
        name: Option<&parser::ast::Ident>,
    ) -> Option<Known> {
        let name = name.filter(|name| is_foreign(name.span))?;
        match self.tags.get(&(kind, name.name.clone())) {
            Some(tag) if is_foreign(tag.span) => None,
            _ => Some(self.tagged(kind, &name.name)),
        }
    }

    /// The id that a body with a tag is to have; nothing, and a report, where it has one already.
    pub(super) fn begin(
        &mut self,
        kind: Kind,
        name: Option<&parser::ast::Ident>,
    ) -> Option<Option<TypeId>> {
        let Some(name) = name else {
            return Some(None);
        };
        let tag = self.tags.get_mut(&(kind, name.name.clone()))?;
        if tag.begun {
            let before = tag.span;
            self.report(error::redefined(&name.name, name.span, before));
            return None;
        }
        tag.begun = true;
        Some(Some(tag.id))
    }

    pub(super) fn end(&mut self, reserved: Option<TypeId>, made: TypeId) -> TypeId {
        match reserved {
            Some(id) => {
                self.builder.fill(id, made);
                id
            }
            None => made,
        }
    }

    /// The largest alignment that attributes ask for.
    pub(super) fn asked(&mut self, attributes: &Attributes) -> Option<u64> {
        let mut largest = None;
        for aligned in &attributes.aligned {
            let bytes = match aligned {
                None => BIGGEST_ALIGNMENT,
                Some(constant) => {
                    let bytes = self.size_value(constant)?;
                    if !bytes.is_power_of_two() || bytes > MAX_BYTES {
                        self.report(error::bad_alignment(bytes, constant.span));
                        return None;
                    }
                    bytes
                }
            };
            largest = largest.max(Some(bytes));
        }
        largest
    }

    /// The type of a declared name.
    pub(super) fn declare(&mut self, base: Known, declarator: &Declarator) -> Option<Known> {
        let mut ty = base;
        for step in declarator.derived.iter().rev() {
            ty = match step {
                Derived::Pointer => {
                    let id = self.builder.pointer(ty.id);
                    Known {
                        id,
                        size: Some(8),
                        align: 8,
                    }
                }
                Derived::Array(len) => {
                    let len = match len {
                        Some(len) => self.size_value(len)?,
                        None => 0,
                    };
                    let size = ty.size.and_then(|size| size.checked_mul(len));
                    let Some(size) = size.filter(|size| *size <= MAX_BYTES && len <= MAX_BYTES)
                    else {
                        self.report(error::bad_array(ty.size.is_some(), declarator.span));
                        return None;
                    };
                    let id = self.builder.array(ty.id, len as u32);
                    Known {
                        id,
                        size: Some(size),
                        align: ty.align,
                    }
                }
                Derived::Function { params, variadic } => {
                    let mut types = Vec::new();
                    for param in params {
                        types.push(("", self.type_name(param)?.id));
                    }
                    if *variadic {
                        types.push(("", TypeId::VOID));
                    }
                    let id = self.builder.prototype(ty.id, &types);
                    Known {
                        id,
                        size: None,
                        align: 1,
                    }
                }
            };
        }
        Some(ty)
    }

    /// The type that a type's name means.
    pub(super) fn type_name(&mut self, name: &TypeName) -> Option<Known> {
        let base = self.specifier(&name.base)?;
        self.declare(base, &name.declarator)
    }
}
