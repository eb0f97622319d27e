//! The functions of `shim.cpp`, and strings on their way to and from C.

use llvm_sys::core::LLVMDisposeMessage;
use llvm_sys::prelude::{LLVMDIBuilderRef, LLVMMetadataRef, LLVMPassManagerRef};
use std::ffi::{CStr, c_char};

unsafe extern "C" {
    /// Adds scalar replacement of aggregates, early CSE and control-flow simplification.
    pub(super) fn strobe_add_passes(manager: LLVMPassManagerRef);

    /// A `DIFile` that holds its text.
    pub(super) fn strobe_di_file(
        builder: LLVMDIBuilderRef,
        name: *const c_char,
        name_len: usize,
        text: *const c_char,
        text_len: usize,
    ) -> LLVMMetadataRef;
}

/// The name of every value that needs none.
pub(super) const NO_NAME: *const c_char = c"".as_ptr();

/// Copies a message of LLVM's and frees it.
///
/// # Safety
/// `message` is null or a message that LLVM made and nobody else frees.
pub(super) unsafe fn take_message(message: *mut c_char) -> String {
    if message.is_null() {
        return String::new();
    }
    // SAFETY: LLVM's messages end in a NUL, and the caller owns this one.
    unsafe {
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        LLVMDisposeMessage(message);
        text
    }
}
