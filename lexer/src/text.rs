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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_as_it_is() {
        assert_eq!(decode("f", Vec::new()), Ok(String::new()));
        assert_eq!(decode("f", "größe\0".into()), Ok("größe\0".to_owned()));
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_named() {
        let report = decode("f.bt", b"ab\n\xc3\xa4\xff\xfe".to_vec()).expect_err("not UTF-8");
        assert_eq!(report.code, "not-text");
        assert_eq!(
            report.notes,
            ["the byte 0xff at offset 5 (line 2) is not UTF-8"]
        );
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(decode("f", vec![b' '; MAX_SOURCE_BYTES]).is_ok());
        let report = decode("f", vec![b' '; MAX_SOURCE_BYTES + 1]).expect_err("too long");
        assert_eq!(report.code, "script-too-large");
    }
}
