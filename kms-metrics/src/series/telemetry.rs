//! What the series say about themselves: how many there are, and what was given up or lost.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, Counter, Meter};

use super::limited::LimitedInstrument;
use crate::catalogue::Instrument;
use crate::catalogue::instruments::{
    KMS_TELEMETRY_RECORDINGS_DEGRADED, KMS_TELEMETRY_RECORDINGS_DROPPED, KMS_TELEMETRY_SERIES,
    KMS_TELEMETRY_SERIES_LIMIT,
};
use crate::catalogue::operation::{Operation, Tier, ValueSource};

const METRIC: &str = "kms.telemetry.metric";
const REASON: &str = "kms.telemetry.reason";

/// Counters by metric, each set starting at zero.
pub(super) struct SeriesTelemetry {
    degraded: BTreeMap<(&'static str, Tier), BoundCounter<u64>>,
    dropped: BTreeMap<&'static str, BoundCounter<u64>>,
}

impl SeriesTelemetry {
    pub(super) fn new(meter: &Meter, operations: &[&Operation], instruments: &[Arc<LimitedInstrument>]) -> Self {
        observe(meter, instruments);
        let degraded = counter(meter, &KMS_TELEMETRY_RECORDINGS_DEGRADED);
        let dropped = counter(meter, &KMS_TELEMETRY_RECORDINGS_DROPPED);
        let bind = |counter: &Counter<u64>, metric: &'static str, reason: &'static str| {
            counter.bind(&[KeyValue::new(METRIC, metric), KeyValue::new(REASON, reason)])
        };
        Self {
            degraded: labels(operations)
                .map(|(name, tier)| ((name, tier), bind(&degraded, name, tier.as_str())))
                .collect(),
            dropped: operations
                .iter()
                .flat_map(|operation| operation.instruments)
                .map(|instrument| instrument.definition.name)
                .map(|name| (name, bind(&dropped, name, "internal_error")))
                .collect(),
        }
    }

    /// The count of recordings under series that gave up `tier`.
    pub(super) fn degraded(&self, metric: &'static str, tier: Tier) -> Option<BoundCounter<u64>> {
        self.degraded.get(&(metric, tier)).cloned()
    }

    /// A recording was not counted.
    pub(super) fn dropped(&self, metric: &'static str) {
        if let Some(counter) = self.dropped.get(metric) {
            counter.add(1);
        }
    }
}

/// What each metric can give up: the tiers of its labels, and at last everything.
fn labels(operations: &[&Operation]) -> impl Iterator<Item = (&'static str, Tier)> {
    operations.iter().flat_map(|operation| {
        operation.instruments.iter().flat_map(|instrument| {
            let tiers = instrument.values.iter().filter_map(|source| match source {
                ValueSource::Input(index) => Some(operation.inputs[*index].tier),
                ValueSource::Constant(_) | ValueSource::Outcome(_) => None,
            });
            tiers.chain([Tier::Essential]).map(|tier| (instrument.definition.name, tier))
        })
    })
}

/// The gauges of live series and their limits.
fn observe(meter: &Meter, instruments: &[Arc<LimitedInstrument>]) {
    let metrics: Arc<[_]> = instruments
        .iter()
        .map(|instrument| {
            let attributes = [KeyValue::new(METRIC, instrument.definition.name)];
            (attributes, instrument.limit as u64, Arc::clone(&instrument.live))
        })
        .collect();
    let limits = Arc::clone(&metrics);
    let Instrument { name, unit, description, .. } = KMS_TELEMETRY_SERIES;
    meter
        .u64_observable_gauge(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |observer| {
            for (attributes, _, live) in &*metrics {
                observer.observe(live.load(Ordering::Relaxed) as u64, attributes);
            }
        })
        .build();
    let Instrument { name, unit, description, .. } = KMS_TELEMETRY_SERIES_LIMIT;
    meter
        .u64_observable_gauge(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |observer| {
            for (attributes, limit, _) in &*limits {
                observer.observe(*limit, attributes);
            }
        })
        .build();
}

fn counter(meter: &Meter, definition: &Instrument) -> Counter<u64> {
    meter.u64_counter(definition.name).with_unit(definition.unit).with_description(definition.description).build()
}

impl fmt::Debug for SeriesTelemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeriesTelemetry").finish_non_exhaustive()
    }
}
