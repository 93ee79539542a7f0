//! Collecting and exporting at an interval.
//!
//! As the SDK's `PeriodicReader` does, except that its thread ends without a word when a callback of an observable
//! instrument panics, and with it every export.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};

use super::exporter::ReportingExporter;

/// The end of the push that the meter provider holds.
#[derive(Debug)]
pub(crate) struct PushReader {
    collector: Arc<ManualReader>,
    asked: mpsc::Sender<Asked>,
}

/// What the push's thread is asked to do beside its interval; it drops the sender when that is done.
struct Asked {
    last: bool,
    done: mpsc::Sender<()>,
}

impl PushReader {
    /// Its thread runs from here on, until a shutdown.
    pub(super) fn start(exporter: ReportingExporter, temporality: Temporality, interval: Duration) -> io::Result<Self> {
        let collector = Arc::new(ManualReader::builder().with_temporality(temporality).build());
        let (asked, questions) = mpsc::channel();
        let pushing = Pushing { collector: Arc::clone(&collector), exporter, metrics: ResourceMetrics::default() };
        thread::Builder::new().name("kms-metrics-push".to_owned()).spawn(move || pushing.run(&questions, interval))?;
        Ok(Self { collector, asked })
    }

    fn ask(&self, last: bool, timeout: Option<Duration>) -> OTelSdkResult {
        let (done, answer) = mpsc::channel();
        self.asked.send(Asked { last, done }).map_err(|_| OTelSdkError::AlreadyShutdown)?;
        let answered = match timeout {
            Some(timeout) => answer.recv_timeout(timeout),
            None => answer.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
        };
        answered.map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => OTelSdkError::Timeout(timeout.unwrap_or_default()),
            // A shutdown came first.
            mpsc::RecvTimeoutError::Disconnected => OTelSdkError::AlreadyShutdown,
        })
    }
}

impl MetricReader for PushReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.collector.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.collector.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.ask(false, None)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.ask(true, Some(timeout))
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.collector.temporality(kind)
    }
}

/// What the push's thread has.
struct Pushing {
    collector: Arc<ManualReader>,
    exporter: ReportingExporter,
    /// Kept for its buffers.
    metrics: ResourceMetrics,
}

impl Pushing {
    fn run(mut self, questions: &mpsc::Receiver<Asked>, interval: Duration) {
        // What the exporter's own libraries record is not to be exported.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        let mut next = Instant::now() + interval;
        loop {
            match questions.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Asked { last, done }) => {
                    self.push();
                    if last {
                        let _closed = self.exporter.shutdown();
                    }
                    // Whoever asked may have given up waiting.
                    let _sent = done.send(());
                    if last {
                        return;
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    next = Instant::now() + interval;
                    self.push();
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Once a callback has panicked, the SDK's locks are poisoned and nothing can be collected any more; every attempt
    /// is counted as failed.
    fn push(&mut self) {
        match catch_unwind(AssertUnwindSafe(|| self.collector.collect(&mut self.metrics))) {
            Ok(Ok(())) if self.metrics.scope_metrics().next().is_none() => {}
            Ok(Ok(())) => {
                let _reported = futures_executor::block_on(self.exporter.export(&self.metrics));
            }
            Ok(Err(error)) => self.exporter.not_collected(error.to_string()),
            Err(_) => self.exporter.not_collected("the panic was caught"),
        }
    }
}
