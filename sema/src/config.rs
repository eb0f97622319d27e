//! The settings of a run: the script's `config` block, and the environment, which wins.

use crate::error;
use crate::ir::{Config, MissingProbes, StackMode};
use lexer::{Diagnostic, Span};
use parser::ast::{ConfigEntry, Expr, ExprKind, Item, Program};

/// A setting: its name, what it takes, and how a value is put into the configuration.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static str,
    apply: fn(&mut Config, &Value) -> Option<()>,
}

/// The value of a setting as written.
pub(crate) enum Value {
    Number(u64),
    Text(String),
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        name: "max_strlen",
        takes: "a number of bytes from 1 to 65536",
        apply: |c, v| set(&mut c.max_strlen, v.number(1..=65_536)),
    },
    Setting {
        name: "max_map_keys",
        takes: "a number of keys above 0",
        apply: |c, v| set(&mut c.max_map_keys, v.number(1..=u32::MAX)),
    },
    Setting {
        name: "max_probes",
        takes: "a number of attach points above 0",
        apply: |c, v| set(&mut c.max_probes, v.number(1..=u32::MAX)),
    },
    Setting {
        name: "max_bpf_progs",
        takes: "a number of programs above 0",
        apply: |c, v| set(&mut c.max_bpf_progs, v.number(1..=u32::MAX)),
    },
    Setting {
        name: "on_stack_limit",
        takes: "a number of bytes from 0 to 512",
        apply: |c, v| set(&mut c.on_stack_limit, v.number(0..=512)),
    },
    Setting {
        name: "unstable_map_decl",
        takes: UNSTABLE,
        apply: |c, v| unstable(c, v, "map_decl"),
    },
    Setting {
        name: "unstable_tseries",
        takes: UNSTABLE,
        apply: |c, v| unstable(c, v, "tseries"),
    },
    Setting {
        name: "unstable_addr",
        takes: UNSTABLE,
        apply: |c, v| unstable(c, v, "addr"),
    },
    Setting {
        name: "unstable_import",
        takes: UNSTABLE,
        apply: |c, v| unstable(c, v, "import"),
    },
    Setting {
        name: "unstable_macro",
        takes: UNSTABLE,
        apply: |c, v| unstable(c, v, "macro"),
    },
    Setting {
        name: "max_cat_bytes",
        takes: "a number of bytes above 0",
        apply: |c, v| set(&mut c.max_cat_bytes, v.number(1..=u32::MAX)),
    },
    Setting {
        name: "perf_rb_pages",
        takes: "a number of pages from 1 to 262144",
        apply: |c, v| set(&mut c.perf_rb_pages, v.number(1..=262_144)),
    },
    Setting {
        name: "log_size",
        takes: "a number of bytes above 0",
        apply: |c, v| set(&mut c.log_size, v.number(1..=u32::MAX)),
    },
    Setting {
        name: "str_trunc_trailer",
        takes: "a text in quotes",
        apply: |c, v| set(&mut c.str_trunc_trailer, Some(v.text()?.to_owned())),
    },
    Setting {
        name: "license",
        takes: "a licence that the kernel knows, such as \"GPL\"",
        apply: |c, v| set(&mut c.license, Some(licence(v.text()?)?.to_owned())),
    },
    Setting {
        name: "print_maps_on_exit",
        takes: "true or false",
        apply: |c, v| set(&mut c.print_maps_on_exit, v.truth()),
    },
    Setting {
        name: "print_sort",
        takes: "value or key",
        apply: |c, v| set(&mut c.print.by_key, v.one_of("value", "key")),
    },
    Setting {
        name: "print_order",
        takes: "ascending or descending",
        apply: |c, v| set(&mut c.print.descending, v.one_of("ascending", "descending")),
    },
    Setting {
        name: "print_top",
        takes: "a number of entries, 0 for all",
        apply: |c, v| set(&mut c.print.top, v.number(0..=u32::MAX)),
    },
    Setting {
        name: "print_percentiles",
        takes: "true or false",
        apply: |c, v| set(&mut c.print.percentiles, v.truth()),
    },
    Setting {
        name: "missing_probes",
        takes: "error, warn or ignore",
        apply: |c, v| set(&mut c.missing_probes, Some(missing_probes(v.text()?)?)),
    },
    Setting {
        name: "stack_mode",
        takes: "bpftrace, perf, raw or build_id",
        apply: |c, v| set(&mut c.stack_mode, StackMode::of_name(v.text()?)),
    },
    Setting {
        name: "cpp_demangle",
        takes: "true or false",
        apply: |c, v| set(&mut c.cpp_demangle, v.truth()),
    },
    Setting {
        name: "show_debug_info",
        takes: "true or false",
        apply: |c, v| set(&mut c.show_debug_info, v.truth()),
    },
    Setting {
        // Symbols are looked up when they print and kept as long as there is room.
        name: "lazy_symbolication",
        takes: "true or false",
        apply: |_, v| v.truth().map(drop),
    },
    Setting {
        // What processes have mapped is followed for all of them.
        name: "cache_user_symbols",
        takes: "PER_PID, PER_PROGRAM or NONE",
        apply: |_, v| match v.text()?.to_uppercase().as_str() {
            "PER_PID" | "PER_PROGRAM" | "NONE" => Some(()),
            _ => None,
        },
    },
];

