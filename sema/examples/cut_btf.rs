//! Cuts a slice out of a kernel's type information, for fixtures:
//! `cut_btf /sys/kernel/btf/vmlinux ROOTS OUT`.
//!
//! ROOTS lists types, one a line (`struct task_struct`, `typedef u64`). The slice holds them and
//! all that their layout takes; a struct that is only pointed to becomes a forward declaration.

use sema::kernel::KernelError;
use sema::kernel::btf::{Btf, BtfType, Builder, Composite, Kind, TypeId};
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [source, roots, out] = &args[..] else {
        eprintln!("usage: cut_btf SOURCE ROOTS OUT");
        return ExitCode::FAILURE;
    };
    match cut(source, roots).and_then(|bytes| Ok(std::fs::write(out, bytes)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cut_btf: {error}");
            ExitCode::FAILURE
        }
    }
}

fn cut(source: &str, roots: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let btf = Btf::parse("vmlinux", std::fs::read(source)?)?;
    let mut slice = Slice {
        btf: &btf,
        depths: BTreeMap::new(),
    };
    for line in std::fs::read_to_string(roots)?.lines() {
        slice.take(find(&btf, line)?, Depth::Full)?;
    }
    Ok(slice.write()?)
}

/// Finds a type by a line such as `struct task_struct`.
fn find(btf: &Btf, line: &str) -> Result<TypeId, String> {
    let kinds = [
        ("int", Kind::Int),
        ("struct", Kind::Struct),
        ("union", Kind::Union),
        ("enum", Kind::Enum),
        ("typedef", Kind::Typedef),
        ("func", Kind::Function),
    ];
    let (word, name) = line.split_once(' ').ok_or(format!("no kind: {line}"))?;
    let kind = kinds.iter().find(|(it, _)| *it == word);
    let kind = kind.ok_or(format!("unknown kind: {line}"))?.1;
    btf.find(name, kind).ok_or(format!("not found: {line}"))
}

/// How much of a type the slice holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Of a struct or union its name alone.
    Forward,
    /// All of it.
    Full,
}

struct Slice<'a> {
    btf: &'a Btf,
    /// What is in the slice.
    depths: BTreeMap<TypeId, Depth>,
}

impl<'a> Slice<'a> {
    /// Takes a type and what it needs into the slice.
    fn take(&mut self, id: TypeId, depth: Depth) -> Result<(), KernelError> {
        if id == TypeId::VOID || self.depths.get(&id).is_some_and(|had| *had >= depth) {
            return Ok(());
        }
        let ty = self.btf.get(id)?;
        let depth = match &ty {
            // Nothing can be declared ahead without a name.
            BtfType::Struct(it) | BtfType::Union(it) if it.name.is_empty() => Depth::Full,
            _ => depth,
        };
        self.depths.insert(id, depth);
        match ty {
            BtfType::Struct(it) | BtfType::Union(it) if depth == Depth::Full => it
                .members
                .iter()
                .try_for_each(|member| self.take(member.ty, Depth::Full)),
            BtfType::Pointer(target) => self.take(target, Depth::Forward),
            BtfType::Array(array) => self.take(array.elem, Depth::Full),
            BtfType::Typedef { target, .. }
            | BtfType::Volatile(target)
            | BtfType::Const(target)
            | BtfType::Restrict(target)
            | BtfType::TypeTag { target, .. }
            | BtfType::Function {
                prototype: target, ..
            } => self.take(target, depth),
            BtfType::Prototype(it) => {
                self.take(it.result, Depth::Forward)?;
                let mut params = it.params.iter();
                params.try_for_each(|param| self.take(param.ty, Depth::Forward))
            }
            _ => Ok(()),
        }
    }

    /// Writes the slice; ids keep their order.
    fn write(&self) -> Result<Vec<u8>, KernelError> {
        let mut builder = Builder::new();
        for (id, depth) in &self.depths {
            self.copy(&mut builder, self.btf.get(*id)?, *depth);
        }
        Ok(builder.finish())
    }

    /// The id that a type has in the slice.
    fn moved(&self, id: TypeId) -> TypeId {
        match id {
            TypeId::VOID => id,
            id => TypeId(self.depths.range(..id).count() as u32 + 1),
        }
    }

    fn copy(&self, to: &mut Builder, ty: BtfType, depth: Depth) {
        let moved = |id| self.moved(id);
        match ty {
            BtfType::Struct(it) if depth == Depth::Forward => to.forward(it.name, false),
            BtfType::Union(it) if depth == Depth::Forward => to.forward(it.name, true),
            BtfType::Struct(it) => to.structure(it.name, it.bytes, &self.members(&it)),
            BtfType::Union(it) => to.union(it.name, it.bytes, &self.members(&it)),
            BtfType::Int(it) => {
                let flags = [it.signed, it.char, it.bool].map(u32::from);
                let encoding = flags[0] | (flags[1] << 1) | (flags[2] << 2);
                to.int(it.name, it.bytes, encoding)
            }
            BtfType::Enum(it) => {
                let constants: Vec<_> = it.constants.iter().map(|it| (it.name, it.value)).collect();
                to.enumeration(it.name, it.bytes, it.signed, &constants)
            }
            BtfType::Prototype(it) => {
                let params = it.params.iter().map(|it| (it.name, moved(it.ty)));
                let rest = it.variadic.then_some(("", TypeId::VOID));
                let params: Vec<_> = params.chain(rest).collect();
                to.prototype(moved(it.result), &params)
            }
            BtfType::Pointer(target) => to.pointer(moved(target)),
            BtfType::Array(it) => to.array(moved(it.elem), it.len),
            BtfType::Forward { name, union } => to.forward(name, union),
            BtfType::Typedef { name, target } => to.typedef(name, moved(target)),
            BtfType::Volatile(target) => to.volatile(moved(target)),
            BtfType::Const(target) => to.constant(moved(target)),
            BtfType::Restrict(target) => to.restrict(moved(target)),
            BtfType::TypeTag { name, target } => to.type_tag(name, moved(target)),
            BtfType::Function { name, prototype } => to.function(name, moved(prototype)),
            BtfType::Variable { name, target } => to.variable(name, moved(target)),
            BtfType::Float { name, bytes } => to.float(name, bytes),
            // No layout takes these; what stands for them keeps the ids in step.
            BtfType::Void | BtfType::Section { .. } | BtfType::DeclTag { .. } => {
                to.forward("", false)
            }
        };
    }

    fn members<'b>(&self, it: &Composite<'b>) -> Vec<(&'b str, TypeId, u32, u8)> {
        let members = it.members.iter();
        let copied = members.map(|member| {
            let bits = member.bits.unwrap_or(0);
            (member.name, self.moved(member.ty), member.bit_offset, bits)
        });
        copied.collect()
    }
}
