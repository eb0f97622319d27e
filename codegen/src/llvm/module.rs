//! A module: the functions and globals of one script.

use super::ffi::{strobe_add_passes, take_message};
use super::{Context, Function, LlvmError, Machine, Ty, Value};
use llvm_sys::analysis::{LLVMVerifierFailureAction, LLVMVerifyModule};
use llvm_sys::core::{
    LLVMAddFunction, LLVMAddGlobal, LLVMAddModuleFlag, LLVMArrayType2, LLVMConstInt,
    LLVMConstStringInContext2, LLVMCreateFunctionPassManagerForModule, LLVMDisposeModule,
    LLVMDisposePassManager, LLVMFinalizeFunctionPassManager, LLVMFunctionType,
    LLVMGetFirstFunction, LLVMGetNextFunction, LLVMInitializeFunctionPassManager,
    LLVMIsDeclaration, LLVMModuleCreateWithNameInContext, LLVMPrintModuleToString,
    LLVMRunFunctionPassManager, LLVMSetAlignment, LLVMSetInitializer, LLVMSetLinkage,
    LLVMSetSection, LLVMSetTarget, LLVMValueAsMetadata,
};
use llvm_sys::prelude::LLVMModuleRef;
use llvm_sys::target::{LLVMDisposeTargetData, LLVMSetModuleDataLayout};
use llvm_sys::target_machine::LLVMCreateTargetDataLayout;
use llvm_sys::{LLVMLinkage, LLVMModuleFlagBehavior};
use std::ffi::CString;
use std::ptr;

/// A module under construction. Values borrow it; passes take it mutably.
pub struct Module<'c> {
    context: &'c Context,
    raw: LLVMModuleRef,
}

impl<'c> Module<'c> {
    /// An empty module for a machine.
    pub fn new(context: &'c Context, machine: &Machine) -> Self {
        // SAFETY: context and machine are alive; the data layout is copied into the module.
        let raw = unsafe {
            let raw = LLVMModuleCreateWithNameInContext(c"strobe".as_ptr(), context.raw());
            let layout = LLVMCreateTargetDataLayout(machine.raw());
            LLVMSetModuleDataLayout(raw, layout);
            LLVMDisposeTargetData(layout);
            LLVMSetTarget(raw, Machine::TRIPLE.as_ptr());
            raw
        };
        Self { context, raw }
    }

