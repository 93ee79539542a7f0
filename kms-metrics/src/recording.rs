//! The guard that an annotated function holds: completed, cancelled or panicked.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalogue::operation::Count;
use crate::outcome::Verdict;
use crate::record::{Record, Value};
use crate::series::{self, Instruments, Series};

/// Records a call that is over.
pub fn record<R: Record>(record: &R, verdict: Verdict, duration: Duration) {
    if let Some(instruments) = series::current() {
        instruments.with_operation(R::OPERATION, |operation| {
            let series = record.with_values(|values| operation.series(values, None));
            operation.record(&series, verdict, None, duration);
        });
    }
}

/// A call under way.
///
/// It holds the series that the call will be counted under and the time when it began, and nothing that is borrowed
/// from the call's arguments. [`finish`](Self::finish) it with a verdict; a recording that is dropped before counts as
/// cancelled, or as panicked while the thread unwinds.
#[must_use = "a recording that is dropped at once counts as cancelled"]
pub struct Recording(Option<Live>);

/// Small, since the future of an annotated function holds it.
struct Live {
    instruments: Arc<Instruments>,
    series: Arc<Series>,
    started: Instant,
    count: Option<Count>,
    /// Whether a drop means success when the thread does not unwind.
    succeeds_when_dropped: bool,
    /// Whether the thread unwound already: then it says nothing about this call.
    began_unwinding: bool,
}

impl Recording {
    /// Begins a recording.
    #[doc(hidden)]
    pub fn start<R: Record>(record: &R) -> Self {
        Self(series::current().map(|instruments| {
            let series = instruments.series(record, None);
            Live {
                instruments,
                series,
                started: Instant::now(),
                count: None,
                succeeds_when_dropped: false,
                began_unwinding: std::thread::panicking(),
            }
        }))
    }

    /// A recording that records nothing, for when telemetry is off.
    pub const fn disabled() -> Self {
        Self(None)
    }

    /// Decides which calls the operation's counters count, against their definition.
    pub fn count(mut self, count: Count) -> Self {
        if let Some(live) = &mut self.0 {
            live.count = Some(count);
        }
        self
    }

    /// Makes the end of the scope a success: for a function that cannot be cancelled and returns nothing.
    pub fn until_dropped(mut self) -> Self {
        if let Some(live) = &mut self.0 {
            live.succeeds_when_dropped = true;
        }
        self
    }

    /// Whether it records anything.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.0.is_some()
    }

    /// The values that were known when the recording began; `None` when it records nothing.
    #[doc(hidden)]
    pub fn early(&self) -> Option<Early> {
        self.0.as_ref().map(|live| Early(Arc::clone(&live.series)))
    }

    /// Moves the recording to the series of a completed record.
    #[doc(hidden)]
    pub fn complete<R: Record>(&mut self, record: &R) {
        if let Some(live) = &mut self.0 {
            live.series = live.instruments.series(record, Some(&live.series));
        }
    }

    /// Ends the recording: one increment of each counter that counts such a call, one measurement of each histogram.
    ///
    /// Never fails, panics or blocks.
    pub fn finish(mut self, verdict: Verdict) {
        self.end(verdict);
    }

    fn end(&mut self, verdict: Verdict) {
        if let Some(live) = self.0.take() {
            let duration = live.started.elapsed();
            live.instruments.with_operation(live.series.operation, |operation| {
                operation.record(&live.series, verdict, live.count, duration);
            });
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(live) = &self.0 {
            let verdict = if std::thread::panicking() && !live.began_unwinding {
                Verdict::panicked()
            } else if live.succeeds_when_dropped {
                Verdict::success()
            } else {
                Verdict::cancelled()
            };
            self.end(verdict);
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.0.as_ref().map(|live| live.series.operation.name);
        f.debug_tuple("Recording").field(&operation).finish()
    }
}

/// The values that were known when a recording began.
#[derive(Debug)]
pub struct Early(Arc<Series>);

impl Early {
    fn value(&self, input: usize) -> Value<'_> {
        self.0.value(input)
    }

    /// A required string; empty where there is none.
    #[must_use]
    pub fn text(&self, input: usize) -> &str {
        self.optional_text(input).unwrap_or_default()
    }

    /// A string that may be absent.
    #[must_use]
    pub fn optional_text(&self, input: usize) -> Option<&str> {
        self.value(input).text()
    }

    /// A required integer; 0 where there is none.
    #[must_use]
    pub fn int(&self, input: usize) -> i64 {
        self.optional_int(input).unwrap_or_default()
    }

    /// An integer that may be absent.
    #[must_use]
    pub fn optional_int(&self, input: usize) -> Option<i64> {
        match self.value(input) {
            Value::Int(number) => Some(number),
            Value::Absent | Value::Str(_) | Value::Cut(_) => None,
        }
    }
}
