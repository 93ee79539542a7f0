//! The tables, and the file.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Options;
use crate::measure::{COMMANDS, Turn};
use crate::variants::VARIANTS;

pub(crate) fn print_sizes(sizes: &[(&str, usize)]) {
    let plain = sizes.first().map_or(0, |(_, bytes)| *bytes);
    println!("\n{:<50} {:>7} {:>7}", "future of an async fn with 1 KB of arguments", "bytes", "more");
    for &(title, bytes) in sizes {
        println!("{title:<50} {bytes:>7} {:>7}", bytes.saturating_sub(plain));
    }
}

pub(crate) fn print_times(turns: &[Turn], options: &Options) {
    for command in COMMANDS {
        println!("\ncargo {command}, {} handlers, {} turns", options.handlers, options.turns);
        println!("{:<40} {:>8} {:>8} {:>9} {:>11}", "median", "wall s", "cpu s", "to plain", "to tracing");
        for variant in &VARIANTS {
            let wall = median(turns, command, variant.name, |turn| Some(turn.wall));
            let cpu = median(turns, command, variant.name, |turn| turn.cpu);
            let [to_plain, to_tracing] =
                ["plain", "tracing_bare"].map(|to| number(ratio(turns, command, variant.name, to)));
            let title = variant.title;
            println!("{title:<40} {:>8} {:>8} {to_plain:>9} {to_tracing:>11}", number(wall), number(cpu));
        }
    }
}

pub(crate) fn json(turns: &[Turn], sizes: &[(&str, usize)], options: &Options) -> serde_json::Result<String> {
    let results = COMMANDS.into_iter().flat_map(|command| {
        VARIANTS.iter().map(move |variant| {
            let of = |what: fn(&Turn) -> Option<Duration>| -> Vec<f64> { seconds(turns, command, variant.name, what) };
            json!({
                "command": command,
                "variant": variant.title,
                "wall_seconds": of(|turn| Some(turn.wall)),
                "cpu_seconds": of(|turn| turn.cpu),
                "ratio_to_plain": ratio(turns, command, variant.name, "plain"),
                "ratio_to_tracing_instrument": ratio(turns, command, variant.name, "tracing_bare"),
            })
        })
    });
    let sizes: Value = sizes.iter().map(|&(title, bytes)| json!({ "future": title, "bytes": bytes })).collect();
    serde_json::to_string_pretty(&json!({
        "handlers": options.handlers,
        "turns": options.turns,
        "results": results.collect::<Vec<_>>(),
        "future_sizes": sizes,
    }))
}

/// By processor time where it is known, and by the clock elsewhere.
fn ratio(turns: &[Turn], command: &str, variant: &str, to: &str) -> Option<f64> {
    let of = |name| median(turns, command, name, |turn| Some(turn.cpu.unwrap_or(turn.wall)));
    of(variant).zip(of(to)).map(|(one, other)| one / other)
}

fn median(turns: &[Turn], command: &str, variant: &str, what: fn(&Turn) -> Option<Duration>) -> Option<f64> {
    let mut all = seconds(turns, command, variant, what);
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

fn seconds(turns: &[Turn], command: &str, variant: &str, what: fn(&Turn) -> Option<Duration>) -> Vec<f64> {
    let of = turns.iter().filter(|turn| turn.command == command && turn.variant == variant);
    of.filter_map(what).map(|duration| duration.as_secs_f64()).collect()
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}
