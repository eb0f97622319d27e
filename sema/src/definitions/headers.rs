//! Headers of the system: looked at where the kernel's own types are not enough. A C compiler that
//! is installed preprocesses them; without one, ours reads them as far as it can.

use crate::error;
use crate::kernel::{Kernel, Preprocessed};
use lexer::FileId;
use parser::c::{Include, Includes, SYSTEM_FILES, Wanted, is_foreign};

/// The macros of a C compiler that the system's headers rest on.
pub(super) const COMPILER: &[(&str, &str)] = &[
    ("__STDC__", "1"),
    ("__STDC_VERSION__", "201112L"),
    ("__STDC_HOSTED__", "1"),
    ("__GNUC__", "12"),
    ("__GNUC_MINOR__", "2"),
    ("__linux__", "1"),
    ("__unix__", "1"),
    ("__SIZE_TYPE__", "unsigned long"),
    ("__PTRDIFF_TYPE__", "long"),
    ("__WCHAR_TYPE__", "int"),
    ("__WINT_TYPE__", "unsigned int"),
    ("__CHAR_BIT__", "8"),
    ("__SCHAR_MAX__", "127"),
    ("__SHRT_MAX__", "32767"),
    ("__INT_MAX__", "2147483647"),
    ("__LONG_MAX__", "9223372036854775807L"),
    ("__LONG_LONG_MAX__", "9223372036854775807LL"),
    ("__SIZEOF_INT__", "4"),
    ("__SIZEOF_LONG__", "8"),
    ("__SIZEOF_POINTER__", "8"),
    ("__SIZEOF_SIZE_T__", "8"),
    ("__ORDER_LITTLE_ENDIAN__", "1234"),
    ("__ORDER_BIG_ENDIAN__", "4321"),
    #[cfg(target_endian = "little")]
    ("__BYTE_ORDER__", "1234"),
    #[cfg(target_endian = "big")]
    ("__BYTE_ORDER__", "4321"),
    ("__BIGGEST_ALIGNMENT__", "16"),
];

/// Where the headers of one reading come from.
pub(super) struct Headers<'a> {
    kernel: &'a dyn Kernel,
    /// Whether those of the system are read.
    reads_system: bool,
    /// The folder of each that was read.
    read: Vec<usize>,
    /// Whether one of the system was asked for and not read.
    pub(super) left_out: bool,
    /// Why no C compiler helped to read one of the system, where none did.
    pub(super) unaided: Option<Unaided>,
}

/// Why no C compiler helped to read a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unaided {
    /// None is installed.
    NoCompiler,
    /// It refused the header, for this reason.
    Refused(String),
}

impl<'a> Headers<'a> {
    pub(super) fn new(kernel: &'a dyn Kernel, reads_system: bool) -> Self {
        Headers {
            kernel,
            reads_system,
            read: Vec::new(),
            left_out: false,
            unaided: None,
        }
    }
}

impl Headers<'_> {
    /// The text of a header by the preprocessor of a C compiler, which needs no other then.
    fn preprocessed(&self, wanted: &Wanted<'_>) -> Result<String, Unaided> {
        let before = wanted.defined.to_string();
        match self.kernel.preprocessed(wanted.name, &before) {
            Preprocessed::Text(text) => Ok(text),
            Preprocessed::NoCompiler => Err(Unaided::NoCompiler),
            Preprocessed::Refused(reason) => Err(Unaided::Refused(reason)),
        }
    }

    /// The id for the places of a header that was found in a folder.
    fn take_in(&mut self, folder: usize) -> FileId {
        let number = u32::try_from(self.read.len()).unwrap_or(u32::MAX);
        self.read.push(folder);
        FileId(SYSTEM_FILES.saturating_add(number))
    }

    /// The folder of a header that was read.
    fn folder_of(&self, file: FileId) -> Option<usize> {
        let number = file.0.checked_sub(SYSTEM_FILES)?;
        self.read.get(number as usize).copied()
    }
}

impl Includes for Headers<'_> {
    fn include(&mut self, wanted: &Wanted<'_>) -> Include {
        let &Wanted {
            name, system, at, ..
        } = wanted;
        if !self.reads_system && (system || is_foreign(at)) {
            self.left_out = true;
            return Include::Nothing;
        }
        let missing = |report| match is_foreign(at) {
            true => Include::Nothing,
            false => Include::Failed(Box::new(report)),
        };
        if !system && !is_foreign(at) {
            return missing(error::no_own_header(name, at));
        }
        let preprocessed = (!is_foreign(at)).then(|| self.preprocessed(wanted));
        let unaided = match preprocessed {
            Some(Ok(text)) => return Include::Expanded(self.take_in(0), text),
            Some(Err(unaided)) => Some(unaided),
            None => None,
        };
        let passed = match wanted.next {
            true => self.folder_of(at.file).map_or(0, |folder| folder + 1),
            false => 0,
        };
        match self.kernel.header(name, passed) {
            Ok(Some(header)) => {
                self.unaided = unaided.or(self.unaided.take());
                Include::Text(self.take_in(header.folder), header.text)
            }
            Ok(None) => missing(error::no_header(name, at)),
            Err(e) => missing(error::kernel(&e, at)),
        }
    }
}
