//! What the operator says: the command line and the `KMS_SERVER_*` variables. Telemetry reads its own variables.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::crypto::RootKey;

pub const USAGE: &str = "\
A small key-management server, instrumented with kms-metrics.

Usage: cargo run --example kms-server [-- --demo]

Options:
      --demo    steady traffic against itself, good and bad, so that every metric has data
  -h, --help    this text

Environment:
  KMS_SERVER_ADDR      where to listen (127.0.0.1:8080; port 0 picks a free one)
  KMS_SERVER_DATA      the database file (target/kms-server.redb)
  KMS_SERVER_ROOT_KEY  32 bytes in hex or base64; without it a key is generated into a file beside the database
  RUST_LOG             what to log to stderr (info)
  OTEL_TELEMETRY_COLLECTION_ENABLED, OTEL_EXPORT_TYPE, …  see the README of kms-metrics";

#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    Help,
    Serve { demo: bool },
}

pub fn parse_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut demo = false;
    while let Some(argument) = parser.next()? {
        match argument {
            lexopt::Arg::Long("demo") => demo = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(Invocation::Help),
            unknown => return Err(unknown.unexpected()),
        }
    }
    Ok(Invocation::Serve { demo })
}

pub struct Config {
    pub address: SocketAddr,
    pub data: PathBuf,
    pub root_key: Option<RootKey>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("KMS_SERVER_ADDR: expected an address and a port such as 127.0.0.1:8080, found {0:?}")]
    Address(String),
    #[error("KMS_SERVER_ROOT_KEY: expected 32 bytes in hex (64 digits) or in base64 (44 characters)")]
    RootKey,
    #[error("{0}: the value is not valid UTF-8")]
    NotUnicode(&'static str),
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        let address = variable("KMS_SERVER_ADDR")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let root_key = match variable("KMS_SERVER_ROOT_KEY")? {
            Some(text) => Some(RootKey::parse(&text).ok_or(ConfigError::RootKey)?),
            None => None,
        };
        Ok(Self {
            address: address.parse().map_err(|_| ConfigError::Address(address))?,
            data: variable("KMS_SERVER_DATA")?.unwrap_or_else(|| "target/kms-server.redb".to_owned()).into(),
            root_key,
        })
    }
}

/// An empty variable is an unset one.
fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::NotUnicode(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Invocation, lexopt::Error> {
        parse_arguments(arguments.iter().map(|argument| (*argument).into()))
    }

    #[test]
    fn an_unknown_argument_is_refused() {
        assert!(parse(&["--demos"]).is_err());
        assert!(parse(&["--demo=yes"]).is_err());
        assert!(parse(&["demo"]).is_err());
        assert_eq!(parse(&["--demo"]).unwrap(), Invocation::Serve { demo: true });
        assert_eq!(parse(&[]).unwrap(), Invocation::Serve { demo: false });
    }
}
