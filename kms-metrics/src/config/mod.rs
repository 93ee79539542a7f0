//! What the environment says, read once at start.
//!
//! The variables are those of the operator's guide, and a few of OpenTelemetry's own; [`variables`] names them. An
//! empty variable is unset. When collection is off, the others are not looked at; when it is on, whatever is wrong in
//! any of them is one [`ConfigError`] that lists everything.
//!
//! The push also heeds what its libraries read themselves: the proxy variables (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`, in either case), except for an endpoint on this machine, which is never reached through a proxy; and
//! `OTEL_EXPORTER_OTLP_HEADERS`, which can add headers to the requests.

mod credentials;
mod endpoint;
mod error;
mod resource_attributes;
pub mod variables;
mod warning;

use std::ffi::OsString;
use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

pub use credentials::{Credentials, Secret};
pub use endpoint::Endpoint;
pub use error::{ConfigError, Problem};
pub(crate) use variables::Variables;
pub use warning::Warning;

use variables as names;

/// The port of OpenTelemetry's Prometheus exporters, and of the guide.
pub const DEFAULT_PROMETHEUS_PORT: u16 = 9464;
/// The time between two pushes unless the environment says otherwise.
pub const DEFAULT_PUSH_INTERVAL: Duration = Duration::from_secs(30);
/// `service.name` unless the environment or the program says otherwise.
pub const DEFAULT_SERVICE_NAME: &str = "kms";

const PUSH_INTERVAL_MS: std::ops::RangeInclusive<u64> = 1_000..=3_600_000;

/// A valid configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where metrics go; `None` when nothing is collected.
    pub export: Option<Export>,
    /// `service.name`, from `OTEL_SERVICE_NAME` or else from `OTEL_RESOURCE_ATTRIBUTES`.
    pub service_name: Option<String>,
    /// The other resource attributes.
    pub resource_attributes: Vec<(String, String)>,
    /// What deserves a second look.
    pub warnings: Vec<Warning>,
}

/// Where metrics go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Export {
    /// Pull: Prometheus scrapes an endpoint of this process.
    Prometheus(PrometheusConfig),
    /// Push: this process sends to an OpenTelemetry collector.
    Otlp(OtlpConfig),
}

/// The scrape endpoint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PrometheusConfig {
    /// A host name or IP address; `None` for all interfaces, IPv6 and IPv4.
    pub host: Option<String>,
    /// The port; 0 picks a free one.
    pub port: u16,
}

/// The push.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OtlpConfig {
    /// The receiver's complete address.
    pub endpoint: Endpoint,
    /// What the receiver asks for.
    pub credentials: Option<Credentials>,
    /// The time between two pushes.
    pub interval: Duration,
    /// Whether counters are sent as totals or as differences.
    pub temporality: Temporality,
}

