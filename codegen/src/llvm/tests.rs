//! The layer against LLVM itself.

use super::*;

fn emit(build: impl for<'m> Fn(&Builder<'m>, Function<'m>), artifact: Artifact) -> Vec<u8> {
    try_emit(build, artifact).expect("the module is well-formed")
}

fn try_emit(
    build: impl for<'m> Fn(&Builder<'m>, Function<'m>),
    artifact: Artifact,
) -> Result<Vec<u8>, LlvmError> {
    let context = Context::new();
    let machine = Machine::new(Isa::V3)?;
    let mut module = Module::new(&context, &machine);
    fill(&module, build);
    module.verify()?;
    module.optimize();
    machine.emit(module, artifact)
}

fn fill<'m>(module: &'m Module<'m>, build: impl Fn(&Builder<'m>, Function<'m>)) {
    let function = module.add_function("probe", "tracepoint/probe", &[Ty::Ptr]);
    let builder = Builder::new(module, function.append_block(c"entry"));
    build(&builder, function);
}

#[test]
fn an_object_is_elf_for_bpf() {
    let elf = emit(|b, _| b.ret(b.constant(Ty::I64, 0)), Artifact::Object);
    assert_eq!(&elf[..4], b"\x7fELF");
    let machine = u16::from_le_bytes([elf[18], elf[19]]);
    assert_eq!(machine, 247, "EM_BPF of linux/elf-em.h");
}
