//! The series of one operation, and which of its instruments a call feeds.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::label::{Label, Labeller, kept_as_pseudonym};
use super::limited::{Bound, LimitedInstrument};
use super::table::{Bindings, Ended, OwnedValue, Series, Table};
use super::telemetry::SeriesTelemetry;
use crate::catalogue::operation::{Count, Operation, OperationInstrument, OutcomeField, Tier, ValueSource};
use crate::catalogue::{Attribute, Kind, Requirement, ValueType};
use crate::outcome::{Ending, Verdict};
use crate::record::Value;

#[derive(Debug)]
pub(crate) struct OperationSeries {
    operation: &'static Operation,
    /// In the order of the operation's instruments.
    instruments: Vec<Arc<LimitedInstrument>>,
    table: Table,
    labeller: Arc<Labeller>,
    kept_as_pseudonym: Option<usize>,
    telemetry: Arc<SeriesTelemetry>,
}

impl OperationSeries {
    pub(super) fn new(
        operation: &'static Operation,
        instruments: Vec<Arc<LimitedInstrument>>,
        labeller: &Arc<Labeller>,
        telemetry: &Arc<SeriesTelemetry>,
    ) -> Self {
        let limit = instruments.iter().map(|instrument| instrument.limit).max().unwrap_or_default();
        let series = Self {
            operation,
            instruments,
            // Twice: a set that has to share its labels with others still finds its instruments by its raw values.
            table: Table::new(operation, 2 * limit),
            labeller: Arc::clone(labeller),
            kept_as_pseudonym: kept_as_pseudonym(operation),
            telemetry: Arc::clone(telemetry),
        };
        series.start_at_zero();
        series
    }

    /// The series of these raw values. What the recording's series until now keeps in another form (cut, or as a
    /// pseudonym) and is given back unchanged stays in that form.
    pub(crate) fn series(&self, values: &[Value<'_>], before: Option<&Series>) -> Arc<Series> {
        let unchanged = |index: usize| {
            let kept = before?.value(index);
            (kept.text().is_some() && kept.text() == values[index].text()).then_some(kept)
        };
        let raw_name = self.kept_as_pseudonym.filter(|index| unchanged(*index).is_none());
        let pseudonym = raw_name.and_then(|index| Some((index, self.labeller.pseudonym(values.get(index)?.text()?))));
        let was_cut = |index: &usize| matches!(unchanged(*index), Some(Value::Cut(_)));
        let any_was_cut = before.is_some() && (0..values.len()).any(|index| was_cut(&index));
        if pseudonym.is_none() && !any_was_cut {
            return self.table.get(values);
        }
        let mut kept = values.to_vec();
        for index in (0..values.len()).filter(was_cut) {
            kept[index] = unchanged(index).unwrap_or(values[index]);
        }
        if let Some((index, pseudonym)) = &pseudonym {
            kept[*index] = Value::Str(pseudonym.as_str());
        }
        self.table.get(&kept)
    }

    /// Feeds the instruments that count such a call.
    pub(crate) fn record(&self, series: &Series, verdict: Verdict, count: Option<Count>, duration: Duration) {
        if verdict.ending() == Ending::NotAttempted {
            return;
        }
        let ended = (verdict, count);
        let bound = Cell::new(false);
        let bind = || {
            bound.set(true);
            self.bind(series, ended)
        };
        series.feed(ended, bind, |bindings| bindings.iter().for_each(|it| it.feed(duration)));
        if bound.get() {
            self.instruments.iter().for_each(|instrument| instrument.warn_if_due());
        }
    }

    fn bind(&self, series: &Series, (verdict, count): Ended) -> Bindings {
        let fed = self.operation.instruments.iter().zip(&self.instruments);
        fed.filter(|(instrument, _)| counts(instrument, count, verdict))
            .filter_map(|(instrument, limited)| self.bind_one(series, verdict, instrument, limited))
            .collect()
    }

    /// A panic in the SDK costs this instrument's recordings and is counted; the caller never sees it.
    fn bind_one(
        &self,
        series: &Series,
        verdict: Verdict,
        instrument: &OperationInstrument,
        limited: &LimitedInstrument,
    ) -> Option<Bound> {
        let bind = || limited.bind(&self.labels(instrument, verdict, |input| series.value(input)));
        match catch_unwind(AssertUnwindSafe(bind)) {
            Ok((handle, lost)) => {
                let degraded = lost.and_then(|tier| self.telemetry.degraded(limited.definition.name, tier));
                Some(Bound { handle, degraded })
            }
            Err(_) => {
                self.telemetry.dropped(limited.definition.name);
                None
            }
        }
    }

    fn labels<'a>(
        &self,
        instrument: &OperationInstrument,
        verdict: Verdict,
        raw: impl Fn(usize) -> Value<'a>,
    ) -> Vec<Label> {
        let attributes = instrument.definition.attributes.iter().zip(instrument.values);
        attributes
            .map(|(attribute, source)| {
                let (value, tier) = match *source {
                    ValueSource::Constant(text) => (OwnedValue::from(Value::Str(text)), Tier::Essential),
                    ValueSource::Outcome(field) => (outcome_value(attribute, field, verdict), Tier::Essential),
                    ValueSource::Input(index) => (self.labeller.shape(raw(index)), self.operation.inputs[index].tier),
                };
                Label { key: attribute.key, value, tier }
            })
            .collect()
    }

