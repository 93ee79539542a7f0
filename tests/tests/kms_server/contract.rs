//! What was exported, held against the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use kms_metrics::catalogue::{INSTRUMENTS, Instrument, Kind, Requirement};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Sum, metric, number_data_point};

/// The series of each instrument, by its OpenTelemetry name, with labels as Prometheus spells them.
#[derive(Default)]
pub(crate) struct Found {
    series: BTreeMap<&'static str, BTreeSet<BTreeMap<String, String>>>,
    bounds: BTreeMap<&'static str, BTreeSet<String>>,
    /// The instruments that have a value other than zero.
    fed: BTreeSet<&'static str>,
}

fn label(key: &str) -> String {
    key.replace('.', "_")
}

impl Found {
    pub(crate) fn series(&mut self, instrument: &Instrument, labels: BTreeMap<String, String>, fed: bool) {
        self.series.entry(instrument.name).or_default().insert(labels);
        if fed {
            self.fed.insert(instrument.name);
        }
    }

    pub(crate) fn bound(&mut self, instrument: &Instrument, bound: &str) {
        self.bounds.entry(instrument.name).or_default().insert(bound.to_owned());
    }

    /// What has no data yet, apart from `absent`. What counts faults of the library itself may be zero.
    pub(crate) fn missing(&self, absent: &[&str]) -> Result<(), String> {
        let faults = |name: &str| name.starts_with("kms.telemetry.recordings.") || name.ends_with(".export.failures");
        let has_data = |name: &str| self.fed.contains(name) || (faults(name) && self.series.contains_key(name));
        let names = INSTRUMENTS.iter().map(|instrument| instrument.name).filter(|name| !absent.contains(name));
        let missing: Vec<_> = names.filter(|name| !has_data(name)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("no data for {missing:?}")) }
    }

    /// The last push.
    pub(crate) fn from_push(push: &ExportMetricsServiceRequest) -> Self {
        let mut found = Self::default();
        let scopes = push.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        for exported in scopes.flat_map(|scope| &scope.metrics) {
            let instrument = INSTRUMENTS.iter().find(|it| it.name == exported.name);
            let instrument = instrument.unwrap_or_else(|| panic!("{} is not of the catalogue", exported.name));
            assert_eq!(
                (exported.description.as_str(), exported.unit.as_str()),
                (instrument.description, instrument.unit)
            );
            match exported.data.as_ref().unwrap() {
                metric::Data::Histogram(histogram) => {
                    for point in &histogram.data_points {
                        point.explicit_bounds.iter().for_each(|bound| found.bound(instrument, &bound.to_string()));
                        found.bound(instrument, "+Inf");
                        found.series(instrument, labels(&point.attributes), point.count > 0);
                    }
                }
                metric::Data::Sum(Sum { data_points, .. }) | metric::Data::Gauge(Gauge { data_points }) => {
                    for point in data_points {
                        let zero = matches!(
                            point.value,
                            Some(number_data_point::Value::AsInt(0)) | Some(number_data_point::Value::AsDouble(0.0))
                        );
                        found.series(instrument, labels(&point.attributes), !zero);
                    }
                }
                other => panic!("{}: {other:?}", exported.name),
            }
        }
        found
    }
}

fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (label(&attribute.key), text(attribute))).collect()
}

/// Labels and buckets are those of the catalogue, and no other; every label is there at least once.
pub(crate) fn check(found: &Found) {
    for instrument in INSTRUMENTS {
        let Some(series) = found.series.get(instrument.name) else { continue };
        let required =
            |it: &&kms_metrics::catalogue::Attribute| it.requirement == Requirement::Required && !it.nullable;
        let required: Vec<_> = instrument.attributes.iter().filter(required).map(|it| label(it.key)).collect();
        let known: BTreeSet<_> = instrument.attributes.iter().map(|it| label(it.key)).collect();
        for labels in series {
            let missing: Vec<_> = required.iter().filter(|label| !labels.contains_key(*label)).collect();
            let extra: Vec<_> = labels.keys().filter(|label| !known.contains(*label)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{}: without {missing:?}, with {extra:?}", instrument.name);
        }
        let seen: BTreeSet<_> = series.iter().flat_map(|labels| labels.keys().cloned()).collect();
        assert_eq!(seen, known, "{}: labels that the demo shows, and those of the catalogue", instrument.name);
        if instrument.kind == Kind::Histogram {
            let mut bounds: BTreeSet<_> = instrument.buckets.iter().map(ToString::to_string).collect();
            bounds.insert("+Inf".to_owned());
            assert_eq!(found.bounds[instrument.name], bounds, "{}", instrument.name);
        }
    }
}
