//! What is wrong with a configuration, all at once.

use std::fmt;

/// Everything that is wrong with a configuration.
///
/// Its text has several lines: one paragraph per variable, with what was found and what is accepted. Passwords, and
/// the user info and query of an endpoint, are never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of the reference.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("the telemetry configuration has a problem:")?,
            count => write!(f, "the telemetry configuration has {count} problems:")?,
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// What is wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    variable: &'static str,
    found: String,
    accepted: String,
}

impl Problem {
    /// A value that is not accepted; it is shown, so it must not be a secret.
    pub(super) fn invalid(variable: &'static str, value: &str, accepted: impl Into<String>) -> Self {
        Self { variable, found: shown(value), accepted: accepted.into() }
    }

    /// Something else than a value that could be shown.
    pub(super) fn described(variable: &'static str, found: impl Into<String>, accepted: impl Into<String>) -> Self {
        Self { variable, found: found.into(), accepted: accepted.into() }
    }

    pub(super) fn not_utf8(variable: &'static str) -> Self {
        Self::described(variable, "bytes that are not UTF-8 (not shown)", "UTF-8 text")
    }

    /// The variable's name.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// What was found, without secrets.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What is accepted.
    #[must_use]
    pub fn accepted(&self) -> &str {
        &self.accepted
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    found:    {}\n    accepted: {}", self.variable, self.found, self.accepted)
    }
}

/// A value in quotes, on one line, and not longer than one.
fn shown(value: &str) -> String {
    const LONGEST: usize = 100;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}… ({} bytes)", &value[..end], value.len()),
        None => format!("{value:?}"),
    }
}
