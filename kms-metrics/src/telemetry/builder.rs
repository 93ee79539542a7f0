//! Putting telemetry together.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{Instrument, MeterProviderBuilder, Stream, Temporality};

use super::{InitError, Telemetry, start};
use crate::config::{Config, Variables, variables};
use crate::series::DEFAULT_PRODUCT;

/// Builds a [`Telemetry`]. Without further calls it is off.
///
/// ```no_run
/// use kms_metrics::Telemetry;
///
/// let telemetry = Telemetry::builder()
///     .service_name("acme-kms")
///     .service_version(env!("CARGO_PKG_VERSION"))
///     .from_env()
///     .retry_bind(std::time::Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), kms_metrics::InitError>(())
/// ```
///
/// Where metrics go can be said by the program or by the environment ([`from_env`](Self::from_env)): of two calls that
/// say the same thing, the later one wins. Who the service is can be said by both too, and there the environment always
/// wins, because an operator knows it better.
#[must_use = "nothing happens until `build` is called"]
pub struct TelemetryBuilder {
    /// The typed calls end up here as well, so that there is one set of rules, and one kind of error.
    pub(super) variables: Variables,
    pub(super) product_name: String,
    pub(super) resource: Vec<KeyValue>,
    pub(super) retry_bind: Option<Duration>,
    pub(super) additions: Vec<Addition>,
}

/// A reader or a view.
pub(super) type Addition = Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;

impl TelemetryBuilder {
    pub(super) fn new() -> Self {
        Self {
            variables: Variables::default(),
            product_name: DEFAULT_PRODUCT.to_owned(),
            resource: Vec::new(),
            retry_bind: None,
            additions: Vec::new(),
        }
    }

    /// Takes over every variable that is set in the environment of the process, in place of what was said before.
    #[allow(
        clippy::wrong_self_convention,
        reason = "it is one more source for the builder, and `Telemetry::from_env` the short form"
    )]
    pub fn from_env(self) -> Self {
        self.vars(|name| std::env::var_os(name))
    }

    /// Takes over variables from elsewhere than the environment: a test, or a file of the program's own. The names are
    /// those of [`config::variables`](crate::config::variables).
    pub fn vars<V: Into<OsString>>(mut self, lookup: impl Fn(&str) -> Option<V>) -> Self {
        self.variables.overlay(lookup);
        self
    }

    /// Collects metrics, for Prometheus to scrape.
    pub fn prometheus(self) -> Self {
        self.enabled("prometheus")
    }

    /// The host name or address on which the scrape endpoint listens; by default on all interfaces, IPv6 and IPv4.
    pub fn prometheus_host(self, host: impl Into<String>) -> Self {
        self.set(variables::PROMETHEUS_HOST, host.into())
    }

    /// The port on which the scrape endpoint listens; 9464 by default, 0 picks a free one.
    pub fn prometheus_port(self, port: u16) -> Self {
        self.set(variables::PROMETHEUS_PORT, port.to_string())
    }

    /// A port that cannot be had is no error of [`build`](Self::build): it is tried again that often, in the
    /// background, and logged once.
    pub fn retry_bind(mut self, every: Duration) -> Self {
        self.retry_bind = Some(every);
        self
    }

    /// Collects metrics, and pushes them to an OTLP receiver over HTTP. `/v1/metrics` is appended unless the path ends
    /// with it.
    pub fn otlp(self, endpoint: impl Into<String>) -> Self {
        self.enabled("otlp").set(variables::OTLP_ENDPOINT, endpoint.into())
    }

    /// What the receiver asks for.
    pub fn otlp_basic_auth(self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.set(variables::BASIC_AUTH_USERNAME, username.into()).set(variables::BASIC_AUTH_PASSWORD, password.into())
    }

    /// The time between two pushes, from one second to an hour; 30 seconds by default.
    pub fn otlp_push_interval(self, interval: Duration) -> Self {
        self.set(variables::PUSH_INTERVAL, interval.as_millis().to_string())
    }

    /// Whether counters are pushed as totals or as differences; totals by default. A failed export of differences is
    /// lost for good.
    pub fn otlp_temporality(self, temporality: Temporality) -> Self {
        self.set(variables::TEMPORALITY, format!("{temporality:?}"))
    }

    /// `service.name`, where the environment does not say it; `kms` by default.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute("service.name", name.into())
    }

    /// `service.version`, where the environment does not say it.
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.resource_attribute("service.version", version.into())
    }

    /// A resource attribute, where the environment does not say it.
    pub fn resource_attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.resource.push(KeyValue::new(key, value));
        self
    }

    /// The name of the product in the descriptions of the metrics; `Hanzo KMS` by default.
    pub fn product_name(mut self, name: impl Into<String>) -> Self {
        self.product_name = name.into();
        self
    }

    /// One more reader for the meter provider. Ignored when telemetry is off.
    pub fn with_reader(self, reader: impl MetricReader) -> Self {
        self.with(|provider| provider.with_reader(reader))
    }

    /// One more view for the meter provider. It should be `None` for the instruments of the catalogue, which have a
    /// view already: the SDK exports an instrument once per view. Ignored when telemetry is off.
    pub fn with_view(self, view: impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static) -> Self {
        self.with(|provider| provider.with_view(view))
    }

    /// Begins to collect.
    ///
    /// # Errors
    ///
    /// [`InitError::Config`] lists everything that is wrong with the configuration, [`InitError::Bind`] says that the
    /// port of the scrape endpoint cannot be had, [`InitError::AlreadyInitialized`] that there is a live one.
    pub fn build(self) -> Result<Telemetry, InitError> {
        let config = Config::parse(&self.variables)?;
        start::start(config, self)
    }

    fn with(mut self, addition: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send + 'static) -> Self {
        self.additions.push(Box::new(addition));
        self
    }

    fn enabled(self, export_type: &str) -> Self {
        self.set(variables::COLLECTION_ENABLED, "true").set(variables::EXPORT_TYPE, export_type)
    }

    fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.set(name, value);
        self
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("variables", &self.variables)
            .field("product_name", &self.product_name)
            .field("resource", &self.resource)
            .field("retry_bind", &self.retry_bind)
            .finish_non_exhaustive()
    }
}
