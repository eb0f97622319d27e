//! Tracefs `format` files: number and record layout of a tracepoint.
//!
//! The kernel writes them (`f_show` in `kernel/trace/trace_events.c`), but the text of a field's
//! type is whatever its event's author wrote, so it is kept as it is and also given a [`Shape`].

mod shape;
#[cfg(test)]
mod tests;

pub use shape::Shape;

use super::KernelError;

/// What a `format` file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Number of the event, by which it is attached to.
    pub id: u64,
    /// The fields of its record in order, the common ones first.
    pub fields: Vec<Field>,
}

/// A field of a tracepoint's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its declaration as the file has it: `const char * filename`, `__data_loc char[] name`.
    pub declaration: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
    /// Bytes from the start of the record.
    pub offset: u32,
    /// Bytes that it takes in the record.
    pub size: u32,
}

impl Field {
    /// Whether it is one that every event has, such as `common_pid`.
    pub fn is_common(&self) -> bool {
        self.name.starts_with("common_")
    }
}

impl Format {
    /// The fields of the event itself: those that scripts see.
    pub fn own_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.is_common())
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Reads the `format` file of a tracepoint.
///
/// # Errors
/// When it has no number, or a field line does not read as one.
pub fn parse(system: &str, event: &str, text: &str) -> Result<Format, KernelError> {
    let malformed = |reason: String| KernelError::Malformed {
        what: format!("format of tracepoint {system}:{event}"),
        reason,
    };
    let mut id = None;
    let mut fields = Vec::new();
    for line in text.lines() {
        // What follows says how ftrace prints the record, in C.
        if line.starts_with("print fmt:") {
            break;
        }
        if let Some(number) = line.strip_prefix("ID:") {
            id = number.trim().parse().ok();
        } else if let Some(rest) = field_line(line) {
            let field = field(rest).ok_or_else(|| malformed(format!("no field: `{line}`")))?;
            fields.push(field);
        }
    }
    let id = id.ok_or_else(|| malformed("it has no ID".to_owned()))?;
    Ok(Format { id, fields })
}

/// What follows `field:`, on a line that has it.
fn field_line(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("field:")
        .or_else(|| line.strip_prefix("field special:"))
}

/// Reads `DECLARATION; offset:N; size:N; signed:N;`.
fn field(text: &str) -> Option<Field> {
    let (declaration, rest) = text.split_once(';')?;
    let number = |key: &str| -> Option<u32> {
        let mut parts = rest.split(';').map(str::trim);
        parts.find_map(|part| part.strip_prefix(key)?.parse().ok())
    };
    let size = number("size:")?;
    // Kernels before 2.6.39 leave it out.
    let signed = number("signed:").unwrap_or(0) != 0;
    let (name, shape) = shape::read(declaration, size, signed)?;
    Some(Field {
        declaration: declaration.to_owned(),
        name: name.to_owned(),
        shape,
        offset: number("offset:")?,
        size,
    })
}
