//! Why a typed program could not be compiled.

use lexer::{Diagnostic, Span};

/// Why a typed program could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The values of one program take more memory than the kernel gives per CPU.
    #[error("the values of this probe take {bytes} bytes")]
    TooBig {
        /// The probe.
        span: Span,
        /// What its values take.
        bytes: u32,
        /// What there is.
        max: u32,
    },
    /// One program uses more maps than the kernel allows.
    #[error("this probe uses {maps} maps")]
    TooManyMaps {
        /// The probe.
        span: Span,
        /// How many it uses, strobe's own counted.
        maps: usize,
        /// How many it may use.
        max: usize,
    },
    /// The typed program breaks a promise of `sema::ir`.
    #[error("malformed typed program: {what}")]
    Malformed {
        /// The expression or statement.
        span: Span,
        /// Which promise.
        what: &'static str,
    },
    /// LLVM refused what lowering made, or could not generate code for it.
    #[error("LLVM: {0}")]
    Llvm(String),
}

impl Error {
    /// The report that a person sees.
    pub fn to_diagnostic(&self) -> Diagnostic {
        match self {
            Self::TooBig { span, bytes, max } => too_big(*span, *bytes, *max),
            Self::TooManyMaps { span, maps, max } => too_many_maps(*span, *maps, *max),
            Self::Malformed { span, what } => Diagnostic::error(
                "internal-error",
                format!("the compiler made a mistake: {what}"),
            )
            .primary(*span, "while compiling this"),
            Self::Llvm(message) => {
                Diagnostic::error("internal-error", "LLVM could not compile the script")
                    .note(message.clone())
            }
        }
    }
}

fn too_big(span: Span, bytes: u32, max: u32) -> Diagnostic {
    Diagnostic::error(
        "values-too-big",
        "the values of this probe do not fit the kernel's memory",
    )
    .primary(span, format!("needs {bytes} bytes at a time"))
    .note(format!(
        "a program has {max} bytes for its long strings, stacks and tuples"
    ))
    .help("read shorter strings: `str(p, 64)`, or `config = { max_strlen = 200 }`")
}

fn too_many_maps(span: Span, maps: usize, max: usize) -> Diagnostic {
    Diagnostic::error(
        "too-many-maps",
        "this probe uses more maps than the kernel allows",
    )
    .primary(span, format!("uses {maps} maps"))
    .note(format!(
        "a program may use {max} maps, of which strobe needs up to 5 for itself"
    ))
    .help("use fewer maps with a key more, `@m[\"a\", k]` for `@a[k]`, or split the probe in two")
}

#[cfg(feature = "llvm")]
impl From<crate::llvm::LlvmError> for Error {
    fn from(error: crate::llvm::LlvmError) -> Self {
        Self::Llvm(error.0)
    }
}
