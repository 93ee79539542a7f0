//! Why there is no exposition.

/// Why there is no exposition, of [`Telemetry::render`](crate::Telemetry::render).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// Telemetry is off, or pushes.
    #[error("there is no exposition, because the metrics are not exported to Prometheus")]
    NotPrometheus,
    /// Telemetry is shut down.
    #[error("telemetry is shut down")]
    ShutDown,
    /// The SDK returned nothing.
    #[error("the metrics could not be collected: {0}")]
    Collecting(String),
    /// Too many series.
    #[error("the exposition is larger than {limit} bytes; record fewer series")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

#[cfg(feature = "prometheus")]
impl RenderError {
    /// Why a scrape can fail: the values of `kms.telemetry.reason`.
    pub(crate) const REASONS: &[&str] = &["collecting", "too_large"];

    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotPrometheus | Self::ShutDown | Self::Collecting(_) => "collecting",
        }
    }
}
