//! Lines of JSON beside `docs/output.schema.json`: as much of JSON Schema as that file uses.

use regex_lite::Regex;
use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../docs/output.schema.json");
    serde_json::from_str(text).expect("the schema is JSON")
});

/// What is wrong with the lines of an output, told for people.
pub fn check(output: &str) -> Result<(), String> {
    for line in output.lines() {
        let value = serde_json::from_str(line).map_err(|e| format!("no JSON: {e}\n{line}"))?;
        fits(&value, &SCHEMA).map_err(|why| format!("not as the schema says: {why}\n{line}"))?;
    }
    Ok(())
}

fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    let Value::Object(rules) = schema else {
        return Err(format!("the schema holds {schema}"));
    };
    for (rule, wanted) in rules {
        obeys(value, rule, wanted, schema)?;
    }
    Ok(())
}

fn obeys(value: &Value, rule: &str, wanted: &Value, schema: &Value) -> Result<(), String> {
    match rule {
        "$schema" | "$id" | "$defs" | "title" | "description" => Ok(()),
        "$ref" => {
            let name = wanted.as_str().unwrap_or_default();
            let found = SCHEMA.pointer(name.trim_start_matches('#'));
            fits(value, found.ok_or_else(|| format!("nothing is at {name}"))?)
        }
        "type" => expect(is_a(value, wanted.as_str()), value, "of type", wanted),
        "const" => expect(value == wanted, value, "equal to", wanted),
        "enum" => expect(list(wanted).contains(value), value, "one of", wanted),
        "pattern" => {
            let pattern =
                Regex::new(wanted.as_str().unwrap_or_default()).map_err(|e| e.to_string())?;
            let fits = value.as_str().is_none_or(|text| pattern.is_match(text));
            expect(fits, value, "like", wanted)
        }
        "required" => {
            let missing = list(wanted)
                .iter()
                .find(|name| member(value, name).is_none());
            missing.map_or(Ok(()), |name| Err(format!("{value} has no {name}")))
        }
        "properties" => each(wanted, |name, rule| match value.get(name) {
            Some(member) => fits(member, rule),
            None => Ok(()),
        }),
        "additionalProperties" => {
            let known = |name: &str| schema.pointer(&format!("/properties/{name}")).is_some();
            each(value, |name, member| match wanted {
                _ if known(name) => Ok(()),
                Value::Bool(allowed) => expect(*allowed, value, "without", &name.into()),
                rule => fits(member, rule),
            })
        }
        "items" => list(value).iter().try_for_each(|item| fits(item, wanted)),
        "anyOf" | "oneOf" => {
            let outcomes = list(wanted).iter().map(|rule| fits(value, rule));
            let (good, bad): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
            let enough = good.len() == 1 || (rule == "anyOf" && !good.is_empty());
            let why: Vec<_> = bad.into_iter().filter_map(Result::err).collect();
            if enough { Ok(()) } else { Err(why.join("; ")) }
        }
        _ => Err(format!("this reader does not know the rule {rule}")),
    }
}

fn expect(holds: bool, value: &Value, how: &str, wanted: &Value) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(format!("{value} is not {how} {wanted}"))
}

fn is_a(value: &Value, name: Option<&str>) -> bool {
    match name {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn member<'a>(value: &'a Value, name: &Value) -> Option<&'a Value> {
    value.get(name.as_str()?)
}

fn each(
    object: &Value,
    mut check: impl FnMut(&str, &Value) -> Result<(), String>,
) -> Result<(), String> {
    let mut members = object.as_object().into_iter().flatten();
    members.try_for_each(|(name, value)| check(name, value))
}
