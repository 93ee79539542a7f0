//! Raw attribute values to series: a bounded, concurrent table.

use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::limited::Bound;
use crate::catalogue::operation::{Count, Operation};
use crate::outcome::Verdict;
use crate::record::Value;

/// How many verdicts a series keeps its instruments for. `error.type` is a closed set, so this is only reached by a
/// program that breaks the rule; such a verdict is then bound anew each time.
const VERDICTS: usize = 64;

const SHARDS: usize = 16;

/// One set of raw values, and the instruments that are bound for it.
#[derive(Debug)]
pub(crate) struct Series {
    /// The operation whose values these are.
    pub(crate) operation: &'static Operation,
    hash: u64,
    values: Box<[OwnedValue]>,
    /// The verdict that came first, nearly always the only one: read without a lock.
    first: OnceLock<(Ended, Bindings)>,
    others: RwLock<Vec<(Ended, Bindings)>>,
}

/// What decides which instruments of a series are fed: the verdict, and the annotation's own rule for counting.
pub(super) type Ended = (Verdict, Option<Count>);

/// The instruments that one call feeds.
pub(super) type Bindings = Arc<[Bound]>;

/// An attribute value that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum OwnedValue {
    Absent,
    Str(Box<str>),
    Cut(Box<str>),
    Int(i64),
}

impl OwnedValue {
    pub(super) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Str(text) => Value::Str(text),
            Self::Cut(text) => Value::Cut(text),
            Self::Int(number) => Value::Int(*number),
        }
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Absent => Self::Absent,
            Value::Str(text) => Self::Str(text.into()),
            Value::Cut(text) => Self::Cut(text.into()),
            Value::Int(number) => Self::Int(number),
        }
    }
}

impl Series {
    fn new(operation: &'static Operation, hash: u64, values: &[Value<'_>]) -> Self {
        let values = values.iter().copied().map(OwnedValue::from).collect();
        Self { operation, hash, values, first: OnceLock::new(), others: RwLock::new(Vec::new()) }
    }

    fn matches(&self, values: &[Value<'_>]) -> bool {
        self.values.len() == values.len() && self.values.iter().zip(values).all(|(own, value)| own.as_value() == *value)
    }

    /// The raw value of an input of the operation.
    pub(crate) fn value(&self, input: usize) -> Value<'_> {
        self.values.get(input).map_or(Value::Absent, OwnedValue::as_value)
    }

    /// Feeds the instruments for calls that ended so; `bind` makes them when there are none yet.
    pub(super) fn feed(&self, ended: Ended, bind: impl Fn() -> Bindings, feed: impl FnOnce(&[Bound])) {
        let (first, bindings) = self.first.get_or_init(|| (ended, bind()));
        if *first == ended {
            feed(bindings);
        } else {
            feed(&self.other_bindings(ended, bind));
        }
    }

    fn other_bindings(&self, ended: Ended, bind: impl Fn() -> Bindings) -> Bindings {
        let find = |others: &[(Ended, Bindings)]| {
            others.iter().find(|(known, _)| *known == ended).map(|(_, bindings)| Arc::clone(bindings))
        };
        let known = find(&self.others.read().unwrap_or_else(PoisonError::into_inner));
        known.unwrap_or_else(|| {
            let bindings = bind();
            let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = find(&others) {
                return known;
            }
            if others.len() < VERDICTS {
                others.push((ended, Arc::clone(&bindings)));
            }
            bindings
        })
    }

    /// Whether a counter has this series. A histogram does not count here: it has bounded labels, and a failed read
    /// under an attacker's path only feeds that.
    fn has_counted(&self) -> bool {
        let counts = |bindings: &Bindings| bindings.iter().any(Bound::is_counter);
        self.first.get().is_some_and(|(_, bindings)| counts(bindings)) || {
            let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
            others.iter().any(|(_, bindings)| counts(bindings))
        }
    }
}

/// The series of one operation by their raw values.
///
/// A look-up hashes the values with a keyed hash (clients choose some of them), takes a shared lock of one shard and
/// compares in full; a hit allocates nothing.
#[derive(Debug)]
pub(super) struct Table {
    operation: &'static Operation,
    hasher: RandomState,
    shards: [RwLock<HashTable<Arc<Series>>>; SHARDS],
    shard_capacity: usize,
}

