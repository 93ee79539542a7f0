//! Starting and ending: from the environment to a meter provider whose metrics are scraped or pushed.

mod builder;
mod deadline;
mod error;
mod resource;
mod slot;
mod start;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::config::Warning;
use crate::exporter::Exporter;
pub use crate::exporter::RenderError;
use crate::series::Instruments;
pub use builder::TelemetryBuilder;
use deadline::{NoResult, within};
pub use error::{FlushError, InitError, ShutdownError};
use slot::Slot;

/// How long [`Telemetry::shutdown`] takes at most.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long dropping takes at most.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// The telemetry of this process, from [`from_env`](Self::from_env) or [`builder`](Self::builder) until it is shut down
/// or dropped.
///
/// Keep it for as long as the program records. When it is off it costs nothing, and so do the recordings.
///
/// ```no_run
/// let telemetry = kms_metrics::Telemetry::from_env()?;
/// // … serve …
/// telemetry.shutdown()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// OpenTelemetry's global meter provider is left alone. A program whose other libraries record through it sets it:
/// `opentelemetry::global::set_meter_provider(telemetry.meter_provider()…clone())`.
#[must_use = "dropping it ends the collection of metrics"]
pub struct Telemetry {
    live: Option<Live>,
    warnings: Vec<Warning>,
}

struct Live {
    provider: SdkMeterProvider,
    instruments: Arc<Instruments>,
    exporter: Arc<dyn Exporter>,
    closed: AtomicBool,
    slot: Mutex<Option<Slot>>,
}

impl Telemetry {
    /// Telemetry as the environment says; the short form of `Telemetry::builder().from_env().build()`.
    ///
    /// # Errors
    ///
    /// See [`TelemetryBuilder::build`].
    pub fn from_env() -> Result<Self, InitError> {
        Self::builder().from_env().build()
    }

    /// Telemetry as the program says, and the environment if it is asked.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::new()
    }

    /// Whether metrics are collected.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.live().is_some()
    }

    /// Where `/metrics` really listens: `None` when nothing listens, or not yet
    /// (see [`TelemetryBuilder::retry_bind`]).
    #[must_use]
    pub fn prometheus_address(&self) -> Option<SocketAddr> {
        self.live()?.exporter.address()
    }

    /// For the program's own instruments, which are exported along; `None` when telemetry is off.
    ///
    /// Shutting it down ends this telemetry's export too; use [`shutdown`](Self::shutdown).
    #[must_use]
    pub fn meter_provider(&self) -> Option<&SdkMeterProvider> {
        self.live.as_ref().map(|live| &live.provider)
    }

    /// What about the configuration deserves a second look; logged at start as well.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The exposition that `/metrics` answers with. Takes as long as a scrape does, on this thread.
    ///
    /// # Errors
    ///
    /// When the metrics are not exported to Prometheus, cannot be collected, or are too many.
    pub fn render(&self) -> Result<String, RenderError> {
        self.live.as_ref().ok_or(RenderError::NotPrometheus)?.exporter.render()
    }

    /// Pushes what was recorded until now, and waits for it: no longer than `timeout`, whatever the receiver does. Blocks
    /// the calling thread, so asynchronous code calls it through its runtime's `spawn_blocking`.
    ///
    /// With Prometheus, and when telemetry is off, there is nothing to flush.
    ///
    /// # Errors
    ///
    /// When the export fails, or takes longer, or telemetry is shut down.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let Some(live) = &self.live else { return Ok(()) };
        if live.closed.load(Ordering::Acquire) {
            return Err(FlushError::ShutDown);
        }
        let provider = live.provider.clone();
        match within(timeout, move || provider.force_flush()) {
            Ok(Ok(())) => live.exporter.last_failure().map_or(Ok(()), |failure| Err(FlushError::Export(failure))),
            Ok(Err(OTelSdkError::AlreadyShutdown)) => Err(FlushError::ShutDown),
            Ok(Err(error)) => Err(FlushError::Sdk(error.to_string())),
            Err(NoResult::TimedOut) => Err(FlushError::TimedOut(timeout)),
            Err(NoResult::Lost) => Err(FlushError::Sdk("its thread ended early".to_owned())),
        }
    }

    /// Shuts down within five seconds; see [`shutdown_with_timeout`](Self::shutdown_with_timeout).
    ///
    /// # Errors
    ///
    /// When something was left undone. It is down nevertheless.
    pub fn shutdown(&self) -> Result<(), ShutdownError> {
        self.shutdown_with_timeout(SHUTDOWN_TIMEOUT)
    }

    /// Stops recording, pushes what was recorded, and gives the port back: within `timeout`, whatever the receiver does.
    /// Blocks the calling thread, so asynchronous code calls it through its runtime's `spawn_blocking`.
    ///
    /// Later recordings go nowhere, and another telemetry can be built. A second shutdown does nothing.
    ///
    /// # Errors
    ///
    /// When something was left undone. It is down nevertheless.
    pub fn shutdown_with_timeout(&self, timeout: Duration) -> Result<(), ShutdownError> {
        match &self.live {
            Some(live) if !live.closed.swap(true, Ordering::AcqRel) => live.shutdown(timeout),
            _ => Ok(()),
        }
    }

    fn live(&self) -> Option<&Live> {
        self.live.as_ref().filter(|live| !live.closed.load(Ordering::Acquire))
    }
}

impl Live {
    fn shutdown(&self, timeout: Duration) -> Result<(), ShutdownError> {
        let deadline = Instant::now() + timeout;
        self.instruments.uninstall();
        let stopped = self.exporter.stop(deadline);
        let provider = self.provider.clone();
        let exporter = Arc::clone(&self.exporter);
        let left = deadline.saturating_duration_since(Instant::now());
        let result = within(left, move || match provider.shutdown() {
            // The SDK waits for five seconds, whatever it is told; the last export may take longer.
            Err(error) if timed_out(&error) && exporter.wait_until_closed(timeout) => Ok(()),
            result => result,
        });
        drop(self.slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        match result {
            Ok(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) if !stopped => Err(ShutdownError::TimedOut(timeout)),
            Ok(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) => {
                self.exporter.last_failure().map_or(Ok(()), |failure| Err(ShutdownError::Export(failure)))
            }
            Err(NoResult::TimedOut) => Err(ShutdownError::TimedOut(timeout)),
            Ok(Err(error)) if timed_out(&error) => Err(ShutdownError::TimedOut(timeout)),
            Ok(Err(error)) => Err(ShutdownError::Sdk(error.to_string())),
            Err(NoResult::Lost) => Err(ShutdownError::Sdk("its thread ended early".to_owned())),
        }
    }
}

/// Whether a reader took too long. The meter provider packs the errors of its readers into a text.
fn timed_out(error: &OTelSdkError) -> bool {
    match error {
        OTelSdkError::Timeout(_) => true,
        OTelSdkError::InternalFailure(readers) => readers.contains("Timeout("),
        OTelSdkError::AlreadyShutdown => false,
    }
}

impl Drop for Telemetry {
    /// Shuts down, within two seconds.
    fn drop(&mut self) {
        if let Err(error) = self.shutdown_with_timeout(DROP_TIMEOUT) {
            tracing::debug!("while telemetry was dropped: {error}");
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("on", &self.is_on())
            .field("prometheus_address", &self.prometheus_address())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}
