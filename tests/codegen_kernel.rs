//! Programs that codegen makes, on the running kernel: loaded through its verifier, run, and what
//! they leave in maps and records read back.

#[path = "../codegen/tests/support/mod.rs"]
mod support;

use codegen::{Isa, Object};
use runtime::{Error, Options, Output, OutputFormat, Session};
use sema::ir::{BinaryOp, Type};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use support::*;

/// A writer whose text can be read afterwards.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn start(object: Object) -> Result<String, Error> {
    let text = Text::default();
    let mut output = Output::new(
        OutputFormat::Text,
        Box::new(text.clone()),
        Box::new(Text::default()),
    );
    Session::start(object, Options::default())?.run(&mut output)?;
    let bytes = text.0.lock().expect("no writer panicked").clone();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a script prints, on either instruction set.
fn run(script: &Script) -> String {
    let outputs = [Isa::V3, Isa::V4].map(|isa| {
        start(script.compile_for(isa)).unwrap_or_else(|error| {
            let log = match &error {
                Error::Rejected(rejection) => rejection.log.clone(),
                _ => String::new(),
            };
            panic!("{error}\n{log}")
        })
    });
    assert_eq!(outputs[0], outputs[1], "both instruction sets agree");
    outputs[0].clone()
}

#[test]
fn scalar_maps() {
    let mut script = Script::raw();
    let (x, y) = (
        script.scalar_map("@x", Type::I64),
        script.scalar_map("@y", Type::I64),
    );
    let script = script.body([
        set(x, None, int(-5)),
        set(
            y,
            None,
            binary(BinaryOp::Mul, get(x, None, Type::I64), int(3)),
        ),
    ]);
    assert_eq!(run(&script), "\n\n@x: -5\n@y: -15\n");
}