impl Table {
    /// A table of at most `capacity` series of an operation.
    pub(super) fn new(operation: &'static Operation, capacity: usize) -> Self {
        Self {
            operation,
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| RwLock::new(HashTable::new())),
            shard_capacity: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// The series of `values`, made if there is none.
    ///
    /// A full table gives up series that never counted anything. When all have, a new set of values gets a series of
    /// its own that is not kept: it still counts, under the labels that the limits leave it.
    pub(super) fn get(&self, values: &[Value<'_>]) -> Arc<Series> {
        let hash = self.hasher.hash_one(values);
        // The table itself uses the lowest and the highest bits.
        let shard = &self.shards[(hash >> 32) as usize % SHARDS];
        let found = shard.read().unwrap_or_else(PoisonError::into_inner).find(hash, |it| it.matches(values)).cloned();
        if let Some(series) = found {
            return series;
        }
        let series = Arc::new(Series::new(self.operation, hash, values));
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = shard.find(hash, |it| it.matches(values)) {
            return Arc::clone(series);
        }
        if shard.len() >= self.shard_capacity {
            shard.retain(|series| series.has_counted());
        }
        if shard.len() < self.shard_capacity {
            shard.insert_unique(hash, Arc::clone(&series), |series| series.hash);
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::limited::Handle;
    use super::*;
    use crate::catalogue::OPERATIONS;

    fn nothing() -> Bindings {
        Arc::new([])
    }

    fn counter() -> Bindings {
        let counter = opentelemetry::global::meter("test").u64_counter("test").build();
        Arc::new([Bound { handle: Handle::Counter(counter.bind(&[])), degraded: None }])
    }

    #[test]
    fn what_was_only_timed_makes_room() {
        let table = Table::new(OPERATIONS[0], SHARDS);
        for number in 0..1_000 {
            table.get(&[Value::Int(number)]).feed((Verdict::failure("not_found"), None), nothing, |_| {});
        }
        let new = table.get(&[Value::Str("new")]);
        assert!(Arc::ptr_eq(&new, &table.get(&[Value::Str("new")])), "it is kept");
    }

    #[test]
    fn equal_values_share_a_series() {
        let table = Table::new(OPERATIONS[0], 100);
        let first = table.get(&[Value::Str("a"), Value::Absent]);
        assert!(Arc::ptr_eq(&first, &table.get(&[Value::Str("a"), Value::Absent])));
        assert!(!Arc::ptr_eq(&first, &table.get(&[Value::Str("a"), Value::Str("")])));
        assert!(!Arc::ptr_eq(&first, &table.get(&[Value::Absent, Value::Str("a")])));
    }

    #[test]
    fn a_full_table_forgets_only_what_never_counted() {
        let table = Table::new(OPERATIONS[0], SHARDS);
        let counted: Vec<_> = (0..200).map(|number| table.get(&[Value::Int(number)])).collect();
        for series in &counted {
            series.feed((Verdict::failure("first"), None), nothing, |_| {});
            series.feed((Verdict::success(), None), counter, |_| {});
        }
        let kept = |number: i64| Arc::ptr_eq(&counted[number as usize], &table.get(&[Value::Int(number)]));
        let before: Vec<_> = (0..200).filter(|number| kept(*number)).collect();
        assert!(!before.is_empty());
        for number in 1_000..2_000 {
            let _ = table.get(&[Value::Int(number)]);
        }
        let after: Vec<_> = (0..200).filter(|number| kept(*number)).collect();
        assert_eq!(before, after);
        let size: usize = table.shards.iter().map(|shard| shard.read().unwrap().len()).sum();
        assert!(size <= SHARDS, "{size}");
    }

    #[test]
    fn each_verdict_is_bound_once() {
        let table = Table::new(OPERATIONS[0], 10);
        let series = table.get(&[]);
        let bound = Cell::new(0);
        let bind = || {
            bound.set(bound.get() + 1);
            nothing()
        };
        for verdict in [Verdict::success(), Verdict::failure("a"), Verdict::failure("a"), Verdict::success()] {
            series.feed((verdict, None), bind, |_| {});
        }
        assert_eq!(bound.get(), 2);
    }
}
