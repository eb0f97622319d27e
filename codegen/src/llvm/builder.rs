//! Instructions: arithmetic, comparison and control flow. Those on memory are in `memory`.

use super::ffi::NO_NAME;
use super::{Block, Location, Module, Ty, Value};
use llvm_sys::core::{
    LLVMAddIncoming, LLVMBuildAShr, LLVMBuildAdd, LLVMBuildAnd, LLVMBuildBr, LLVMBuildCall2,
    LLVMBuildCondBr, LLVMBuildICmp, LLVMBuildIntToPtr, LLVMBuildLShr, LLVMBuildMul, LLVMBuildOr,
    LLVMBuildPhi, LLVMBuildPtrToInt, LLVMBuildRet, LLVMBuildSExt, LLVMBuildSelect, LLVMBuildShl,
    LLVMBuildSub, LLVMBuildTrunc, LLVMBuildUDiv, LLVMBuildURem, LLVMBuildXor, LLVMBuildZExt,
    LLVMConstInt, LLVMConstIntToPtr, LLVMConstNull, LLVMCreateBuilderInContext, LLVMDisposeBuilder,
    LLVMFunctionType, LLVMGetInlineAsm, LLVMGetInsertBlock, LLVMGetIntrinsicDeclaration,
    LLVMIntrinsicGetType, LLVMLookupIntrinsicID, LLVMPositionBuilderAtEnd,
    LLVMSetCurrentDebugLocation2,
};
use llvm_sys::prelude::{LLVMBuilderRef, LLVMContextRef, LLVMTypeRef, LLVMValueRef};
use llvm_sys::{LLVMInlineAsmDialect, LLVMIntPredicate};

/// How two integers or pointers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "LLVM's names")]
pub enum Predicate {
    Eq,
    Ne,
    UnsignedLt,
    UnsignedLe,
    UnsignedGt,
    UnsignedGe,
    SignedLt,
    SignedLe,
    SignedGt,
    SignedGe,
}

/// Writes instructions at the end of a block.
pub struct Builder<'m> {
    pub(super) module: &'m Module<'m>,
    pub(super) raw: LLVMBuilderRef,
}

/// An instruction with two operands of one integer type, which is also the result's.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident => $build:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, left: Value<'m>, right: Value<'m>) -> Value<'m> {
            let (left, right) = self.same_integers(left, right);
            // SAFETY: the builder stands in a block, and the operands are integers of one type.
            unsafe { Value::new($build(self.raw, left, right, NO_NAME)) }
        }
    )*};
}

impl<'m> Builder<'m> {
    /// A builder that stands at the end of a block.
    pub fn new(module: &'m Module<'m>, block: Block<'m>) -> Self {
        // SAFETY: the module's context is alive.
        let raw = unsafe { LLVMCreateBuilderInContext(module.context().raw()) };
        let builder = Self { module, raw };
        builder.position_at_end(block);
        builder
    }

    /// Moves to the end of a block.
    pub fn position_at_end(&self, block: Block<'m>) {
        // SAFETY: the block is of a module that is alive for `'m`.
        unsafe { LLVMPositionBuilderAtEnd(self.raw, block.raw) }
    }

