//! The instruments by which the exporters tell how they are doing, built from their catalogue entries.

#[cfg(feature = "otlp")]
use opentelemetry::metrics::Counter;
#[cfg(feature = "prometheus")]
use opentelemetry::metrics::Histogram;
use opentelemetry::metrics::{Gauge, Meter};

use crate::catalogue::Instrument;

#[cfg(feature = "otlp")]
pub(super) fn counter(meter: &Meter, of: &Instrument) -> Counter<u64> {
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
