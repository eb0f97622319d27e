//! Debug information: just what `.BTF` and `.BTF.ext` need to point at the script.

use super::ffi::strobe_di_file;
use super::{Function, Module};
use llvm_sys::core::LLVMGetModuleContext;
use llvm_sys::debuginfo::{
    LLVMCreateDIBuilder, LLVMDIBuilderCreateBasicType, LLVMDIBuilderCreateCompileUnit,
    LLVMDIBuilderCreateDebugLocation, LLVMDIBuilderCreateFunction,
    LLVMDIBuilderCreateLexicalBlockFile, LLVMDIBuilderCreateSubroutineType, LLVMDIBuilderFinalize,
    LLVMDWARFEmissionKind, LLVMDWARFSourceLanguage, LLVMDebugMetadataVersion, LLVMDisposeDIBuilder,
    LLVMSetSubprogram,
};
use llvm_sys::prelude::{LLVMDIBuilderRef, LLVMMetadataRef};
use std::marker::PhantomData;
use std::ptr;

/// `DW_ATE_signed`
const SIGNED: u32 = 5;

/// `.BTF.ext` packs line and column into one word: this many bits are for the column.
const COLUMN_BITS: u32 = 10;

/// Writer of a module's debug information. Dropping it finishes the work.
pub struct DebugInfo<'m> {
    module: &'m Module<'m>,
    raw: LLVMDIBuilderRef,
    files: Vec<LLVMMetadataRef>,
    subroutine: LLVMMetadataRef,
}

/// A function and the file that its locations are in.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'m> {
    raw: LLVMMetadataRef,
    module: PhantomData<&'m ()>,
}

/// A line and column in a scope.
#[derive(Clone, Copy, Debug)]
pub struct Location<'m> {
    pub(super) raw: LLVMMetadataRef,
    module: PhantomData<&'m ()>,
}

impl<'m> DebugInfo<'m> {
    /// Starts the debug information of a module: files by name and text, the script first.
    pub fn new<'t>(
        module: &'m Module<'m>,
        files: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        module.add_flag("Debug Info Version", debug_metadata_version());
        // BTF alone: with this flag and no DWARF version, LLVM writes no DWARF beside it.
        module.add_flag("CodeView", 1);
        // SAFETY: the module is alive for `'m`; every name is passed with its length.
        unsafe {
            let raw = LLVMCreateDIBuilder(module.raw());
            let mut files: Vec<_> = files
                .into_iter()
                .map(|(name, text)| file(raw, name, text))
                .collect();
            if files.is_empty() {
                files.push(file(raw, "", ""));
            }
            compile_unit(raw, files[0]);
            let int = LLVMDIBuilderCreateBasicType(raw, c"int".as_ptr(), 3, 32, SIGNED, 0);
            let mut types = [int];
            let subroutine =
                LLVMDIBuilderCreateSubroutineType(raw, files[0], types.as_mut_ptr(), 1, 0);
            Self {
                module,
                raw,
                files,
                subroutine,
            }
        }
    }

    /// Describes a function that starts at a line of a file.
    pub fn function(&self, function: Function<'m>, name: &str, file: u32, line: u32) -> Scope<'m> {
        let file = self.file(file);
        // SAFETY: function and builder are of one module; the name is passed with its length.
        let raw = unsafe {
            let subprogram = LLVMDIBuilderCreateFunction(
                self.raw,
                file,
                name.as_ptr().cast(),
                name.len(),
                ptr::null(),
                0,
                file,
                line,
                self.subroutine,
                i32::from(function.is_local()),
                1,
                line,
                0,
                1,
            );
            LLVMSetSubprogram(function.raw, subprogram);
            subprogram
        };
        Scope {
            raw,
            module: PhantomData,
        }
    }

    /// The same function, in another file.
    pub fn in_file(&self, scope: Scope<'m>, file: u32) -> Scope<'m> {
        // SAFETY: scope, file and builder are of one module.
        let raw =
            unsafe { LLVMDIBuilderCreateLexicalBlockFile(self.raw, scope.raw, self.file(file), 0) };
        Scope {
            raw,
            module: PhantomData,
        }
    }

    /// A place in a scope. A column that `.BTF.ext` has no room for becomes the last that it has.
    pub fn location(&self, scope: Scope<'m>, line: u32, column: u32) -> Location<'m> {
        let column = column.min((1 << COLUMN_BITS) - 1);
        // SAFETY: the scope is of this module, whose context is alive.
        let raw = unsafe {
            let context = LLVMGetModuleContext(self.module.raw());
            LLVMDIBuilderCreateDebugLocation(context, line, column, scope.raw, ptr::null_mut())
        };
        Location {
            raw,
            module: PhantomData,
        }
    }

    fn file(&self, index: u32) -> LLVMMetadataRef {
        let file = self.files.get(index as usize);
        file.copied().unwrap_or(self.files[0])
    }
}

impl Drop for DebugInfo<'_> {
    fn drop(&mut self) {
        // SAFETY: the builder is ours, and its module is still alive.
        unsafe {
            LLVMDIBuilderFinalize(self.raw);
            LLVMDisposeDIBuilder(self.raw);
        }
    }
}

fn debug_metadata_version() -> u32 {
    // SAFETY: a constant of the library.
    unsafe { LLVMDebugMetadataVersion() }
}

/// # Safety
/// `builder` is alive.
unsafe fn file(builder: LLVMDIBuilderRef, name: &str, text: &str) -> LLVMMetadataRef {
    // SAFETY: the strings are passed with their lengths and copied.
    unsafe {
        strobe_di_file(
            builder,
            name.as_ptr().cast(),
            name.len(),
            text.as_ptr().cast(),
            text.len(),
        )
    }
}

/// # Safety
/// `builder` is alive and made `file`.
unsafe fn compile_unit(builder: LLVMDIBuilderRef, file: LLVMMetadataRef) {
    let empty = c"".as_ptr();
    // SAFETY: every string is empty and passed as such.
    unsafe {
        LLVMDIBuilderCreateCompileUnit(
            builder,
            LLVMDWARFSourceLanguage::LLVMDWARFSourceLanguageC,
            file,
            empty,
            0,
            1,
            empty,
            0,
            0,
            empty,
            0,
            LLVMDWARFEmissionKind::LLVMDWARFEmissionKindLineTablesOnly,
            0,
            0,
            0,
            empty,
            0,
            empty,
            0,
        );
    }
}
