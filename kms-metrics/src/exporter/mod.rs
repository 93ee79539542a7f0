//! How metrics leave the process: `prometheus` waits to be asked, `otlp` sends.

mod error;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(any(feature = "otlp", feature = "prometheus"))]
mod self_metrics;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use error::RenderError;

/// What a live telemetry asks of its exporter, whichever it is.
pub(crate) trait Exporter: Send + Sync {
    /// Where it can be scraped.
    fn address(&self) -> Option<SocketAddr> {
        None
    }

    /// The exposition.
    fn render(&self) -> Result<String, RenderError> {
        Err(RenderError::NotPrometheus)
    }

    /// Why the last export failed, if it did.
    fn last_failure(&self) -> Option<String> {
        None
    }

    /// Stops what the meter provider does not stop; whether that was done by `deadline`.
    fn stop(&self, _deadline: Instant) -> bool {
        true
    }

    /// Waits until the last export of all is over; whether it was in time.
    fn wait_until_closed(&self, _timeout: Duration) -> bool {
        false
    }
}
