//! The context: owner of types and constants, and collector of what LLVM complains about.

use super::LlvmError;
use super::ffi::take_message;
use llvm_sys::LLVMDiagnosticSeverity;
use llvm_sys::core::{
    LLVMContextCreate, LLVMContextDispose, LLVMContextSetDiagnosticHandler,
    LLVMContextSetDiscardValueNames, LLVMGetDiagInfoDescription, LLVMGetDiagInfoSeverity,
};
use llvm_sys::prelude::{LLVMContextRef, LLVMDiagnosticInfoRef};
use std::cell::RefCell;
use std::ffi::c_void;

/// An LLVM context. Everything else of LLVM is made in one and dies before it.
pub struct Context {
    raw: LLVMContextRef,
    /// Boxed, because LLVM keeps its address.
    errors: Box<RefCell<Vec<String>>>,
}

impl Context {
    /// A context that collects errors instead of ending the process, which is LLVM's default.
    pub fn new() -> Self {
        let errors = Box::new(RefCell::new(Vec::new()));
        // SAFETY: the handler gets the address of the boxed cell, which lives as long as the
        // context and is only reached through shared references.
        let raw = unsafe {
            let raw = LLVMContextCreate();
            let cell: *const RefCell<Vec<String>> = &raw const *errors;
            LLVMContextSetDiagnosticHandler(raw, Some(collect), cell.cast_mut().cast());
            raw
        };
        Self { raw, errors }
    }

    /// Forgets the names of values, which saves time where nobody reads the IR.
    pub fn discard_names(&self) {
        // SAFETY: the context is alive; values that exist already keep their names.
        unsafe { LLVMContextSetDiscardValueNames(self.raw, 1) }
    }

    /// Takes the errors that were reported since the last call.
    ///
    /// # Errors
    /// When there were any, all of them.
    pub fn check(&self) -> Result<(), LlvmError> {
        let errors = std::mem::take(&mut *self.errors.borrow_mut());
        if errors.is_empty() {
            return Ok(());
        }
        Err(LlvmError(errors.join("\n")))
    }

    pub(super) fn raw(&self) -> LLVMContextRef {
        self.raw
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: modules and builders borrow the context, so none of them is left.
        unsafe { LLVMContextDispose(self.raw) }
    }
}

/// The diagnostic handler: keeps errors; warnings and remarks are of no use to a script's author.
extern "C" fn collect(info: LLVMDiagnosticInfoRef, errors: *mut c_void) {
    // SAFETY: LLVM passes a live diagnostic and the pointer that `Context::new` gave it, which
    // points to the context's own cell.
    let (severity, text, errors) = unsafe {
        (
            LLVMGetDiagInfoSeverity(info),
            take_message(LLVMGetDiagInfoDescription(info)),
            &*errors.cast::<RefCell<Vec<String>>>(),
        )
    };
    if severity == LLVMDiagnosticSeverity::LLVMDSError
        && let Ok(mut errors) = errors.try_borrow_mut()
    {
        errors.push(text);
    }
}
