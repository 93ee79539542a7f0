//! What can go wrong at start, at a flush, and at the end.

use std::io;
use std::time::Duration;

use crate::config::ConfigError;

/// Why there is no telemetry.
///
/// A wrong configuration should end the program, before it does anything else. The other errors should not: a server
/// that keeps secrets must not stay down for its metrics. [`TelemetryBuilder::retry_bind`](super::TelemetryBuilder::retry_bind)
/// does away with `Bind`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The configuration is wrong; everything that is wrong with it is listed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The port of the scrape endpoint cannot be had.
    #[error("metrics cannot be scraped: cannot listen on {address}")]
    Bind {
        /// Address and port, or host name and port.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is a live [`Telemetry`](super::Telemetry) in this process, or something else that takes the recordings.
    /// After its shutdown there can be another.
    #[error("telemetry is initialized already; shut it down before initializing it again")]
    AlreadyInitialized,
    /// A thread could not be started.
    #[error("a thread for {purpose} cannot be started")]
    Thread {
        /// What it is for.
        purpose: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The exporter could not be built.
    #[error("the exporter cannot be built: {0}")]
    Exporter(String),
}

/// Why a flush did not deliver everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// It goes on in the background, but not within the given time.
    #[error("metrics were not flushed within {0:?}")]
    TimedOut(Duration),
    /// The export failed. Unless the temporality is delta, the next one carries everything.
    #[error("metrics were not delivered: {0}")]
    Export(String),
    /// After a shutdown there is nothing to flush.
    #[error("telemetry is shut down")]
    ShutDown,
    /// The SDK could not do it.
    #[error("metrics were not flushed: {0}")]
    Sdk(String),
}

/// What was left undone when telemetry was shut down. It is down nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The last export, or the closing of the port, goes on in the background.
    #[error("telemetry was not shut down within {0:?}")]
    TimedOut(Duration),
    /// The last export failed.
    #[error("the last metrics were not delivered: {0}")]
    Export(String),
    /// The SDK could not do it.
    #[error("telemetry was not shut down in order: {0}")]
    Sdk(String),
}
