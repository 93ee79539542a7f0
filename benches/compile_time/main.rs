//! What annotations cost the compiler: the same 500 handlers plain, with `#[kms_metric]`, with `#[tracing::instrument]`
//! and with `#[autometrics]`; and what `#[kms_metric]` adds to the size of a future.
//!
//! ```text
//! cargo bench -p kms-metrics-benches --bench compile_time [-- --turns 7 --handlers 500]
//! ```
//!
//! Each crate is generated under the target directory, beside its dependencies, which are built first and not timed. Then
//! it is checked and built from nothing, without incremental compilation, the variants taking turns, so that whatever
//! else the machine does falls on all of them. The table has medians and their ratios; on a machine that is not quiet
//! only the ratios mean something. `target/bench/compile_time.json` has every turn.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its results")]

mod generate;
mod measure;
mod report;
mod sizes;
mod variants;

use std::error::Error;
use std::path::Path;

use measure::Build;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else { return Ok(()) };
    // `target/tmp` is the one folder of the target directory that cargo names.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");

    let sizes = sizes::measure();
    report::print_sizes(&sizes);

    let workspace = folder.join("compile_time");
    generate::workspace(&workspace, options.handlers)?;
    let build = Build::new(&workspace)?;
    let turns = build.turns(options.turns)?;
    report::print_times(&turns, &options);
    let json = folder.join("compile_time.json");
    std::fs::write(&json, report::json(&turns, &sizes, &options)?)?;
    println!("\nevery turn: {}", json.display());
    Ok(())
}

struct Options {
    turns: usize,
    handlers: usize,
}

/// `None` when there is nothing to measure: `cargo test --benches` only wants to know that it starts.
fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut options = Options { turns: 7, handlers: 500 };
    let mut is_bench = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            // From cargo.
            Long("bench") => is_bench = true,
            Long("turns") => options.turns = arguments.value()?.parse::<usize>()?.max(1),
            Long("handlers") => options.handlers = arguments.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(is_bench.then_some(options))
}
