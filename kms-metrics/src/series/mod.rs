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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use opentelemetry::metrics::Meter;
use opentelemetry_sdk::metrics::{Instrument, InstrumentKind, Stream};

#[cfg(feature = "testing")]
pub(crate) use self::active::Override;
pub(crate) use self::active::{current, is_enabled};
use self::label::Labeller;
use self::limited::LimitedInstrument;
pub(crate) use self::operation::OperationSeries;
pub(crate) use self::table::Series;
use self::telemetry::SeriesTelemetry;
use crate::catalogue::operation::Operation;
use crate::catalogue::{Kind, OPERATIONS};
use crate::record::Record;

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

/// Every instrument, on one meter, with the series that are live.
#[derive(Debug)]
pub(crate) struct Instruments {
    meter: Meter,
    options: SeriesOptions,
    labeller: Arc<Labeller>,
    registry: Registry,
    /// The built-in operations, by their index.
    builtin: Vec<OperationSeries>,
    /// Those that the program declares, from their first recording on.
    declared: RwLock<BTreeMap<Address, Arc<OperationSeries>>>,
}

/// An operation's identity: it is a static.
type Address = usize;

impl Instruments {
    /// Registers every instrument of the catalogue on `meter`.
    pub(crate) fn new(meter: Meter, options: SeriesOptions) -> Arc<Self> {
        let labeller = Arc::new(Labeller::new());
        let registry = Registry::default();
        let registered = registry.register(&meter, &options, OPERATIONS);
        let builtin = OPERATIONS.iter().map(|operation| registered.series(operation, &labeller)).collect();
        Arc::new(Self { meter, options, labeller, registry, builtin, declared: RwLock::default() })
    }

    /// Calls `take` with the series of an operation.
    pub(crate) fn with_operation<T>(
        &self,
        operation: &'static Operation,
        take: impl FnOnce(&OperationSeries) -> T,
    ) -> T {
        match operation.index.and_then(|index| self.builtin.get(index)) {
            Some(series) => take(series),
            None => take(&self.declared(operation)),
        }
    }

    /// The series that a record is counted under; `before` is the one that the recording has had until now.
    pub(crate) fn series<R: Record>(&self, record: &R, before: Option<&Series>) -> Arc<Series> {
        self.with_operation(R::OPERATION, |operation| record.with_values(|values| operation.series(values, before)))
    }

    /// The series of an operation that the program declares. What registers its instruments holds no lock of ours.
    fn declared(&self, operation: &'static Operation) -> Arc<OperationSeries> {
        let address: Address = std::ptr::from_ref(operation).addr();
        let known = self.declared.read().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        known.unwrap_or_else(|| {
            let registered = self.registry.register(&self.meter, &self.options, &[operation]);
            let series = Arc::new(registered.series(operation, &self.labeller));
            let mut declared = self.declared.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(declared.entry(address).or_insert(series))
        })
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

/// Every instrument by its name: operations that feed the same one share it, and its limit.
#[derive(Debug, Default)]
struct Registry(Mutex<BTreeMap<&'static str, Arc<LimitedInstrument>>>);

impl Registry {
    fn register(&self, meter: &Meter, options: &SeriesOptions, operations: &[&'static Operation]) -> Registered {
        let mut instruments = BTreeMap::new();
        let mut new = Vec::new();
        for instrument in operations.iter().flat_map(|operation| operation.instruments) {
            let definition = &instrument.definition;
            let known = self.lock().get(definition.name).cloned();
            let registered = known.unwrap_or_else(|| {
                let registered = Arc::new(LimitedInstrument::new(meter, definition, &options.product));
                let registered = Arc::clone(self.lock().entry(definition.name).or_insert(registered));
                new.push(Arc::clone(&registered));
                registered
            });
            instruments.insert(definition.name, registered);
        }
        let telemetry = Arc::new(SeriesTelemetry::new(meter, operations, &new));
        Registered { instruments, telemetry }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Arc<LimitedInstrument>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The instruments of some operations.
struct Registered {
    instruments: BTreeMap<&'static str, Arc<LimitedInstrument>>,
    telemetry: Arc<SeriesTelemetry>,
}

impl Registered {
    fn series(&self, operation: &'static Operation, labeller: &Arc<Labeller>) -> OperationSeries {
        let fed = operation.instruments.iter();
        let fed = fed.filter_map(|instrument| self.instruments.get(instrument.definition.name)).map(Arc::clone);
        OperationSeries::new(operation, fed.collect(), labeller, &self.telemetry)
    }
}

/// The view that keeps the SDK's own limit out of the way of ours: one more than we ever bind, so that no series ends
/// in `otel.metric.overflow`.
pub(crate) fn view() -> impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static {
    |instrument| {
        let ours = instrument.scope().name() == crate::telemetry_scope();
        let kind = match instrument.kind() {
            InstrumentKind::Histogram => Kind::Histogram,
            _ => Kind::Counter,
        };
        ours.then(|| Stream::builder().with_cardinality_limit(limit(kind) + 1).build().ok()).flatten()
    }
}