    /// The block that instructions go to.
    pub fn block(&self) -> Block<'m> {
        // SAFETY: a builder always stands in a block.
        unsafe { Block::new(LLVMGetInsertBlock(self.raw)) }
    }

    /// The place in the script of the instructions that follow.
    pub fn set_location(&self, location: Location<'m>) {
        // SAFETY: the location is of a module that is alive for `'m`.
        unsafe { LLVMSetCurrentDebugLocation2(self.raw, location.raw) }
    }

    /// A constant; of a pointer type, null whatever the number.
    pub fn constant(&self, ty: Ty, value: u64) -> Value<'m> {
        let raw = ty.raw(self.context());
        // SAFETY: constants live as long as the context.
        unsafe {
            Value::new(match ty {
                Ty::Ptr => LLVMConstNull(raw),
                _ => LLVMConstInt(raw, value, 0),
            })
        }
    }

    binary! {
        /// Sum, wrapping.
        add => LLVMBuildAdd;
        /// Difference, wrapping.
        sub => LLVMBuildSub;
        /// Product, wrapping.
        mul => LLVMBuildMul;
        /// Unsigned quotient; the divisor must not be zero.
        udiv => LLVMBuildUDiv;
        /// Unsigned remainder; the divisor must not be zero.
        urem => LLVMBuildURem;
        /// Bitwise and.
        and => LLVMBuildAnd;
        /// Bitwise or.
        or => LLVMBuildOr;
        /// Bitwise exclusive or.
        xor => LLVMBuildXor;
        /// Shift to the left by less than the width.
        shl => LLVMBuildShl;
        /// Shift to the right by less than the width, filling with zeros.
        lshr => LLVMBuildLShr;
        /// Shift to the right by less than the width, filling with the sign.
        ashr => LLVMBuildAShr;
    }

    /// Compares two values of one type.
    pub fn compare(&self, predicate: Predicate, left: Value<'m>, right: Value<'m>) -> Value<'m> {
        assert_eq!(left.ty(), right.ty(), "compared values are of one type");
        let (left, right) = (self.own(left), self.own(right));
        // SAFETY: the builder stands in a block, and the operands are of one type.
        unsafe {
            Value::new(LLVMBuildICmp(
                self.raw,
                predicate.into(),
                left,
                right,
                NO_NAME,
            ))
        }
    }

    /// Whether a value is zero or null.
    pub fn is_zero(&self, value: Value<'m>) -> Value<'m> {
        self.compare(Predicate::Eq, value, self.constant(value.ty(), 0))
    }

    /// One of two values of one type, without a jump in the IR.
    pub fn select(&self, cond: Value<'m>, then: Value<'m>, otherwise: Value<'m>) -> Value<'m> {
        assert_eq!(cond.ty(), Ty::I1, "a condition is a truth value");
        assert_eq!(then.ty(), otherwise.ty(), "both choices are of one type");
        let (cond, then, otherwise) = (self.own(cond), self.own(then), self.own(otherwise));
        // SAFETY: the builder stands in a block, and the operands are of the types LLVM wants.
        unsafe { Value::new(LLVMBuildSelect(self.raw, cond, then, otherwise, NO_NAME)) }
    }

    /// An integer in another width: cut, or extended by its sign where `signed`.
    pub fn resize(&self, value: Value<'m>, ty: Ty, signed: bool) -> Value<'m> {
        assert!(
            ty != Ty::Ptr && value.ty() != Ty::Ptr,
            "only integers have a width"
        );
        if ty == value.ty() {
            return value;
        }
        let build = match (ty.bits() < value.ty().bits(), signed) {
            (true, _) => LLVMBuildTrunc,
            (false, true) => LLVMBuildSExt,
            (false, false) => LLVMBuildZExt,
        };
        let (raw, ty) = (self.own(value), ty.raw(self.context()));
        // SAFETY: the builder stands in a block; the direction fits the widths.
        unsafe { Value::new(build(self.raw, raw, ty, NO_NAME)) }
    }

    /// An integer of 2, 4 or 8 bytes with its bytes in reverse order.
    pub fn swap_bytes(&self, value: Value<'m>) -> Value<'m> {
        assert!(
            matches!(value.ty(), Ty::I16 | Ty::I32 | Ty::I64),
            "only integers of several bytes have an order of bytes"
        );
        let name = "llvm.bswap";
        let mut ty = value.ty().raw(self.context());
        let mut args = [self.own(value)];
        // SAFETY: the name is that of an intrinsic with one type parameter, which takes and
        // returns an integer of that type; the module is alive.
        unsafe {
            let id = LLVMLookupIntrinsicID(name.as_ptr().cast(), name.len());
            let swap = LLVMGetIntrinsicDeclaration(self.module.raw(), id, &raw mut ty, 1);
            let function = LLVMIntrinsicGetType(self.context(), id, &raw mut ty, 1);
            self.call(function, swap, &mut args)
        }
    }

    /// An address as a number.
    pub fn to_int(&self, pointer: Value<'m>) -> Value<'m> {
        assert_eq!(pointer.ty(), Ty::Ptr, "only a pointer is an address");
        let (raw, ty) = (self.own(pointer), Ty::I64.raw(self.context()));
        // SAFETY: the builder stands in a block, and the operand is a pointer.
        unsafe { Value::new(LLVMBuildPtrToInt(self.raw, raw, ty, NO_NAME)) }
    }

    /// A number as an address.
    pub fn to_ptr(&self, address: Value<'m>) -> Value<'m> {
        assert_eq!(address.ty(), Ty::I64, "an address has 8 bytes");
        let (raw, ty) = (self.own(address), Ty::Ptr.raw(self.context()));
        // SAFETY: the builder stands in a block, and the operand is an integer.
        unsafe { Value::new(LLVMBuildIntToPtr(self.raw, raw, ty, NO_NAME)) }
    }

    /// The same I64, of which LLVM knows nothing any more: keeps it from dropping a check that
    /// the kernel's verifier needs to see. Costs no instruction.
    pub fn opaque(&self, value: Value<'m>) -> Value<'m> {
        assert_eq!(value.ty(), Ty::I64, "made for 8 bytes");
        let i64 = Ty::I64.raw(self.context());
        let constraints = "=r,0";
        let mut args = [self.own(value)];
        let mut params = [i64];
        // SAFETY: the type is that of the constraints, and the assembly text is empty.
        unsafe {
            let ty = LLVMFunctionType(i64, params.as_mut_ptr(), 1, 0);
            let asm = LLVMGetInlineAsm(
                ty,
                NO_NAME,
                0,
                constraints.as_ptr().cast(),
                constraints.len(),
                1,
                0,
                LLVMInlineAsmDialect::LLVMInlineAsmDialectATT,
                0,
            );
            self.call(ty, asm, &mut args)
        }
    }

    /// Calls the kernel helper of this number (`enum bpf_func_id`), which returns an I64, or a
    /// pointer where `result` says so.
    pub fn call_helper(&self, id: u32, args: &[Value<'m>], result: Ty) -> Value<'m> {
        let context = self.context();
        let mut params: Vec<_> = args.iter().map(|arg| arg.ty().raw(context)).collect();
        let mut args: Vec<_> = args.iter().map(|&arg| self.own(arg)).collect();
        let count = args.len() as u32;
        // SAFETY: the function type is made of the arguments' own types; BPF takes a constant
        // address as the number of a helper.
        unsafe {
            let ty = LLVMFunctionType(result.raw(context), params.as_mut_ptr(), count, 0);
            let id = LLVMConstInt(Ty::I64.raw(context), u64::from(id), 0);
            let helper = LLVMConstIntToPtr(id, Ty::Ptr.raw(context));
            self.call(ty, helper, &mut args)
        }
    }

    /// Goes on in a block.
    pub fn jump(&self, to: Block<'m>) {
        // SAFETY: the builder stands in a block; a jump out of the function is found by the
        // verifier.
        unsafe { LLVMBuildBr(self.raw, to.raw) };
    }

    /// Goes on in one of two blocks.
    pub fn branch(&self, cond: Value<'m>, then: Block<'m>, otherwise: Block<'m>) {
        assert_eq!(cond.ty(), Ty::I1, "a condition is a truth value");
        let cond = self.own(cond);
        // SAFETY: as for `jump`.
        unsafe { LLVMBuildCondBr(self.raw, cond, then.raw, otherwise.raw) };
    }

    /// Returns an I64.
    pub fn ret(&self, value: Value<'m>) {
        assert_eq!(value.ty(), Ty::I64, "functions return 8 bytes");
        let value = self.own(value);
        // SAFETY: the builder stands in a block of a function that returns an I64.
        unsafe { LLVMBuildRet(self.raw, value) };
    }

    /// The value that belongs to the block that control came from; all of one type.
    pub fn phi(&self, incoming: &[(Value<'m>, Block<'m>)]) -> Value<'m> {
        let ty = incoming.first().map_or(Ty::I64, |(value, _)| value.ty());
        let phi = {
            let ty = ty.raw(self.context());
            // SAFETY: the builder stands in a block.
            unsafe { LLVMBuildPhi(self.raw, ty, NO_NAME) }
        };
        for &(value, block) in incoming {
            assert_eq!(value.ty(), ty, "incoming values are of one type");
            let (mut value, mut block) = (self.own(value), block.raw);
            // SAFETY: one value and one block, as the count says.
            unsafe { LLVMAddIncoming(phi, &raw mut value, &raw mut block, 1) };
        }
        // SAFETY: made just now, in this module.
        unsafe { Value::new(phi) }
    }

    pub(super) fn context(&self) -> LLVMContextRef {
        self.module.context().raw()
    }

    /// The raw value, checked to be of our context.
    pub(super) fn own(&self, value: Value<'m>) -> LLVMValueRef {
        value.raw_in(self.context())
    }

    fn same_integers(&self, left: Value<'m>, right: Value<'m>) -> (LLVMValueRef, LLVMValueRef) {
        assert_eq!(left.ty(), right.ty(), "operands are of one type");
        assert_ne!(left.ty(), Ty::Ptr, "operands are integers");
        (self.own(left), self.own(right))
    }

    /// # Safety
    /// `callee` is of type `ty`, and the arguments are those that `ty` lists.
    unsafe fn call(
        &self,
        ty: LLVMTypeRef,
        callee: LLVMValueRef,
        args: &mut [LLVMValueRef],
    ) -> Value<'m> {
        let count = args.len() as u32;
        // SAFETY: the caller vouches for types and arguments; the builder stands in a block.
        unsafe {
            Value::new(LLVMBuildCall2(
                self.raw,
                ty,
                callee,
                args.as_mut_ptr(),
                count,
                NO_NAME,
            ))
        }
    }
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        // SAFETY: ours, and nothing keeps a pointer to it.
        unsafe { LLVMDisposeBuilder(self.raw) }
    }
}

impl From<Predicate> for LLVMIntPredicate {
    fn from(predicate: Predicate) -> Self {
        match predicate {
            Predicate::Eq => Self::LLVMIntEQ,
            Predicate::Ne => Self::LLVMIntNE,
            Predicate::UnsignedLt => Self::LLVMIntULT,
            Predicate::UnsignedLe => Self::LLVMIntULE,
            Predicate::UnsignedGt => Self::LLVMIntUGT,
            Predicate::UnsignedGe => Self::LLVMIntUGE,
            Predicate::SignedLt => Self::LLVMIntSLT,
            Predicate::SignedLe => Self::LLVMIntSLE,
            Predicate::SignedGt => Self::LLVMIntSGT,
            Predicate::SignedGe => Self::LLVMIntSGE,
        }
    }
}