impl Config {
    /// Reads the environment of the process.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// Reads variables from elsewhere than the environment: a test, or a file of the program's own.
    ///
    /// ```
    /// use kms_metrics::config::{Config, Export};
    ///
    /// let config = Config::from_vars(|name| match name {
    ///     "OTEL_TELEMETRY_COLLECTION_ENABLED" => Some("true"),
    ///     "OTEL_EXPORT_TYPE" => Some("prometheus"),
    ///     _ => None,
    /// })?;
    /// assert!(matches!(config.export, Some(Export::Prometheus(_))));
    /// # Ok::<(), kms_metrics::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn from_vars<V: Into<OsString>>(lookup: impl Fn(&str) -> Option<V>) -> Result<Self, ConfigError> {
        let mut variables = Variables::default();
        variables.overlay(lookup);
        Self::parse(&variables)
    }

    pub(crate) fn parse(variables: &Variables) -> Result<Self, ConfigError> {
        let off = Self { export: None, service_name: None, resource_attributes: Vec::new(), warnings: Vec::new() };
        let mut problems = Vec::new();
        let mut warnings = Vec::new();

        let disabled = boolean(variables, names::SDK_DISABLED, &mut problems);
        if disabled == Some(true) {
            return Ok(off);
        }
        match boolean(variables, names::COLLECTION_ENABLED, &mut problems) {
            Some(true) => {}
            Some(false) => return Ok(off),
            None if !variables.is_set(names::COLLECTION_ENABLED) => return Ok(off),
            // Neither on nor off: somebody wanted something, so the rest is checked in the same go.
            None => {}
        }

        let export = export(variables, &mut problems, &mut warnings);
        let mut resource_attributes = resource_attributes(variables, &mut problems);
        let given = variables.text(names::SERVICE_NAME, &mut problems).filter(|name| !name.is_empty());
        let service_name = match given {
            Some(name) => Some(name.to_owned()),
            None => resource_attributes.iter().rfind(|(key, _)| key == "service.name").map(|(_, value)| value.clone()),
        };
        resource_attributes.retain(|(key, _)| key != "service.name");
        for (variable, instead) in names::UNUSED {
            if variables.is_set(variable) {
                warnings.push(Warning::Unused { variable, instead });
            }
        }

        match export {
            Some(export) if problems.is_empty() => {
                Ok(Self { export: Some(export), service_name, resource_attributes, warnings })
            }
            _ => Err(ConfigError::new(problems)),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum ExportType {
    Prometheus,
    Otlp,
}

/// Whatever is set is checked, whether the chosen export uses it or not: a wrong value is a mistake in either case,
/// and one that would come to light only on the day when the other export is chosen. What is *missing* matters only to
/// the export that needs it.
fn export(variables: &Variables, problems: &mut Vec<Problem>, warnings: &mut Vec<Warning>) -> Option<Export> {
    let export_type = export_type(variables, problems);
    let endpoint = endpoint(variables, export_type, problems);
    let credentials = credentials::parse(variables, problems, warnings);
    let interval = push_interval(variables, problems);
    let prometheus = PrometheusConfig { host: host(variables, problems), port: port(variables, problems) };
    let temporality = temporality(variables, export_type, problems, warnings);

    match export_type? {
        ExportType::Prometheus => Some(Export::Prometheus(prometheus)),
        ExportType::Otlp => {
            let endpoint = endpoint?;
            if credentials.is_some() && !endpoint.is_https() && !endpoint.is_loopback() {
                warnings.push(Warning::CredentialsInTheClear { host: endpoint.host().to_owned() });
            }
            Some(Export::Otlp(OtlpConfig { endpoint, credentials, interval, temporality }))
        }
    }
}

/// `true` or `false` in any case; `None` where it is unset or something else.
fn boolean(variables: &Variables, name: &'static str, problems: &mut Vec<Problem>) -> Option<bool> {
    let text = variables.text(name, problems)?;
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        problems.push(Problem::invalid(name, text, "`true` or `false`"));
        None
    }
}

fn export_type(variables: &Variables, problems: &mut Vec<Problem>) -> Option<ExportType> {
    const ACCEPTED: &str = "`prometheus` or `otlp`";
    if !variables.is_set(names::EXPORT_TYPE) {
        problems.push(Problem::described(
            names::EXPORT_TYPE,
            "nothing",
            format!("{ACCEPTED} (required when {} is `true`)", names::COLLECTION_ENABLED),
        ));
        return None;
    }
    let text = variables.text(names::EXPORT_TYPE, problems)?;
    let (export_type, compiled, feature) = match text.to_ascii_lowercase().as_str() {
        "prometheus" => (ExportType::Prometheus, cfg!(feature = "prometheus"), "prometheus"),
        "otlp" => (ExportType::Otlp, cfg!(feature = "otlp"), "otlp"),
        _ => {
            problems.push(Problem::invalid(names::EXPORT_TYPE, text, ACCEPTED));
            return None;
        }
    };
    if !compiled {
        problems.push(not_compiled(names::EXPORT_TYPE, text, feature));
    }
    Some(export_type)
}

fn endpoint(variables: &Variables, export_type: Option<ExportType>, problems: &mut Vec<Problem>) -> Option<Endpoint> {
    let otlp = export_type == Some(ExportType::Otlp);
    if otlp && !variables.is_set(names::OTLP_ENDPOINT) {
        problems.push(Problem::described(
            names::OTLP_ENDPOINT,
            "nothing",
            format!(
                "an address such as http://otel-collector:4318/v1/metrics (required when {} is `otlp`)",
                names::EXPORT_TYPE
            ),
        ));
        return None;
    }
    match Endpoint::parse(variables.text(names::OTLP_ENDPOINT, problems)?) {
        Ok(endpoint) => {
            if otlp && endpoint.is_https() && !cfg!(feature = "tls") {
                problems.push(not_compiled(names::OTLP_ENDPOINT, "https://", "tls"));
            }
            Some(endpoint)
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn not_compiled(name: &'static str, value: &str, feature: &str) -> Problem {
    Problem::described(
        name,
        format!("{value:?}, which this program was compiled without"),
        format!("it is, once the feature `{feature}` of kms-metrics is turned on where the program is built"),
    )
}

fn push_interval(variables: &Variables, problems: &mut Vec<Problem>) -> Duration {
    let Some(text) = variables.text(names::PUSH_INTERVAL, problems) else { return DEFAULT_PUSH_INTERVAL };
    match text.parse() {
        Ok(milliseconds) if PUSH_INTERVAL_MS.contains(&milliseconds) => Duration::from_millis(milliseconds),
        _ => {
            problems.push(Problem::invalid(
                names::PUSH_INTERVAL,
                text,
                "milliseconds, a whole number from 1000 to 3600000",
            ));
            DEFAULT_PUSH_INTERVAL
        }
    }
}

/// An address or a name; names are resolved when the listener is opened.
fn host(variables: &Variables, problems: &mut Vec<Problem>) -> Option<String> {
    let text = variables.text(names::PROMETHEUS_HOST, problems)?;
    let host = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = host.parse::<std::net::IpAddr>().is_ok();
    let name = host.len() <= 253
        && !host.is_empty()
        && host.split('.').all(|label| !label.is_empty())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !address && !name {
        problems.push(Problem::invalid(
            names::PROMETHEUS_HOST,
            text,
            "an IP address or a host name, without port, such as 127.0.0.1",
        ));
    }
    Some(host.to_owned())
}

fn port(variables: &Variables, problems: &mut Vec<Problem>) -> u16 {
    let Some(text) = variables.text(names::PROMETHEUS_PORT, problems) else { return DEFAULT_PROMETHEUS_PORT };
    text.parse().unwrap_or_else(|_| {
        problems.push(Problem::invalid(
            names::PROMETHEUS_PORT,
            text,
            "a port from 0 to 65535, where 0 picks a free one",
        ));
        DEFAULT_PROMETHEUS_PORT
    })
}

fn temporality(
    variables: &Variables,
    export_type: Option<ExportType>,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Warning>,
) -> Temporality {
    let variable = names::TEMPORALITY;
    if export_type == Some(ExportType::Prometheus) {
        if variables.is_set(variable) {
            warnings.push(Warning::TemporalityIgnored { variable });
        }
        return Temporality::Cumulative;
    }
    let Some(text) = variables.text(variable, problems) else { return Temporality::Cumulative };
    text.parse().unwrap_or_else(|()| {
        problems.push(Problem::invalid(variable, text, "`cumulative`, `delta` or `lowmemory`"));
        Temporality::Cumulative
    })
}

fn resource_attributes(variables: &Variables, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let Some(text) = variables.text(names::RESOURCE_ATTRIBUTES, problems) else { return Vec::new() };
    resource_attributes::parse(text).unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    })
}

#[cfg(test)]
mod tests;
