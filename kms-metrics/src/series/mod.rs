//! The hot path: from attribute values to a bound instrument.
//!
//! A call's raw values are looked up in its operation's [`table`]; the entry, a [`Series`], keeps the instruments that
//! are bound for each verdict. What is slow (shaping labels, the limit, `bind`) happens once per series and verdict,
//! when something is first counted; nothing is bound before, since `bind` exports a zero at once and a failed read
//! under an attacker's path must not become a series.

mod active;
mod degrade;
mod label;
mod limited;
mod operation;
mod table;
mod telemetry;

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry::metrics::Meter;
use opentelemetry_sdk::metrics::{Instrument, Stream};

#[cfg(feature = "testing")]
pub(crate) use self::active::Override;
pub(crate) use self::active::{current, is_enabled};
use self::label::Labeller;
use self::limited::LimitedInstrument;
pub(crate) use self::operation::OperationSeries;
pub(crate) use self::table::Series;
use self::telemetry::SeriesTelemetry;
use crate::catalogue::operation::Operation;
use crate::catalogue::{INSTRUMENTS, Kind, OPERATIONS};

/// How series are limited and what their descriptions say.
#[derive(Clone, Debug)]
pub(crate) struct SeriesOptions {
    /// The name of the product in the descriptions.
    pub(crate) product: String,
}

/// The product of the guide, whose name stands in the catalogue's descriptions.
pub(crate) const DEFAULT_PRODUCT: &str = "Hanzo KMS";

/// The most series of one metric.
const fn limit(kind: Kind) -> usize {
    match kind {
        Kind::Counter | Kind::Gauge => 10_000,
        Kind::Histogram => 2_000,
    }
}

/// Every instrument of the catalogue, on one meter, with the series that are live.
#[derive(Debug)]
pub(crate) struct Instruments {
    operations: Vec<OperationSeries>,
}

impl Instruments {
    /// Registers every instrument of the catalogue on `meter`.
    pub(crate) fn new(meter: &Meter, options: &SeriesOptions) -> Arc<Self> {
        let labeller = Arc::new(Labeller::new());
        let mut instruments = BTreeMap::new();
        for operation in OPERATIONS {
            for instrument in operation.instruments {
                let definition = &instrument.definition;
                instruments
                    .entry(definition.name)
                    .or_insert_with(|| Arc::new(LimitedInstrument::new(meter, definition, &options.product)));
            }
        }
        let telemetry = Arc::new(SeriesTelemetry::new(meter, instruments.values()));
        let operations = OPERATIONS
            .iter()
            .map(|operation| {
                let fed = operation.instruments.iter();
                let fed = fed.filter_map(|instrument| instruments.get(instrument.definition.name)).map(Arc::clone);
                OperationSeries::new(operation, fed.collect(), &labeller, &telemetry)
            })
            .collect();
        Arc::new(Self { operations })
    }

    /// The series of one operation.
    pub(crate) fn operation(&self, operation: &Operation) -> &OperationSeries {
        &self.operations[operation.index]
    }

    /// Makes recordings go here; `false` when others are installed already.
    pub(crate) fn install(self: &Arc<Self>) -> bool {
        active::install(self)
    }

    /// Makes recordings go nowhere, if they went here.
    pub(crate) fn uninstall(self: &Arc<Self>) {
        active::uninstall(self);
    }
}

/// The view that keeps the SDK's own limit out of the way of ours: one more than we ever bind, so that no series ends
/// in `otel.metric.overflow`.
pub(crate) fn view(_options: &SeriesOptions) -> impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static {
    |instrument| {
        let ours = INSTRUMENTS.iter().find(|ours| ours.name == instrument.name())?;
        Stream::builder().with_cardinality_limit(limit(ours.kind) + 1).build().ok()
    }
}
