//! Bytes from a file or a pipe to the text that is lexed.

use crate::Diagnostic;

/// The longest script that is taken, in bytes. Spans hold 32-bit offsets, and every later stage
/// costs memory by the size of the script.
pub const MAX_SOURCE_BYTES: usize = 4 << 20;

/// The text in `bytes`, which came from `name` (a path, `stdin`).
///
/// # Errors
/// `script-too-large` above [`MAX_SOURCE_BYTES`]; `not-text` where the bytes are not UTF-8, with the
/// offset of the first that is not.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(too_large(name, bytes.len()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = 1 + bytes[..at].iter().filter(|&&b| b == b'\n').count();
        Diagnostic::error("not-text", format!("`{name}` is not a text file"))
            .note(format!(
                "the byte 0x{:02x} at offset {at} (line {line}) is not UTF-8",
                bytes[at]
            ))
            .help("give a script, or save this one as UTF-8")
    })
}

/// The report about a script that is too long.
pub fn too_large(name: &str, bytes: usize) -> Diagnostic {
    let message = format!("`{name}` is too large to be a script");
    Diagnostic::error("script-too-large", message).note(format!(
        "it has {bytes} bytes; the longest script taken has {MAX_SOURCE_BYTES}"
    ))
}
