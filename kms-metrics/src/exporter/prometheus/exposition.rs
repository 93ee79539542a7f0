//! The SDK's data as text.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use ::prometheus::{Encoder, Registry, TextEncoder};
use opentelemetry::metrics::{Gauge, Histogram, Meter};
use opentelemetry_sdk::error::OTelSdkError;

use super::PrometheusReader;
use crate::catalogue::instruments::{KMS_TELEMETRY_SCRAPE_DURATION, KMS_TELEMETRY_SCRAPE_SIZE};
use crate::exporter::RenderError;
use crate::exporter::self_metrics::{self, ExportMetrics};

/// What the format is called in a `Content-Type`.
pub(super) const CONTENT_TYPE: &str = ::prometheus::TEXT_FORMAT;

/// The longest body. A hundred thousand series of the widest metric take 82 MB; a Prometheus that is sent more than
/// this has lost already, and so has the process that holds it in memory.
const LONGEST: usize = 128 << 20;

const PANICKED: &str =
    "a callback of an observable instrument of the program panicked; correct it, and restart the program";
const NOTHING: &str = "the meter provider returned no metrics; it is shut down, or a callback of an observable \
                       instrument panicked before, which must be corrected and the program restarted";

/// Renders what the registry gathers.
#[derive(Debug)]
pub(super) struct Exposition {
    registry: Registry,
    longest: usize,
    closed: AtomicBool,
    last_size: AtomicUsize,
    gathering: Mutex<()>,
    measured: OnceLock<Measured>,
}

#[derive(Debug)]
struct Measured {
    exports: ExportMetrics,
    duration: Histogram<f64>,
    size: Gauge<f64>,
}

impl Exposition {
    /// An exposition, and the reader that feeds it.
    pub(super) fn new() -> Result<(Self, PrometheusReader), OTelSdkError> {
        Self::bounded(LONGEST)
    }

    fn bounded(longest: usize) -> Result<(Self, PrometheusReader), OTelSdkError> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            // Else every sample carries `otel_scope_*`, and pull and push differ.
            .scope_info_enabled(false)
            .build()?;
        let exposition = Self {
            registry,
            longest,
            closed: AtomicBool::new(false),
            last_size: AtomicUsize::new(0),
            gathering: Mutex::new(()),
            measured: OnceLock::new(),
        };
        Ok((exposition, reader))
    }

    /// Records from here on, on `meter`, how long each rendering took and how large it was.
    pub(super) fn measure_on(&self, meter: &Meter) {
        self.measured.get_or_init(|| Measured {
            exports: ExportMetrics::new(meter, RenderError::REASONS.iter().copied()),
            duration: self_metrics::histogram(meter, &KMS_TELEMETRY_SCRAPE_DURATION),
            size: self_metrics::gauge(meter, &KMS_TELEMETRY_SCRAPE_SIZE),
        });
    }

    /// From here on there is nothing to render.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Gathers and encodes. One at a time: a gathering may need many times the memory of the text.
    pub(super) fn render(&self) -> Result<Vec<u8>, RenderError> {
        let _one = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::Acquire) {
            return Err(RenderError::ShutDown);
        }
        let started = Instant::now();
        let rendered = self.gather_and_encode();
        if let Some(measured) = self.measured.get() {
            measured.exports.ended(rendered.as_ref().err().map(RenderError::reason));
        }
        let text = rendered?;
        self.last_size.store(text.len(), Ordering::Relaxed);
        if let Some(measured) = self.measured.get() {
            measured.duration.record(started.elapsed().as_secs_f64(), &[]);
            measured.size.record(text.len() as f64, &[]);
        }
        Ok(text)
    }

    fn gather_and_encode(&self) -> Result<Vec<u8>, RenderError> {
        // Callbacks of the program's own observable instruments run in here, and a panic is theirs, not the scrape's.
        let families = catch_unwind(AssertUnwindSafe(|| self.registry.gather()))
            .map_err(|_| RenderError::Collecting(PANICKED.to_owned()))?;
        // There is always `target_info`, unless the provider was shut down or one of its locks is poisoned.
        if families.is_empty() {
            return Err(RenderError::Collecting(NOTHING.to_owned()));
        }
        let mut text = Bounded { text: Vec::with_capacity(self.expected_size()), longest: self.longest, over: false };
        match TextEncoder::new().encode(&families, &mut text) {
            Ok(()) => Ok(text.text),
            Err(_) if text.over => Err(RenderError::TooLarge { limit: self.longest }),
            Err(error) => Err(RenderError::Collecting(error.to_string())),
        }
    }

    /// A little more than the last time.
    fn expected_size(&self) -> usize {
        let last = self.last_size.load(Ordering::Relaxed);
        (last + last / 8).max(4 << 10).min(self.longest)
    }
}

