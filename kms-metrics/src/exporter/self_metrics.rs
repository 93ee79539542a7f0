//! The instruments by which the exporters tell how they are doing, built from their catalogue entries.

use std::time::SystemTime;

use opentelemetry::KeyValue;
#[cfg(feature = "prometheus")]
use opentelemetry::metrics::Histogram;
use opentelemetry::metrics::{BoundCounter, Counter, Gauge, Meter};

use crate::catalogue::Instrument;
use crate::catalogue::instruments::{
    KMS_TELEMETRY_EXPORT_ATTEMPTS, KMS_TELEMETRY_EXPORT_FAILURES, KMS_TELEMETRY_EXPORT_LAST_SUCCESS,
};

/// How exports go, pushes as well as scrapes: how many, how many failed and why, when the last one succeeded. What is
/// known in advance starts at zero.
#[derive(Debug)]
pub(super) struct ExportMetrics {
    attempts: Counter<u64>,
    /// Bound, because binding exports a zero.
    failures: Vec<(&'static str, BoundCounter<u64>)>,
    last_success: Gauge<f64>,
}

impl ExportMetrics {
    /// On `meter`, with the closed set of reasons why an export of this kind can fail.
    pub(super) fn new(meter: &Meter, reasons: impl IntoIterator<Item = &'static str>) -> Self {
        let attempts = counter(meter, &KMS_TELEMETRY_EXPORT_ATTEMPTS);
        attempts.add(0, &[]);
        let failures = counter(meter, &KMS_TELEMETRY_EXPORT_FAILURES);
        let bind = |reason| (reason, failures.bind(&[KeyValue::new("kms.telemetry.reason", reason)]));
        Self {
            attempts,
            failures: reasons.into_iter().map(bind).collect(),
            last_success: gauge(meter, &KMS_TELEMETRY_EXPORT_LAST_SUCCESS),
        }
    }

    /// One export is over: it failed for one of the reasons, or succeeded.
    pub(super) fn ended(&self, failed: Option<&'static str>) {
        self.attempts.add(1, &[]);
        match failed {
            None => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                self.last_success.record(now.as_secs_f64(), &[]);
            }
            Some(failed) => {
                if let Some((_, counter)) = self.failures.iter().find(|(reason, _)| *reason == failed) {
                    counter.add(1);
                }
            }
        }
    }
}

fn counter(meter: &Meter, of: &Instrument) -> Counter<u64> {
    meter.u64_counter(of.name).with_unit(of.unit).with_description(of.description).build()
}

pub(super) fn gauge(meter: &Meter, of: &Instrument) -> Gauge<f64> {
    meter.f64_gauge(of.name).with_unit(of.unit).with_description(of.description).build()
}

#[cfg(feature = "prometheus")]
pub(super) fn histogram(meter: &Meter, of: &Instrument) -> Histogram<f64> {
    meter
        .f64_histogram(of.name)
        .with_unit(of.unit)
        .with_description(of.description)
        .with_boundaries(of.buckets.to_vec())
        .build()
}
