//! Values, blocks and functions: copies of pointers into a module that they borrow.

use llvm_sys::core::{
    LLVMAppendBasicBlockInContext, LLVMConstIntGetZExtValue, LLVMGetIntTypeWidth, LLVMGetLinkage,
    LLVMGetParam, LLVMGetTypeContext, LLVMGetTypeKind, LLVMGlobalGetValueType,
    LLVMInt1TypeInContext, LLVMInt8TypeInContext, LLVMInt16TypeInContext, LLVMInt32TypeInContext,
    LLVMInt64TypeInContext, LLVMIsAConstantInt, LLVMPointerTypeInContext, LLVMTypeOf,
};
use llvm_sys::prelude::{LLVMBasicBlockRef, LLVMContextRef, LLVMTypeRef, LLVMValueRef};
use llvm_sys::{LLVMLinkage, LLVMTypeKind};
use std::marker::PhantomData;

/// Type of a value in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// A truth value.
    I1,
    /// One byte.
    I8,
    /// Two bytes.
    I16,
    /// Four bytes.
    I32,
    /// Eight bytes.
    I64,
    /// An address that the kernel's verifier may know something about.
    Ptr,
}

impl Ty {
    /// The integer of 1, 2, 4 or 8 bytes; 8 for any other number.
    pub fn int(bytes: u32) -> Self {
        match bytes {
            1 => Self::I8,
            2 => Self::I16,
            4 => Self::I32,
            _ => Self::I64,
        }
    }

    /// Bits of a value; 64 for pointers.
    pub fn bits(self) -> u32 {
        match self {
            Self::I1 => 1,
            Self::I8 => 8,
            Self::I16 => 16,
            Self::I32 => 32,
            Self::I64 | Self::Ptr => 64,
        }
    }

    /// Bytes of a value in memory.
    pub fn bytes(self) -> u32 {
        self.bits().div_ceil(8)
    }

    pub(super) fn raw(self, context: LLVMContextRef) -> LLVMTypeRef {
        // SAFETY: the caller passes the context of a live module; types live as long as it.
        unsafe {
            match self {
                Self::I1 => LLVMInt1TypeInContext(context),
                Self::I8 => LLVMInt8TypeInContext(context),
                Self::I16 => LLVMInt16TypeInContext(context),
                Self::I32 => LLVMInt32TypeInContext(context),
                Self::I64 => LLVMInt64TypeInContext(context),
                Self::Ptr => LLVMPointerTypeInContext(context, 0),
            }
        }
    }
}

/// A value that fits a register.
#[derive(Clone, Copy, Debug)]
pub struct Value<'m> {
    raw: LLVMValueRef,
    ty: Ty,
    module: PhantomData<&'m ()>,
}

impl<'m> Value<'m> {
    /// Wraps what LLVM made.
    ///
    /// # Safety
    /// `raw` is a value of the module that `'m` borrows, or a constant of its context.
    pub(super) unsafe fn new(raw: LLVMValueRef) -> Self {
        // SAFETY: the caller vouches for the value; values of other types than `Ty` names are
        // not made in this module.
        let ty = unsafe {
            let ty = LLVMTypeOf(raw);
            match LLVMGetTypeKind(ty) {
                LLVMTypeKind::LLVMIntegerTypeKind => match LLVMGetIntTypeWidth(ty) {
                    1 => Ty::I1,
                    8 => Ty::I8,
                    16 => Ty::I16,
                    32 => Ty::I32,
                    _ => Ty::I64,
                },
                _ => Ty::Ptr,
            }
        };
        Self {
            raw,
            ty,
            module: PhantomData,
        }
    }

    /// Its type.
    pub fn ty(self) -> Ty {
        self.ty
    }

    /// The number that it is, where that is known when compiling.
    pub fn constant(self) -> Option<u64> {
        // SAFETY: `'m` keeps the value's module alive; only an integer is asked for its number.
        unsafe {
            let number = LLVMIsAConstantInt(self.raw);
            (!number.is_null()).then(|| LLVMConstIntGetZExtValue(number))
        }
    }

    /// The pointer, checked to be of `context`.
    pub(super) fn raw_in(self, context: LLVMContextRef) -> LLVMValueRef {
        // SAFETY: `'m` keeps the value's module alive.
        let own = unsafe { LLVMGetTypeContext(LLVMTypeOf(self.raw)) };
        assert_eq!(own, context, "a value was used in another context");
        self.raw
    }
}

/// A basic block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'m> {
    pub(super) raw: LLVMBasicBlockRef,
    module: PhantomData<&'m ()>,
}

impl Block<'_> {
    /// Wraps what LLVM made.
    ///
    /// # Safety
    /// `raw` is a block of the module that the lifetime borrows.
    pub(super) unsafe fn new(raw: LLVMBasicBlockRef) -> Self {
        Self {
            raw,
            module: PhantomData,
        }
    }
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Function<'m> {
    pub(super) raw: LLVMValueRef,
    context: LLVMContextRef,
    params: u32,
    module: PhantomData<&'m ()>,
}

impl<'m> Function<'m> {
    /// Wraps what LLVM made.
    ///
    /// # Safety
    /// `raw` is a function with this many parameters in the module that `'m` borrows.
    pub(super) unsafe fn new(raw: LLVMValueRef, params: u32) -> Self {
        // SAFETY: the caller vouches for the function.
        let context = unsafe { LLVMGetTypeContext(LLVMGlobalGetValueType(raw)) };
        Self {
            raw,
            context,
            params,
            module: PhantomData,
        }
    }

    /// A parameter, by number.
    pub fn param(self, index: u32) -> Value<'m> {
        assert!(index < self.params, "the function has no such parameter");
        // SAFETY: the parameter exists, and belongs to the function's module.
        unsafe { Value::new(LLVMGetParam(self.raw, index)) }
    }

    /// Its address.
    pub fn pointer(self) -> Value<'m> {
        // SAFETY: a function is a value of its module.
        unsafe { Value::new(self.raw) }
    }

    /// Whether nothing outside of its module can name it.
    pub fn is_local(self) -> bool {
        // SAFETY: a function is a value of its module.
        unsafe { LLVMGetLinkage(self.raw) == LLVMLinkage::LLVMInternalLinkage }
    }

    /// Adds an empty block at the end.
    pub fn append_block(self, name: &'static std::ffi::CStr) -> Block<'m> {
        // SAFETY: the function and its context are alive for `'m`.
        unsafe {
            Block::new(LLVMAppendBasicBlockInContext(
                self.context,
                self.raw,
                name.as_ptr(),
            ))
        }
    }
}
