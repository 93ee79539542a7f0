//! User name and password for the collector.

use std::fmt;

use super::error::Problem;
use super::variables::{BASIC_AUTH_PASSWORD, BASIC_AUTH_USERNAME, Variables};
use super::warning::Warning;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this keeps it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What HTTP Basic authentication ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)) asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user name, without a colon.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// Both or none. The values are not trimmed: a password may well end with a space, so that is only a warning.
pub(super) fn parse(
    variables: &Variables,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Warning>,
) -> Option<Credentials> {
    let username = variables.exact(BASIC_AUTH_USERNAME, problems);
    let password = variables.exact(BASIC_AUTH_PASSWORD, problems);

    for (there, missing) in [(BASIC_AUTH_USERNAME, BASIC_AUTH_PASSWORD), (BASIC_AUTH_PASSWORD, BASIC_AUTH_USERNAME)] {
        if variables.is_set(there) && !variables.is_set(missing) {
            problems.push(Problem::described(
                missing,
                format!("nothing, although {there} is set"),
                format!("both {there} and {missing}, or neither"),
            ));
        }
    }
    if username.is_some_and(|username| username.contains(':')) {
        problems.push(Problem::described(
            BASIC_AUTH_USERNAME,
            "a name with a colon in it",
            "a name without `:`, which ends the name in HTTP Basic authentication",
        ));
    }
    for (variable, value) in [(BASIC_AUTH_USERNAME, username), (BASIC_AUTH_PASSWORD, password)] {
        if value.is_some_and(|value| value.trim() != value) {
            warnings.push(Warning::CredentialWithWhiteSpace { variable });
        }
    }
    Some(Credentials { username: username?.to_owned(), password: Secret::new(password?) })
}
