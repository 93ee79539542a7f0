//! Builds the generated crates, in turns.

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::variants::{VARIANTS, Variant};

/// The two things that one waits for.
pub(crate) const COMMANDS: [&str; 2] = ["check", "build"];

/// A generated workspace whose dependencies are built.
pub(crate) struct Build<'a> {
    workspace: &'a Path,
}

/// One cold build of one crate.
pub(crate) struct Turn {
    pub(crate) variant: &'static str,
    pub(crate) command: &'static str,
    pub(crate) wall: Duration,
    /// What the compiler and cargo used of the processors, which other programs disturb less; from Linux' /proc.
    pub(crate) cpu: Option<Duration>,
}

impl<'a> Build<'a> {
    pub(crate) fn new(workspace: &'a Path) -> Result<Self, Box<dyn Error>> {
        let build = Self { workspace };
        for command in COMMANDS {
            for variant in &VARIANTS {
                eprintln!("cargo {command} -p {}, with its dependencies", variant.name);
                build.run(command, variant)?;
            }
        }
        Ok(build)
    }

    pub(crate) fn turns(&self, turns: usize) -> Result<Vec<Turn>, Box<dyn Error>> {
        let mut all = Vec::new();
        for turn in 0..turns {
            for command in COMMANDS {
                for at in 0..VARIANTS.len() {
                    // Nobody is always the first, or always behind the same other.
                    let at = if turn % 2 == 0 { at } else { VARIANTS.len() - 1 - at };
                    let variant = &VARIANTS[(at + turn) % VARIANTS.len()];
                    all.push(self.turn(command, variant)?);
                }
            }
            eprintln!("turn {} of {turns}", turn + 1);
        }
        Ok(all)
    }

    fn turn(&self, command: &'static str, variant: &Variant) -> Result<Turn, Box<dyn Error>> {
        // A file that is newer than what was built from it is built again, from nothing: nothing is incremental.
        let source = self.workspace.join(variant.name).join("src/lib.rs");
        File::options().write(true).open(&source)?.set_modified(SystemTime::now())?;
        let (cpu, started) = (cpu_of_children(), Instant::now());
        self.run(command, variant)?;
        let wall = started.elapsed();
        let cpu = cpu_of_children().zip(cpu).map(|(after, before)| after.saturating_sub(before));
        Ok(Turn { variant: variant.name, command, wall, cpu })
    }

    fn run(&self, command: &str, variant: &Variant) -> Result<(), Box<dyn Error>> {
        let output = Command::new(env!("CARGO"))
            .args([command, "--quiet", "--package", variant.name])
            .current_dir(self.workspace)
            .env("CARGO_TARGET_DIR", self.workspace.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("cargo {command} -p {} failed, in {}:\n{errors}", variant.name, self.workspace.display()).into())
    }
}

/// What all children together have used until now. In hundredths of a second, which is what Linux counts in.
fn cpu_of_children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may contain anything: cutime and cstime are the 16th and 17th fields of the line.
    let mut fields = stat.rsplit(')').next()?.split_ascii_whitespace().skip(13);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
