//! Between the SDK's reader and the encoder: sees how each export ended.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::outage::Exports;
use super::reason::{Failure, Reason};

/// Where the client leaves how the sending of the current export ended.
///
/// The encoder's crate reduces every error to "network error" or a status, and where its `internal-logs` feature is on
/// (it is by default, so another crate of the program may have turned it on) logs it at every interval. So it is told
/// nothing, and the outcome takes this way past it. Exports never overlap, so one place is enough.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome(Arc<Mutex<Option<Result<(), Failure>>>>);

impl Outcome {
    pub(super) fn put(&self, outcome: Result<(), Failure>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    fn take(&self) -> Option<Result<(), Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reports every export to [`Exports`], and to the SDK only that all is well: what it would do with an error is to log
/// it at every interval.
pub(crate) struct ReportingExporter {
    inner: MetricExporter,
    outcome: Outcome,
    exports: Arc<Exports>,
}

impl ReportingExporter {
    /// There was nothing to export, because collecting failed.
    pub(super) fn not_collected(&self, why: impl Into<String>) {
        self.exports.ended(Err(Failure::new(Reason::Collecting, why)));
    }

    pub(super) fn new(inner: MetricExporter, outcome: Outcome, exports: Arc<Exports>) -> Self {
        Self { inner, outcome, exports }
    }
}

impl PushMetricExporter for ReportingExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.outcome.take();
        let result = self.inner.export(metrics).await;
        let sent = self.outcome.take();
        self.exports.ended(match (result, sent) {
            (_, Some(outcome)) => outcome,
            (Err(error), None) => Err(not_sent(&error)),
            (Ok(()), None) => Err(Failure::new(Reason::Other, "nothing was sent")),
        });
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let result = self.inner.shutdown_with_timeout(timeout);
        self.exports.close();
        result
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

/// The encoder gave up before the client was asked.
fn not_sent(error: &OTelSdkError) -> Failure {
    match error {
        OTelSdkError::InternalFailure(message) if message.contains("exceeding the configured limit") => {
            Failure::new(Reason::TooLarge, "more than 64 MiB in one request")
        }
        error => Failure::new(Reason::Other, error.to_string()),
    }
}

impl fmt::Debug for ReportingExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportingExporter").field("exports", &self.exports).finish_non_exhaustive()
    }
}