    /// Sets of labels that are known in advance start at zero, so that the first event ever is an increase.
    fn start_at_zero(&self) {
        for (instrument, limited) in self.operation.instruments.iter().zip(&self.instruments) {
            let known = instrument.values.iter().all(|source| !matches!(source, ValueSource::Input(_)));
            let from_program = |source: &ValueSource| matches!(source, ValueSource::Outcome(OutcomeField::StatusCode));
            if known && !instrument.values.iter().any(from_program) {
                for verdict in [Verdict::success(), Verdict::cancelled(), Verdict::panicked()] {
                    let _ = limited.bind(&self.labels(instrument, verdict, |_| Value::Absent));
                }
            }
        }
    }
}

fn counts(instrument: &OperationInstrument, count: Option<Count>, verdict: Verdict) -> bool {
    // Whether an HTTP request failed is for its status to say: a redirect is an `Err` in many a handler.
    let by_status = |source: &ValueSource| matches!(source, ValueSource::Outcome(OutcomeField::StatusClass));
    let succeeded = if instrument.values.iter().any(by_status) {
        Verdict::from_http_status(http_status(verdict)).ending() == Ending::Success
    } else {
        verdict.ending() == Ending::Success
    };
    instrument.definition.kind == Kind::Histogram
        || match count.unwrap_or(instrument.on) {
            Count::Always => true,
            Count::Success => succeeded,
            Count::Failure => !succeeded,
        }
}

fn outcome_value(attribute: &Attribute, field: OutcomeField, verdict: Verdict) -> OwnedValue {
    let text = match field {
        OutcomeField::Ending => Some(verdict.ending().as_str()),
        OutcomeField::Result => Some(if verdict.ending() == Ending::Success { "success" } else { "failure" }),
        OutcomeField::ErrorType => verdict.error_type(),
        OutcomeField::ErrorName => verdict.error_name(),
        OutcomeField::StatusClass => Verdict::from_http_status(http_status(verdict)).error_type(),
        OutcomeField::StatusCode => {
            let required = (attribute.requirement == Requirement::Required).then(|| http_status(verdict));
            return match verdict.status_code().or(required) {
                None => OwnedValue::Absent,
                Some(status) if attribute.value_type == ValueType::Int => OwnedValue::Int(status.into()),
                Some(status) => OwnedValue::Str(status.to_string().into()),
            };
        }
    };
    Value::from(text).into()
}

/// The status that the verdict carries, or else what the ending means in HTTP.
fn http_status(verdict: Verdict) -> u16 {
    verdict.status_code().unwrap_or(match verdict.ending() {
        Ending::Success | Ending::NotAttempted => 200,
        Ending::Cancelled => 499,
        Ending::Failure | Ending::Panicked => 500,
    })
}
