//! One instrument and its live series, of which there are never more than its limit.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter};

use super::DEFAULT_PRODUCT;
use super::degrade::{STEPS, degrade, room};
use super::label::Label;
use super::table::OwnedValue;
use crate::catalogue::operation::Tier;
use crate::catalogue::{Instrument, Kind};

/// An instrument of the catalogue on a meter.
pub(super) struct LimitedInstrument {
    pub(super) definition: &'static Instrument,
    pub(super) limit: usize,
    /// How many series are live; read by a gauge.
    pub(super) live: Arc<AtomicUsize>,
    handle: Unbound,
    series: Mutex<HashMap<Vec<OwnedValue>, Handle>>,
    /// `NOTHING`, `DUE` or `SAID`.
    warning: AtomicU8,
}

const NOTHING: u8 = 0;
const DUE: u8 = 1;
const SAID: u8 = 2;

enum Unbound {
    Counter(Counter<u64>),
    Histogram(Histogram<f64>),
}

/// An instrument bound to one set of labels.
#[derive(Clone)]
pub(super) enum Handle {
    Counter(BoundCounter<u64>),
    Histogram(BoundHistogram<f64>),
}

/// What a call feeds: an instrument, and the count of degraded recordings if its labels had to go.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) handle: Handle,
    pub(super) degraded: Option<BoundCounter<u64>>,
}

impl Bound {
    pub(super) const fn is_counter(&self) -> bool {
        matches!(self.handle, Handle::Counter(_))
    }

    /// One increment, or one measurement.
    pub(super) fn feed(&self, duration: Duration) {
        match &self.handle {
            Handle::Counter(counter) => counter.add(1),
            Handle::Histogram(histogram) => histogram.record(duration.as_secs_f64()),
        }
        if let Some(degraded) = &self.degraded {
            degraded.add(1);
        }
    }
}

impl LimitedInstrument {
    pub(super) fn new(meter: &Meter, definition: &'static Instrument, product: &str) -> Self {
        let description = definition.description.replace(DEFAULT_PRODUCT, product);
        let handle = match definition.kind {
            Kind::Histogram => Unbound::Histogram(
                meter
                    .f64_histogram(definition.name)
                    .with_unit(definition.unit)
                    .with_description(description)
                    .with_boundaries(definition.buckets.to_vec())
                    .build(),
            ),
            Kind::Counter | Kind::Gauge => Unbound::Counter(
                meter.u64_counter(definition.name).with_unit(definition.unit).with_description(description).build(),
            ),
        };
        Self {
            definition,
            limit: super::limit(definition.kind),
            live: Arc::default(),
            handle,
            series: Mutex::default(),
            warning: AtomicU8::new(NOTHING),
        }
    }

    /// The instrument bound to `labels`, or to what the limit leaves of them, and the highest tier that was given up.
    pub(super) fn bind(&self, labels: &[Label]) -> (Handle, Option<Tier>) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bound = None;
        for (step, tier) in STEPS.into_iter().enumerate() {
            let (values, lost) = degrade(labels, tier);
            if let Some(handle) = series.get(&values) {
                bound = Some((handle.clone(), lost));
                break;
            }
            if series.len() < room(step, self.limit) || step + 1 == STEPS.len() {
                let handle = self.handle.bind(labels, &values);
                series.insert(values, handle.clone());
                self.live.store(series.len(), Ordering::Relaxed);
                bound = Some((handle, lost));
                break;
            }
        }
        drop(series);
        let (handle, lost) = bound.unwrap_or_else(|| (self.handle.bind(&[], &[]), Some(Tier::Essential)));
        if lost.is_some() {
            let _ = self.warning.compare_exchange(NOTHING, DUE, Ordering::Relaxed, Ordering::Relaxed);
        }
        (handle, lost)
    }

    /// Says once per metric that labels have begun to go. Not while binding: a log may end in code that records.
    pub(super) fn warn_if_due(&self) {
        if self.warning.compare_exchange(DUE, SAID, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let Self { definition, limit, .. } = self;
        tracing::warn!(
            metric = definition.name,
            limit,
            "this metric is near its limit of series: new ones now lose labels, unbounded values first, which read \
             `__degraded__`; totals stay exact. `kms.telemetry.recordings.degraded` counts the recordings."
        );
    }
}

impl Unbound {
    fn bind(&self, labels: &[Label], values: &[OwnedValue]) -> Handle {
        let attributes: Vec<_> = labels
            .iter()
            .zip(values)
            .filter_map(|(label, value)| match value {
                OwnedValue::Absent => None,
                OwnedValue::Str(text) | OwnedValue::Cut(text) => Some(KeyValue::new(label.key, text.to_string())),
                OwnedValue::Int(number) => Some(KeyValue::new(label.key, *number)),
            })
            .collect();
        match self {
            Self::Counter(counter) => Handle::Counter(counter.bind(&attributes)),
            Self::Histogram(histogram) => Handle::Histogram(histogram.bind(&attributes)),
        }
    }
}

impl fmt::Debug for LimitedInstrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedInstrument")
            .field("name", &self.definition.name)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter(_) => "Handle::Counter",
            Self::Histogram(_) => "Handle::Histogram",
        })
    }
}
