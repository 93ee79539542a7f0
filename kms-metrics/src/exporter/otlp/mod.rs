//! Push: OTLP over HTTP with protobuf, at an interval.
//!
//! ```text
//! reader ── every interval, on its own thread
//!   └─ exporter ── counts attempts and failures, tells when an outage begins and ends (outage)
//!        └─ MetricExporter (opentelemetry-otlp) ── encodes
//!             └─ client ── sends, with the credentials, the time limits and the retries (reason: why it failed)
//! ```

mod client;
mod exporter;
mod outage;
mod reader;
mod reason;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::Meter;
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig as _, WithHttpConfig as _};

use super::Exporter;
use crate::config::OtlpConfig;
use client::{Client, ClientError, TIME_LIMIT};
use exporter::{Outcome, ReportingExporter};
use outage::Exports;
pub(crate) use reader::PushReader;

/// The push while it lives.
#[derive(Debug)]
pub(crate) struct Push {
    exports: Arc<Exports>,
}

/// Why there is no push.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the thread that pushes cannot be started: {0}")]
    Thread(#[from] std::io::Error),
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

impl Push {
    /// The push, and the reader that goes into the meter provider; its thread runs from here on.
    pub(crate) fn start(config: &OtlpConfig) -> Result<(Self, PushReader), StartError> {
        let outcome = Outcome::default();
        let client = Client::new(config, outcome.clone())?;
        // Everything is said here that the crate would otherwise look up in OTEL_EXPORTER_OTLP_* itself. What remains
        // to these variables is to add headers.
        let inner = MetricExporter::builder()
            .with_temporality(config.temporality)
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(config.endpoint.as_str())
            .with_timeout(TIME_LIMIT)
            .with_http_client(client)
            .build()?;
        let exports = Arc::new(Exports::new(config.endpoint.to_string()));
        let exporter = ReportingExporter::new(inner, outcome, Arc::clone(&exports));
        let reader = PushReader::start(exporter, config.temporality, config.interval)?;
        Ok((Self { exports }, reader))
    }

    /// Counts exports on `meter` from here on.
    pub(crate) fn measure_on(&self, meter: &Meter) {
        self.exports.measure_on(meter);
    }
}

impl Exporter for Push {
    fn last_failure(&self) -> Option<String> {
        self.exports.last_failure()
    }

    fn wait_until_closed(&self, timeout: Duration) -> bool {
        self.exports.wait_until_closed(timeout)
    }
}