    /// The context it was made in.
    pub fn context(&self) -> &'c Context {
        self.context
    }

    /// Sets a flag of the module to a number.
    pub fn add_flag(&self, name: &str, value: u32) {
        let i32 = Ty::I32.raw(self.context.raw());
        // SAFETY: the module is alive, and the name is copied with the length that it has.
        unsafe {
            LLVMAddModuleFlag(
                self.raw,
                LLVMModuleFlagBehavior::LLVMModuleFlagBehaviorWarning,
                name.as_ptr().cast(),
                name.len(),
                LLVMValueAsMetadata(LLVMConstInt(i32, u64::from(value), 0)),
            );
        }
    }

    /// Adds a global of `size` bytes in a section, to be filled with [`Module::define`].
    pub fn declare(&self, name: &str, section: &str, size: u32) -> Value<'_> {
        let name = c_string(name);
        let section = c_string(section);
        let byte = Ty::I8.raw(self.context.raw());
        // SAFETY: the module is alive, and the names are copied.
        unsafe {
            let ty = LLVMArrayType2(byte, u64::from(size));
            let global = LLVMAddGlobal(self.raw, ty, name.as_ptr());
            LLVMSetSection(global, section.as_ptr());
            // Constants are read by words; definitions of maps stand one behind the other.
            LLVMSetAlignment(global, if size.is_multiple_of(8) { 8 } else { 4 });
            Value::new(global)
        }
    }

    /// Gives a global of [`Module::declare`] its bytes, as many as were declared.
    pub fn define(&self, global: Value<'_>, bytes: &[u8]) {
        let context = self.context.raw();
        let global = global.raw_in(context);
        // SAFETY: context and global are alive and of one kin. A length that differs is found by
        // the verifier; a value that is no global is refused by the assertion.
        unsafe {
            assert!(
                !llvm_sys::core::LLVMIsAGlobalVariable(global).is_null(),
                "only globals are defined"
            );
            let data = LLVMConstStringInContext2(context, bytes.as_ptr().cast(), bytes.len(), 1);
            LLVMSetInitializer(global, data);
        }
    }

    /// Adds a function from these parameters to an I64, in a section of its own choice.
    pub fn add_function(&self, name: &str, section: &str, params: &[Ty]) -> Function<'_> {
        let context = self.context.raw();
        let name = c_string(name);
        let section = c_string(section);
        let mut types: Vec<_> = params.iter().map(|ty| ty.raw(context)).collect();
        let count = params.len() as u32;
        // SAFETY: the module is alive, the types are of its context, and the names are copied.
        unsafe {
            let ty = LLVMFunctionType(Ty::I64.raw(context), types.as_mut_ptr(), count, 0);
            let function = LLVMAddFunction(self.raw, name.as_ptr(), ty);
            LLVMSetSection(function, section.as_ptr());
            Function::new(function, count)
        }
    }

    /// Adds a function that the kernel calls back, from these parameters to an I64. It has no
    /// section of its own, and is no symbol to others: the kernel wants callbacks to be static.
    pub fn add_callback(&self, name: &str, params: &[Ty]) -> Function<'_> {
        let context = self.context.raw();
        let name = c_string(name);
        let mut types: Vec<_> = params.iter().map(|ty| ty.raw(context)).collect();
        let count = params.len() as u32;
        // SAFETY: the module is alive, the types are of its context, and the name is copied.
        unsafe {
            let ty = LLVMFunctionType(Ty::I64.raw(context), types.as_mut_ptr(), count, 0);
            let function = LLVMAddFunction(self.raw, name.as_ptr(), ty);
            LLVMSetLinkage(function, LLVMLinkage::LLVMInternalLinkage);
            Function::new(function, count)
        }
    }

    /// Runs LLVM's verifier.
    ///
    /// # Errors
    /// When the module is malformed, with every reason.
    pub fn verify(&self) -> Result<(), LlvmError> {
        let mut message = ptr::null_mut();
        // SAFETY: the module is alive; the message is ours to free.
        let (broken, message) = unsafe {
            let broken = LLVMVerifyModule(
                self.raw,
                LLVMVerifierFailureAction::LLVMReturnStatusAction,
                &raw mut message,
            );
            (broken != 0, take_message(message))
        };
        if broken {
            Err(LlvmError(message))
        } else {
            Ok(())
        }
    }

    /// Runs the passes that pay for BPF: those of `shim.cpp`.
    pub fn optimize(&mut self) {
        // SAFETY: the module is alive and borrowed mutably, so no `Value` is left that a pass
        // could delete. The pass manager is ours.
        unsafe {
            let passes = LLVMCreateFunctionPassManagerForModule(self.raw);
            strobe_add_passes(passes);
            LLVMInitializeFunctionPassManager(passes);
            let mut function = LLVMGetFirstFunction(self.raw);
            while !function.is_null() {
                if LLVMIsDeclaration(function) == 0 {
                    LLVMRunFunctionPassManager(passes, function);
                }
                function = LLVMGetNextFunction(function);
            }
            LLVMFinalizeFunctionPassManager(passes);
            LLVMDisposePassManager(passes);
        }
    }

    pub(super) fn raw(&self) -> LLVMModuleRef {
        self.raw
    }
}

/// The module as LLVM's text.
impl std::fmt::Display for Module<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SAFETY: the module is alive; the message is ours to free.
        f.write_str(&unsafe { take_message(LLVMPrintModuleToString(self.raw)) })
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: values, builders and debug builders borrow the module, so none is left.
        unsafe { LLVMDisposeModule(self.raw) }
    }
}

/// The text as a C string, up to its first NUL.
fn c_string(text: &str) -> CString {
    let bytes = text.bytes().take_while(|&b| b != 0).collect::<Vec<u8>>();
    CString::new(bytes).unwrap_or_default()
}
