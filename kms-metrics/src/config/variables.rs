//! The names of the variables, and their values before anybody looked at them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use super::error::Problem;

/// Whether anything is collected at all.
pub const COLLECTION_ENABLED: &str = "OTEL_TELEMETRY_COLLECTION_ENABLED";
/// `prometheus` or `otlp`.
pub const EXPORT_TYPE: &str = "OTEL_EXPORT_TYPE";
/// Where to push to.
pub const OTLP_ENDPOINT: &str = "OTEL_EXPORT_OTLP_ENDPOINT";
/// The user name that the collector asks for.
pub const BASIC_AUTH_USERNAME: &str = "OTEL_COLLECTOR_BASIC_AUTH_USERNAME";
/// The password that the collector asks for.
pub const BASIC_AUTH_PASSWORD: &str = "OTEL_COLLECTOR_BASIC_AUTH_PASSWORD";
/// Milliseconds between two pushes.
pub const PUSH_INTERVAL: &str = "OTEL_OTLP_PUSH_INTERVAL";
/// OpenTelemetry's `service.name`.
pub const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// OpenTelemetry's resource attributes, `key=value,key=value`.
pub const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// The address that the scrape endpoint listens on.
pub const PROMETHEUS_HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
/// The port that the scrape endpoint listens on.
pub const PROMETHEUS_PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
/// `cumulative`, `delta` or `lowmemory`.
pub const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
/// `true` turns everything off.
pub const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";

/// Variables that people set because OpenTelemetry has them, and the one that is used here instead.
pub(super) const UNUSED: &[(&str, &str)] = &[
    ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP_ENDPOINT),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", OTLP_ENDPOINT),
    ("OTEL_METRIC_EXPORT_INTERVAL", PUSH_INTERVAL),
    ("OTEL_METRICS_EXPORTER", EXPORT_TYPE),
];

const USED: &[&str] = &[
    COLLECTION_ENABLED,
    EXPORT_TYPE,
    OTLP_ENDPOINT,
    BASIC_AUTH_USERNAME,
    BASIC_AUTH_PASSWORD,
    PUSH_INTERVAL,
    SERVICE_NAME,
    RESOURCE_ATTRIBUTES,
    PROMETHEUS_HOST,
    PROMETHEUS_PORT,
    TEMPORALITY,
    SDK_DISABLED,
];

/// The variables that are set. An empty one is not.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<&'static str, OsString>,
}

impl Variables {
    /// Takes over what `lookup` has, in place of what was set before.
    pub(crate) fn overlay<V: Into<OsString>>(&mut self, lookup: impl Fn(&str) -> Option<V>) {
        for name in USED.iter().copied().chain(UNUSED.iter().map(|(name, _)| *name)) {
            if let Some(value) = lookup(name) {
                self.set(name, value);
            }
        }
    }

    /// Sets one, unless `value` is empty.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        let value = value.into();
        if !value.is_empty() {
            self.values.insert(name, value);
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value as it stands, white space included; what is not UTF-8 becomes a problem and is not shown.
    pub(super) fn exact(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<&str> {
        let value = self.values.get(name)?;
        let text = value.to_str();
        if text.is_none() {
            problems.push(Problem::not_utf8(name));
        }
        text
    }

    /// The value without white space around it.
    pub(super) fn text(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<&str> {
        self.exact(name, problems).map(str::trim)
    }
}

/// Names only: one of the values is a password, and another may contain one.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}
