//! A map of a million keys: printed whole, its ten greatest, and emptied. What the map itself takes,
//! filled and left alone, is measured too and taken off.

use super::start::measured;
use super::support::{Bench, Verdict};

/// Keys of the map.
const KEYS: u64 = 1_000_000;
/// Seconds that each may take, and bytes for each key.
const BARS: (f64, f64) = (10.0, 1024.0);

/// What is done to the map, and how many lines that prints.
const PARTS: [(&str, &str, u64); 4] = [
    ("filled alone", "", 0),
    ("print", "print(@);", KEYS),
    ("print, top 10", "print(@, 10);", 10),
    ("clear", "clear(@);", 0),
];

/// Every part, beside the map as such.
pub fn keys(bench: &Bench) -> Result<Verdict, String> {
    let mut verdict = Verdict::Holds;
    let mut alone = (0.0, 0.0);
    for (name, action, lines) in PARTS {
        let (seconds, bytes) = sample(bench, action, lines)?;
        if action.is_empty() {
            alone = (seconds, bytes);
            println!("{name:<14} {seconds:6.2} s {:6.0} MB", bytes / 1e6);
            continue;
        }
        let (seconds, each) = (seconds - alone.0, (bytes - alone.1) / KEYS as f64);
        let holds = Verdict::of(seconds <= BARS.0 && each <= BARS.1);
        println!(
            "{name:<14} {seconds:6.2} s {each:6.0} bytes a key: {}",
            holds.word()
        );
        verdict = verdict.and(holds);
    }
    Ok(verdict)
}

/// Seconds and bytes of a run, which must print as many lines, the last of them of the last key.
fn sample(bench: &Bench, action: &str, lines: u64) -> Result<(f64, f64), String> {
    let script = format!(
        "config = {{ max_map_keys = {KEYS}; print_maps_on_exit = false }} \
         begin {{ for ($i : 0..{KEYS}) {{ @[$i] = $i; }} {action} exit(); }}"
    );
    let (sample, printed) = measured([&bench.strobe, "-q", "-e", &script])?;
    let printed: Vec<&str> = printed.lines().filter(|l| !l.is_empty()).collect();
    let last = format!("@[{0}]: {0}", KEYS - 1);
    if printed.len() as u64 != lines || lines > 0 && printed.last() != Some(&last.as_str()) {
        return Err(format!("`{action}` printed {} lines", printed.len()));
    }
    Ok((sample.wall / 1e3, sample.memory * 1024.0))
}
