//! Counting exports, and telling when they begin to fail and when they work again: once each, whatever the interval.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::Meter;

use super::reason::{Failure, Reason};
use crate::exporter::self_metrics::ExportMetrics;

/// How the exports of one push go.
#[derive(Debug)]
pub(super) struct Exports {
    /// For the log; without secrets.
    endpoint: String,
    outage: Mutex<Option<Outage>>,
    closed: Mutex<bool>,
    closing: Condvar,
    measured: OnceLock<ExportMetrics>,
}

#[derive(Debug)]
struct Outage {
    began: Instant,
    failed: u64,
    last: Failure,
    seen: Vec<Reason>,
}

impl Exports {
    pub(super) fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            outage: Mutex::new(None),
            closed: Mutex::new(false),
            closing: Condvar::new(),
            measured: OnceLock::new(),
        }
    }

    /// Counts on `meter` from here on.
    pub(super) fn measure_on(&self, meter: &Meter) {
        self.measured.get_or_init(|| ExportMetrics::new(meter, Reason::ALL.iter().map(|reason| reason.as_str())));
    }

    /// One export is over.
    pub(super) fn ended(&self, outcome: Result<(), Failure>) {
        if let Some(measured) = self.measured.get() {
            measured.ended(outcome.as_ref().err().map(|failure| failure.reason.as_str()));
        }
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => {
                if let Some(outage) = outage.take() {
                    self.log_end(&outage);
                }
            }
            Err(failure) => self.log_failure(&mut outage, failure),
        }
    }

    fn log_end(&self, outage: &Outage) {
        tracing::info!(
            "pushing metrics to {} works again after {} failed exports in {:.0?}; the last failure was: {}",
            self.endpoint,
            outage.failed,
            outage.began.elapsed(),
            outage.last,
        );
    }

    /// Once per reason and outage: nothing here repeats itself at every interval.
    fn log_failure(&self, outage: &mut Option<Outage>, failure: Failure) {
        let begins = outage.is_none();
        let outage = outage.get_or_insert_with(|| Outage {
            began: Instant::now(),
            failed: 0,
            seen: Vec::new(),
            last: failure.clone(),
        });
        outage.failed += 1;
        if !outage.seen.contains(&failure.reason) {
            self.log_reason(begins, &failure);
            outage.seen.push(failure.reason);
        }
        outage.last = failure;
    }

    /// A warning when an outage begins, and a line at a lower level when its reason changes (the collector came up, and
    /// now refuses the password). An error when it will not pass.
    fn log_reason(&self, begins: bool, failure: &Failure) {
        let endpoint = &self.endpoint;
        match failure.reason {
            Reason::Collecting => tracing::error!("no metrics are pushed to {endpoint} any more: {failure}"),
            _ if begins => tracing::warn!(
                "pushing metrics to {endpoint} fails: {failure}; it is tried again at every interval, and the next line tells when it works"
            ),
            _ => tracing::info!("pushing metrics to {endpoint} still fails, now because: {failure}"),
        }
    }

    /// Why the last export failed, if it did.
    pub(super) fn last_failure(&self) -> Option<String> {
        let outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        outage.as_ref().map(|outage| outage.last.to_string())
    }

    /// There will be no further export.
    pub(super) fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.closing.notify_all();
    }

    /// Waits for [`Self::close`]; whether it was called in time.
    pub(super) fn wait_until_closed(&self, timeout: Duration) -> bool {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let (closed, _) =
            self.closing.wait_timeout_while(closed, timeout, |closed| !*closed).unwrap_or_else(PoisonError::into_inner);
        *closed
    }
}
