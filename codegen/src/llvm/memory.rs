//! Instructions on memory. Addresses are bytes: layouts are the typed program's business.

use super::ffi::NO_NAME;
use super::{Builder, Ty, Value};
use llvm_sys::core::{
    LLVMArrayType2, LLVMBuildAlloca, LLVMBuildAtomicCmpXchg, LLVMBuildAtomicRMW,
    LLVMBuildExtractValue, LLVMBuildGEP2, LLVMBuildLoad2, LLVMBuildMemCpy, LLVMBuildMemSet,
    LLVMBuildStore, LLVMSetAlignment, LLVMSetVolatile,
};
use llvm_sys::prelude::LLVMValueRef;
use llvm_sys::{LLVMAtomicOrdering, LLVMAtomicRMWBinOp};

impl<'m> Builder<'m> {
    /// Room on the stack, 8-byte aligned. Only in a function's first block.
    pub fn alloca(&self, size: u32) -> Value<'m> {
        let byte = Ty::I8.raw(self.context());
        // SAFETY: the builder stands in a block, and the type is of its context.
        unsafe {
            let room = LLVMArrayType2(byte, u64::from(size));
            let slot = LLVMBuildAlloca(self.raw, room, NO_NAME);
            LLVMSetAlignment(slot, 8);
            Value::new(slot)
        }
    }

    /// The address some bytes further on.
    pub fn offset(&self, pointer: Value<'m>, bytes: i64) -> Value<'m> {
        if bytes == 0 {
            return pointer;
        }
        self.offset_by(pointer, self.constant(Ty::I64, bytes.cast_unsigned()))
    }

    /// The address as many bytes further on as an I64 says.
    pub fn offset_by(&self, pointer: Value<'m>, bytes: Value<'m>) -> Value<'m> {
        assert_eq!(bytes.ty(), Ty::I64, "an offset has 8 bytes");
        let pointer = self.pointer(pointer);
        let mut index = [self.own(bytes)];
        let byte = Ty::I8.raw(self.context());
        // SAFETY: the builder stands in a block; base and index are of the types LLVM wants.
        unsafe {
            Value::new(LLVMBuildGEP2(
                self.raw,
                byte,
                pointer,
                index.as_mut_ptr(),
                1,
                NO_NAME,
            ))
        }
    }

    /// Reads a value. `align` must hold: BPF reads byte by byte what is aligned to less than its
    /// size.
    pub fn load(&self, ty: Ty, pointer: Value<'m>, align: u32) -> Value<'m> {
        // SAFETY: what `read` made is of this module.
        unsafe { Value::new(self.read(ty, pointer, align)) }
    }

    /// Reads a value with just one instruction of just this size.
    pub fn load_volatile(&self, ty: Ty, pointer: Value<'m>, align: u32) -> Value<'m> {
        let load = self.read(ty, pointer, align);
        // SAFETY: a load, made just now.
        unsafe {
            LLVMSetVolatile(load, 1);
            Value::new(load)
        }
    }

    /// Writes a value.
    pub fn store(&self, value: Value<'m>, pointer: Value<'m>, align: u32) {
        let (value, pointer) = (self.own(value), self.pointer(pointer));
        // SAFETY: the builder stands in a block, and the address is a pointer.
        unsafe {
            let store = LLVMBuildStore(self.raw, value, pointer);
            LLVMSetAlignment(store, align);
        }
    }

    /// Adds an I32 or I64 to a naturally aligned place in one step, and yields what was there.
    /// Where nobody uses that, it becomes the plain atomic addition.
    pub fn atomic_add(&self, pointer: Value<'m>, value: Value<'m>) -> Value<'m> {
        assert!(
            matches!(value.ty(), Ty::I32 | Ty::I64),
            "BPF has atomics of 4 and 8 bytes"
        );
        let (pointer, value) = (self.pointer(pointer), self.own(value));
        // SAFETY: the builder stands in a block; the address is a pointer, the operand an integer.
        unsafe {
            Value::new(LLVMBuildAtomicRMW(
                self.raw,
                LLVMAtomicRMWBinOp::LLVMAtomicRMWBinOpAdd,
                pointer,
                value,
                LLVMAtomicOrdering::LLVMAtomicOrderingMonotonic,
                0,
            ))
        }
    }

    /// Writes `new` where there is `old`, an aligned I64, in one step; yields what was there.
    pub fn compare_exchange(
        &self,
        pointer: Value<'m>,
        old: Value<'m>,
        new: Value<'m>,
    ) -> Value<'m> {
        assert!(
            old.ty() == Ty::I64 && new.ty() == Ty::I64,
            "BPF's compare and exchange that we use has 8 bytes"
        );
        let (pointer, old, new) = (self.pointer(pointer), self.own(old), self.own(new));
        let order = LLVMAtomicOrdering::LLVMAtomicOrderingSequentiallyConsistent;
        // SAFETY: the builder stands in a block; the operands are a pointer and two integers of
        // one type, and the first member of the result is the integer that was there.
        unsafe {
            let pair = LLVMBuildAtomicCmpXchg(self.raw, pointer, old, new, order, order, 0);
            Value::new(LLVMBuildExtractValue(self.raw, pair, 0, NO_NAME))
        }
    }

    /// Copies bytes inline; both ends aligned to `align`, and not overlapping.
    pub fn copy(&self, to: Value<'m>, from: Value<'m>, align: u32, bytes: u32) {
        let size = self.own(self.constant(Ty::I64, u64::from(bytes)));
        let (to, from) = (self.pointer(to), self.pointer(from));
        // SAFETY: the builder stands in a block; the operands are pointers and a length.
        unsafe { LLVMBuildMemCpy(self.raw, to, align, from, align, size) };
    }

    /// Zeroes bytes inline, from an address aligned to `align`.
    pub fn zero(&self, to: Value<'m>, align: u32, bytes: u32) {
        let size = self.own(self.constant(Ty::I64, u64::from(bytes)));
        let byte = self.own(self.constant(Ty::I8, 0));
        let to = self.pointer(to);
        // SAFETY: the builder stands in a block; the operands are a pointer, a byte and a length.
        unsafe { LLVMBuildMemSet(self.raw, to, byte, size, align) };
    }

    fn read(&self, ty: Ty, pointer: Value<'m>, align: u32) -> LLVMValueRef {
        let pointer = self.pointer(pointer);
        let ty = ty.raw(self.context());
        // SAFETY: the builder stands in a block, and the address is a pointer.
        unsafe {
            let load = LLVMBuildLoad2(self.raw, ty, pointer, NO_NAME);
            LLVMSetAlignment(load, align);
            load
        }
    }

    fn pointer(&self, value: Value<'m>) -> LLVMValueRef {
        assert_eq!(value.ty(), Ty::Ptr, "an address is a pointer");
        self.own(value)
    }
}
