//! Arithmetic of the lowering, folded by LLVM and compared with its definition.

use super::{Budget, Cx, Unit, bucket};
use crate::Options;
use crate::llvm::{Context, Isa, Machine, Module};
use lexer::{SourceMap, Span};
use sema::ir::{Aggregation, Probe, Program, ProgramType};

/// Runs `check` with a program under construction.
fn with_program(check: impl for<'m> FnOnce(&mut Cx<'_, 'm>)) {
    let ir = Program {
        probes: vec![Probe {
            symbol: "probe".to_owned(),
            program: ProgramType::RawTracepoint,
            targets: Vec::new(),
            variables: Vec::new(),
            predicate: None,
            body: Vec::new(),
            span: Span::default(),
        }],
        ..Program::default()
    };
    let (sources, options) = (SourceMap::new(), Options::default());
    let context = Context::new();
    let machine = Machine::new(Isa::V3).expect("LLVM has BPF");
    let module = Module::new(&context, &machine);
    let mut unit = Unit::new(&module, &ir, &sources, &options, Budget::GENEROUS);
    check(&mut Cx::new(&mut unit, &ir.probes[0]));
}

/// Numbers near every power of two, and some in between.
fn numbers() -> impl Iterator<Item = u64> {
    let near = (0..64).flat_map(|power| {
        let power = 1u64 << power;
        [power - 1, power, power + 1, power | power >> 1, !power]
    });
    let step = 0x9e37_79b9_7f4a_7c15u64;
    let scattered = (0..200u64).map(move |n| n.wrapping_mul(step) >> (n % 64));
    near.chain(scattered).chain([u64::MAX])
}

#[test]
fn log2_buckets_are_as_defined() {
    with_program(|cx| {
        for bits in 0..=5 {
            let buckets = Aggregation::Hist { bits }.buckets();
            for number in numbers() {
                let bucket = bucket::log2(cx, cx.u64(number), bits, false);
                let bucket = bucket.constant().expect("LLVM folds constants") as u32;
                assert!(bucket < buckets, "{number} in {bucket} of {buckets}");
                let (low, high) = Aggregation::log2_bucket(bits, bucket).expect("a range");
                assert!(
                    (low..=high).contains(&number),
                    "{number} in bucket {bucket} of {low}..={high}, {bits} bits"
                );
            }
        }
    });
}

#[test]
fn negative_numbers_have_their_own_log2_bucket() {
    with_program(|cx| {
        for (number, bits) in numbers().flat_map(|n| [(n, 0), (n, 2)]) {
            let bucket = bucket::log2(cx, cx.u64(number), bits, true).constant();
            let unsigned = bucket::log2(cx, cx.u64(number), bits, false).constant();
            if number.cast_signed() < 0 {
                assert_eq!(bucket, Some(0), "{number}");
            } else {
                assert_eq!(bucket, unsigned, "{number}");
            }
        }
    });
}

#[test]
fn linear_buckets_are_as_defined() {
    let ranges = [
        (0, 100, 10),
        (-100, 100, 7),
        (5, 6, 1),
        (i64::MIN, i64::MAX, 1 << 60),
    ];
    with_program(|cx| {
        for (min, max, step) in ranges {
            let last = Aggregation::Lhist { min, max, step }.buckets() - 1;
            for number in numbers() {
                for signed in [false, true] {
                    let input = cx.u64(number);
                    let bucket = bucket::linear(cx, input, (min, max, step), signed, last);
                    let wide = match signed {
                        true => i128::from(number.cast_signed()),
                        false => i128::from(number),
                    };
                    let wanted = if wide < i128::from(min) {
                        0
                    } else if wide >= i128::from(max) {
                        u64::from(last)
                    } else {
                        1 + ((wide - i128::from(min)) as u64) / step
                    };
                    assert_eq!(bucket.constant(), Some(wanted), "{wide} in {min}..{max}");
                }
            }
        }
    });
}
