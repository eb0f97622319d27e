//! The target machine: BPF, little-endian, of a chosen instruction set.

use super::ffi::take_message;
use super::{LlvmError, Module};
use llvm_sys::core::{LLVMDisposeMemoryBuffer, LLVMGetBufferSize, LLVMGetBufferStart};
use llvm_sys::error_handling::LLVMInstallFatalErrorHandler;
use llvm_sys::target::{
    LLVMInitializeBPFAsmPrinter, LLVMInitializeBPFTarget, LLVMInitializeBPFTargetInfo,
    LLVMInitializeBPFTargetMC,
};
use llvm_sys::target_machine::{
    LLVMCodeGenFileType, LLVMCodeGenOptLevel, LLVMCodeModel, LLVMCreateTargetMachine,
    LLVMDisposeTargetMachine, LLVMGetTargetFromTriple, LLVMRelocMode,
    LLVMTargetMachineEmitToMemoryBuffer, LLVMTargetMachineRef,
};
use std::ffi::{CStr, c_char};
use std::io::{self, Write};
use std::sync::Once;
use std::{process, ptr};

/// BPF instruction set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Isa {
    /// 32-bit arithmetic and jumps, fetching atomics. Every kernel that we support.
    #[default]
    V3,
    /// Sign-extending loads and moves, signed division, long jumps: since Linux 6.6.
    V4,
}

impl Isa {
    fn cpu(self) -> &'static CStr {
        match self {
            Self::V3 => c"v3",
            Self::V4 => c"v4",
        }
    }
}

/// What code generation is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// An ELF object.
    Object,
    /// Assembly text.
    Assembly,
}

/// A code generator for BPF.
pub struct Machine {
    raw: LLVMTargetMachineRef,
}

impl Machine {
    pub(super) const TRIPLE: &'static CStr = c"bpfel";

    /// The code generator for an instruction set.
    ///
    /// # Errors
    /// When LLVM was built without BPF.
    pub fn new(isa: Isa) -> Result<Self, LlvmError> {
        initialize();
        let mut target = ptr::null_mut();
        let mut message = ptr::null_mut();
        // SAFETY: the triple ends in a NUL; the message is ours to free.
        let failed = unsafe {
            LLVMGetTargetFromTriple(Self::TRIPLE.as_ptr(), &raw mut target, &raw mut message)
        };
        if failed != 0 {
            // SAFETY: LLVM made the message for us.
            return Err(LlvmError(unsafe { take_message(message) }));
        }
        // SAFETY: the target was found, and targets are never freed. O1 makes the same code as O2
        // for BPF.
        let raw = unsafe {
            LLVMCreateTargetMachine(
                target,
                Self::TRIPLE.as_ptr(),
                isa.cpu().as_ptr(),
                c"".as_ptr(),
                LLVMCodeGenOptLevel::LLVMCodeGenLevelLess,
                LLVMRelocMode::LLVMRelocDefault,
                LLVMCodeModel::LLVMCodeModelDefault,
            )
        };
        if raw.is_null() {
            return Err(LlvmError("no BPF code generator".to_owned()));
        }
        Ok(Self { raw })
    }

    /// Generates code. The module is changed on the way and is of no further use.
    ///
    /// # Errors
    /// When LLVM reports an error: code generation itself returns success even then, so what the
    /// context collected is what counts.
    pub fn emit(&self, module: Module<'_>, artifact: Artifact) -> Result<Vec<u8>, LlvmError> {
        module.verify()?;
        let kind = match artifact {
            Artifact::Object => LLVMCodeGenFileType::LLVMObjectFile,
            Artifact::Assembly => LLVMCodeGenFileType::LLVMAssemblyFile,
        };
        let mut message = ptr::null_mut();
        let mut buffer = ptr::null_mut();
        // SAFETY: machine and module are alive, and the module is well-formed.
        let failed = unsafe {
            LLVMTargetMachineEmitToMemoryBuffer(
                self.raw,
                module.raw(),
                kind,
                &raw mut message,
                &raw mut buffer,
            )
        };
        if failed != 0 {
            // SAFETY: LLVM made the message for us.
            return Err(LlvmError(unsafe { take_message(message) }));
        }
        // SAFETY: LLVM made the buffer for us; its start is valid for its size until we free it.
        let bytes = unsafe {
            let start = LLVMGetBufferStart(buffer).cast::<u8>();
            let bytes = std::slice::from_raw_parts(start, LLVMGetBufferSize(buffer)).to_vec();
            LLVMDisposeMemoryBuffer(buffer);
            bytes
        };
        module.context().check()?;
        Ok(bytes)
    }

    pub(super) fn raw(&self) -> LLVMTargetMachineRef {
        self.raw
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: ours, and nothing keeps a pointer to it.
        unsafe { LLVMDisposeTargetMachine(self.raw) }
    }
}

/// Registers the BPF target, and no other: each costs start-up time.
fn initialize() {
    static ONCE: Once = Once::new();
    // SAFETY: registration is not thread-safe, and runs once.
    ONCE.call_once(|| unsafe {
        LLVMInitializeBPFTargetInfo();
        LLVMInitializeBPFTarget();
        LLVMInitializeBPFTargetMC();
        LLVMInitializeBPFAsmPrinter();
        LLVMInstallFatalErrorHandler(Some(give_up));
    });
}

/// What LLVM calls when it cannot go on and will not return: a program that is longer than a jump
/// can reach, for one. Else it would end the process by a signal, with a trace of its own functions.
extern "C" fn give_up(reason: *const c_char) {
    // SAFETY: LLVM hands over a text that ends in a NUL and lives until we return.
    let reason = unsafe { CStr::from_ptr(reason) }.to_string_lossy();
    // If nobody hears it, the exit code still tells.
    let _ = writeln!(
        io::stderr(),
        "error[internal-error]: LLVM could not compile the script\n \
         = note: {reason}\n \
         = help: if a probe has thousands of statements, split it in two: jumps of the instruction \
         set of kernels before 6.6 reach 32,767 instructions"
    );
    process::exit(1);
}
