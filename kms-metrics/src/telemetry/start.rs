//! From a configuration to a live telemetry.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};

use super::builder::TelemetryBuilder;
use super::slot::Slot;
use super::{DROP_TIMEOUT, InitError, Live, Telemetry, resource};
use crate::config::{Config, Export, Warning, variables};
use crate::exporter::Exporter;
use crate::series::{self, Instruments, SeriesOptions};

pub(super) fn start(config: Config, builder: TelemetryBuilder) -> Result<Telemetry, InitError> {
    let TelemetryBuilder { product_name, resource: program, retry_bind, additions, .. } = builder;
    let Some(export) = config.export else {
        let (enabled, disabled) = (variables::COLLECTION_ENABLED, variables::SDK_DISABLED);
        tracing::info!("no metrics are collected: {enabled} is not `true`, or {disabled} is");
        return Ok(Telemetry { live: None, warnings: Vec::new() });
    };
    let slot = Slot::take().ok_or(InitError::AlreadyInitialized)?;
    let options = SeriesOptions { product: product_name };

    let provider = SdkMeterProvider::builder()
        .with_resource(resource::resource(config.service_name, config.resource_attributes, &program))
        .with_view(series::view());
    let provider = additions.into_iter().fold(provider, |provider, addition| addition(provider));
    let (provider, begin) = prepare(export, retry_bind, provider)?;
    let provider = provider.build();
    let meter = meter(&provider);
    let instruments = Instruments::new(meter.clone(), options);
    let Begun { exporter, warning, told } = begin(&meter)?;

    let live = Live { provider, instruments, exporter, closed: AtomicBool::new(false), slot: Mutex::new(Some(slot)) };
    if !live.instruments.install() {
        let _undone = live.shutdown(DROP_TIMEOUT);
        return Err(InitError::AlreadyInitialized);
    }
    let warnings: Vec<Warning> = config.warnings.into_iter().chain(warning).collect();
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!("{told}");
    Ok(Telemetry { live: Some(live), warnings })
}

/// The meter of everything in the catalogue.
fn meter(provider: &SdkMeterProvider) -> Meter {
    let scope = InstrumentationScope::builder(crate::telemetry_scope()).with_version(env!("CARGO_PKG_VERSION")).build();
    provider.meter_with_scope(scope)
}

/// An exporter at work.
struct Begun {
    exporter: Arc<dyn Exporter>,
    warning: Option<Warning>,
    /// What is exported where, for the log.
    told: String,
}

/// The second half of an exporter's start, once there is a meter to measure itself on.
type Begin = Box<dyn FnOnce(&Meter) -> Result<Begun, InitError>>;

/// Does whatever can fail for reasons of the environment, and adds the exporter's reader.
fn prepare(
    export: Export,
    retry_bind: Option<Duration>,
    provider: MeterProviderBuilder,
) -> Result<(MeterProviderBuilder, Begin), InitError> {
    match export {
        #[cfg(feature = "prometheus")]
        Export::Prometheus(config) => prepare_pull(config, retry_bind, provider),
        #[cfg(feature = "otlp")]
        Export::Otlp(config) => prepare_push(config, provider),
        // Unreachable, because the configuration is wrong where the feature is missing.
        #[cfg(not(all(feature = "prometheus", feature = "otlp")))]
        _ => {
            let _unused = (retry_bind, provider);
            Err(InitError::Exporter("it was not compiled in".to_owned()))
        }
    }
}

#[cfg(feature = "prometheus")]
fn prepare_pull(
    config: crate::config::PrometheusConfig,
    retry_bind: Option<Duration>,
    provider: MeterProviderBuilder,
) -> Result<(MeterProviderBuilder, Begin), InitError> {
    use crate::exporter::prometheus::{BindError, PullBuilder, StartError};

    let (pull, reader) = PullBuilder::bind(&config, retry_bind).map_err(|error| match error {
        StartError::Bind(BindError { address, source }) => InitError::Bind { address, source },
        StartError::Reader(error) => InitError::Exporter(error.to_string()),
    })?;
    let warning = pull.public_endpoint(LABELS_NAME_PEOPLE);
    let begin = move |meter: &Meter| {
        let thread = |source| InitError::Thread { purpose: "the scrape endpoint", source };
        let pull = pull.start(meter).map_err(thread)?;
        let told = match pull.address() {
            Some(address) => format!("metrics can be scraped at http://{address}/metrics"),
            None => "metrics can be scraped as soon as their port is free".to_owned(),
        };
        Ok(Begun { exporter: Arc::new(pull), warning, told })
    };
    Ok((provider.with_reader(reader), Box::new(begin)))
}

#[cfg(feature = "otlp")]
fn prepare_push(
    config: crate::config::OtlpConfig,
    provider: MeterProviderBuilder,
) -> Result<(MeterProviderBuilder, Begin), InitError> {
    let started = crate::exporter::otlp::Push::start(&config);
    let (push, reader) = started.map_err(|error| InitError::Exporter(error.to_string()))?;
    let begin = move |meter: &Meter| {
        push.measure_on(meter);
        let told = format!("metrics are pushed to {} every {:?}", config.endpoint, config.interval);
        Ok(Begun { exporter: Arc::new(push), warning: None, told })
    };
    Ok((provider.with_reader(reader), Box::new(begin)))
}

/// Always, until there is a policy that leaves such labels out.
#[cfg(feature = "prometheus")]
const LABELS_NAME_PEOPLE: bool = true;