/// What the settings of unstable features take.
const UNSTABLE: &str = "enable, warn or error";

/// Features that may still change: only `error` means something, since strobe has them for good.
fn unstable(config: &mut Config, value: &Value, feature: &str) -> Option<()> {
    config.refused.retain(|refused| refused != feature);
    match (value.text(), value.truth()) {
        (Some("enable" | "warn"), _) | (_, Some(true)) => Some(()),
        (Some("error"), _) | (_, Some(false)) => {
            config.refused.push(feature.to_owned());
            Some(())
        }
        _ => None,
    }
}

/// Puts a value into its place, if there is one.
fn set<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

impl Value {
    fn number(&self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let Value::Number(number) = self else {
            return None;
        };
        u32::try_from(*number).ok().filter(|n| range.contains(n))
    }

    fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Number(_) => None,
        }
    }

    /// Whether it is the second of two words.
    fn one_of(&self, first: &str, second: &str) -> Option<bool> {
        match self.text()? {
            word if word == first => Some(false),
            word if word == second => Some(true),
            _ => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        match self {
            Value::Number(0) => Some(false),
            Value::Number(1) => Some(true),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

/// The licences that `linux/license.h` takes as compatible with the GPL.
fn licence(name: &str) -> Option<&'static str> {
    let known = [
        "GPL",
        "GPL v2",
        "GPL and additional rights",
        "Dual BSD/GPL",
        "Dual MIT/GPL",
        "Dual MPL/GPL",
    ];
    known.into_iter().find(|&k| k == name)
}

fn missing_probes(word: &str) -> Option<MissingProbes> {
    match word {
        "error" => Some(MissingProbes::Error),
        "warn" => Some(MissingProbes::Warn),
        "ignore" => Some(MissingProbes::Ignore),
        _ => None,
    }
}

/// The settings of a script and what is wrong with them. `environment` has names without prefix.
pub(crate) fn settings(
    script: &Program,
    environment: &[(String, String)],
) -> (Config, Vec<Diagnostic>) {
    let mut config = Config::default();
    let mut reports = Vec::new();
    for item in &script.items {
        if let Item::Config(block) = item {
            let entries = block.entries.iter();
            reports.extend(entries.filter_map(|entry| from_script(entry, &mut config).err()));
        }
    }
    for (name, value) in environment {
        reports.extend(from_environment(name, value, &mut config).err());
    }
    (config, reports)
}

fn from_script(entry: &ConfigEntry, config: &mut Config) -> Result<(), Diagnostic> {
    let name = plain_name(&entry.name.name);
    let Some(setting) = SETTINGS.iter().find(|s| s.name == name) else {
        let all: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
        return Err(error::unknown_setting(&name, &all, entry.name.span));
    };
    let wrong = |span: Span| error::setting_value(setting.name, setting.takes, span);
    let value = written(&entry.value).ok_or_else(|| wrong(entry.value.span))?;
    (setting.apply)(config, &value).ok_or_else(|| wrong(entry.value.span))
}

/// Names that strobe does not know are not its business: many programs share an environment.
fn from_environment(name: &str, value: &str, config: &mut Config) -> Result<(), Diagnostic> {
    let name = name.to_lowercase();
    let Some(setting) = SETTINGS.iter().find(|s| s.name == name) else {
        return Ok(());
    };
    let parsed = match value.parse() {
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text(value.to_owned()),
    };
    (setting.apply)(config, &parsed)
        .ok_or_else(|| error::environment_value(&name, value, setting.takes))
}

/// A name in lower case and without the prefix that environment variables have.
fn plain_name(name: &str) -> String {
    let name = name.to_lowercase();
    let bare = ["bpftrace_", "strobe_"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    bare.unwrap_or(&name).to_owned()
}

fn written(value: &Expr) -> Option<Value> {
    Some(match &value.kind {
        ExprKind::Int(number) => Value::Number(*number),
        ExprKind::Bool(truth) => Value::Number(u64::from(*truth)),
        ExprKind::Str(bytes) => Value::Text(String::from_utf8(bytes.clone()).ok()?),
        ExprKind::Ident(word) => Value::Text(word.clone()),
        _ => return None,
    })
}
