//! `config`: the settings that hold, as a record of constants.

use super::machine::truth;
use super::{Builtin, Check, Mode};
use crate::cx::Cx;
use crate::infer::text;
use crate::ir::{Config, ExprKind, MissingProbes};
use crate::ty::Ty;
use crate::typed::Typed;
use lexer::Span;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "config",
    signature: "config.setting",
    doc: "The settings that hold, from the script's config block and the environment, by name; \
          what takes a word is a text.",
    mode: Mode::CompileTime,
    example: "if (config.stack_mode == \"raw\") { print(config.max_strlen) }",
    check: Check::Value(config),
    ..Builtin::PLAIN
}];

/// The value of a setting.
enum Known {
    Number(u32),
    Truth(bool),
    Text(String),
}

fn config(span: Span, cx: &mut Cx<'_>) -> Typed {
    let mut fields = Vec::new();
    let mut values = Vec::new();
    for (name, known) in settings(&cx.config) {
        let value = match known {
            Known::Number(number) => Typed::literal(number.into(), span),
            Known::Truth(holds) => truth(holds, span),
            Known::Text(word) => text(word.into_bytes(), span),
        };
        let ty = value.stored_type();
        values.push(value.convert(&ty));
        fields.push((name.to_owned(), ty));
    }
    Typed::value(ExprKind::Aggregate(values), Ty::Record(fields), span)
}

/// A setting that is one of two words.
fn word(second: bool, words: [&str; 2]) -> Known {
    Known::Text(words[usize::from(second)].to_owned())
}

/// Every setting by its name.
fn settings(config: &Config) -> Vec<(&'static str, Known)> {
    use Known::{Number, Text, Truth};
    let missing = match config.missing_probes {
        MissingProbes::Error => "error",
        MissingProbes::Warn => "warn",
        MissingProbes::Ignore => "ignore",
    };
    let unstable = |feature: &str| {
        let refused = config.refused.iter().any(|refused| refused == feature);
        word(refused, ["enable", "error"])
    };
    vec![
        ("max_strlen", Number(config.max_strlen)),
        ("max_map_keys", Number(config.max_map_keys)),
        ("max_probes", Number(config.max_probes)),
        ("max_bpf_progs", Number(config.max_bpf_progs)),
        ("on_stack_limit", Number(config.on_stack_limit)),
        ("unstable_map_decl", unstable("map_decl")),
        ("unstable_tseries", unstable("tseries")),
        ("unstable_addr", unstable("addr")),
        ("unstable_import", unstable("import")),
        ("unstable_macro", unstable("macro")),
        ("max_cat_bytes", Number(config.max_cat_bytes)),
        ("perf_rb_pages", Number(config.perf_rb_pages)),
        ("log_size", Number(config.log_size)),
        ("str_trunc_trailer", Text(config.str_trunc_trailer.clone())),
        ("license", Text(config.license.clone())),
        ("print_maps_on_exit", Truth(config.print_maps_on_exit)),
        ("print_sort", word(config.print.by_key, ["value", "key"])),
        (
            "print_order",
            word(config.print.descending, ["ascending", "descending"]),
        ),
        ("print_top", Number(config.print.top)),
        ("print_percentiles", Truth(config.print.percentiles)),
        ("missing_probes", Text(missing.to_owned())),
        ("stack_mode", Text(config.stack_mode.name().to_owned())),
        ("cpp_demangle", Truth(config.cpp_demangle)),
        ("show_debug_info", Truth(config.show_debug_info)),
        // What strobe does, whatever a script says.
        ("lazy_symbolication", Truth(true)),
        ("cache_user_symbols", Text("PER_PID".to_owned())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn every_setting_can_be_read() {
        let readable: Vec<_> = settings(&Config::default())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let known: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
        assert_eq!(readable, known);
    }
}