/// A buffer that refuses to grow beyond its bound.
struct Bounded {
    text: Vec<u8>,
    longest: usize,
    over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len().saturating_add(bytes.len()) > self.longest {
            self.over = true;
            return Err(io::Error::other("the exposition is too large"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    use super::*;

    fn provider(longest: usize) -> (Exposition, SdkMeterProvider) {
        let (exposition, reader) = Exposition::bounded(longest.max(4 << 10)).unwrap();
        (exposition, SdkMeterProvider::builder().with_reader(reader).build())
    }

    #[test]
    fn a_rendering_shows_the_measurements_of_those_before_it() {
        let (exposition, provider) = provider(LONGEST);
        exposition.measure_on(&provider.meter("test"));
        let first = String::from_utf8(exposition.render().unwrap()).unwrap();
        assert!(!first.contains("kms_telemetry_scrape"), "{first}");
        let second = String::from_utf8(exposition.render().unwrap()).unwrap();
        assert!(second.contains("kms_telemetry_scrape_duration_seconds_count 1\n"), "{second}");
        assert!(second.contains(&format!("kms_telemetry_scrape_size_bytes {}\n", first.len())), "{second}");
        assert!(second.contains("kms_telemetry_export_attempts_total 1\n"), "{second}");
        assert!(second.contains("kms_telemetry_export_last_success_seconds "), "{second}");
    }

    #[test]
    fn an_exposition_over_its_limit_is_an_error_and_no_part_of_one() {
        let (exposition, provider) = provider(4 << 10);
        let counter = provider.meter("test").u64_counter("many").build();
        for series in 0..500 {
            counter.add(1, &[KeyValue::new("series", series)]);
        }
        assert!(matches!(exposition.render(), Err(RenderError::TooLarge { limit }) if limit == 4 << 10));
    }

    #[test]
    fn a_scrape_that_fails_is_counted_by_its_reason() {
        let (mut exposition, provider) = provider(LONGEST);
        exposition.measure_on(&provider.meter("test"));
        exposition.longest = 10;
        assert!(exposition.render().is_err());
        exposition.longest = LONGEST;
        let text = String::from_utf8(exposition.render().unwrap()).unwrap();
        let failures = |reason: &str, count| format!("failures_total{{kms_telemetry_reason=\"{reason}\"}} {count}\n");
        assert!(text.contains(&failures("too_large", 1)) && text.contains(&failures("collecting", 0)), "{text}");
    }

    #[test]
    fn nothing_gathered_is_an_error_and_not_an_empty_text() {
        let (exposition, provider) = provider(LONGEST);
        assert!(exposition.render().is_ok());
        provider.shutdown().unwrap();
        assert!(matches!(exposition.render(), Err(RenderError::Collecting(_))));
    }

    #[test]
    fn a_panicking_callback_is_an_error_and_not_a_panic() {
        let (exposition, provider) = provider(LONGEST);
        let _gauge = provider.meter("test").u64_observable_gauge("bad").with_callback(|_| panic!("on purpose")).build();
        assert!(matches!(exposition.render(), Err(RenderError::Collecting(_))));
        assert!(matches!(exposition.render(), Err(RenderError::Collecting(_))));
    }

    #[test]
    fn a_closed_exposition_renders_nothing() {
        let (exposition, _provider) = provider(LONGEST);
        exposition.close();
        assert!(matches!(exposition.render(), Err(RenderError::ShutDown)));
    }
}
