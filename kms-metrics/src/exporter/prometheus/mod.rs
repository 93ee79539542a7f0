//! Pull: the scrape endpoint on `:9464`.
//!
//! ```text
//! listener ── accepts connections, on a thread and a runtime of its own
//!   └─ answer ── one request: /metrics, /healthz, 404, 405
//!        └─ gather ── one collection at a time, off the listener's thread, shared by whoever waits; tells when an
//!             │         outage begins and ends (outage)
//!             └─ exposition ── the SDK's data as text
//! ```

mod answer;
mod bind;
mod exposition;
mod gather;
mod listener;
mod outage;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::metrics::Meter;
use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::OTelSdkError;

use super::Exporter;
use crate::config::{PrometheusConfig, Warning};
use crate::exporter::RenderError;
pub(crate) use bind::BindError;
use exposition::Exposition;
use listener::{Limits, Listener};

/// The endpoint while it lives.
#[derive(Debug)]
pub(crate) struct Pull {
    exposition: Arc<Exposition>,
    listener: Listener,
}

/// The sockets are open and the reader exists, but nothing is collected or answered yet.
pub(crate) struct PullBuilder {
    exposition: Exposition,
    sockets: listener::Sockets,
}

impl PullBuilder {
    /// Opens the port. With `retry`, a port that cannot be had is no error: it is tried again that often, in the
    /// background.
    pub(crate) fn bind(
        config: &PrometheusConfig,
        retry: Option<Duration>,
    ) -> Result<(Self, PrometheusReader), StartError> {
        let (exposition, reader) = Exposition::new().map_err(StartError::Reader)?;
        let sockets = match (bind::bind(config), retry) {
            (Ok(sockets), _) => listener::Sockets::Open(sockets),
            (Err(error), Some(every)) => {
                tracing::warn!(
                    "metrics cannot be scraped yet: {error}; trying again every {every:?}, and saying no more until it works"
                );
                listener::Sockets::Later { config: config.clone(), every }
            }
            (Err(error), None) => return Err(StartError::Bind(error)),
        };
        Ok((Self { exposition, sockets }, reader))
    }

    /// The warning about an endpoint that others can reach, where `personal` labels can be read from it.
    pub(crate) fn public_endpoint(&self, personal: bool) -> Option<Warning> {
        let addresses = match &self.sockets {
            listener::Sockets::Open(sockets) => sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect(),
            listener::Sockets::Later { config, .. } => bind::addresses(config).unwrap_or_default(),
        };
        let address = addresses.into_iter().find(|address| !address.ip().to_canonical().is_loopback())?;
        personal.then_some(Warning::PublicEndpoint { address })
    }

    /// Begins to answer.
    pub(crate) fn start(self, meter: &Meter) -> io::Result<Pull> {
        self.exposition.measure_on(meter);
        let exposition = Arc::new(self.exposition);
        let listener = Listener::start(self.sockets, Arc::clone(&exposition), Limits::default())?;
        Ok(Pull { exposition, listener })
    }
}

/// The reader that goes into the meter provider.
pub(crate) type PrometheusReader = PrometheusExporter;

/// Why there is no endpoint.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The port cannot be had.
    Bind(BindError),
    /// The SDK's exporter cannot be built.
    Reader(OTelSdkError),
}

impl Exporter for Pull {
    /// Once it listens.
    fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    fn render(&self) -> Result<String, RenderError> {
        self.exposition.render().map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    /// Answers nothing but 503 from here on, and gives the port back.
    fn stop(&self, deadline: Instant) -> bool {
        self.exposition.close();
        self.listener.stop(deadline)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn one_public_address_among_several_is_warned_about() {
        let sockets = ["127.0.0.1:0", "0.0.0.0:0"].map(|address| TcpListener::bind(address).unwrap());
        let public = sockets[1].local_addr().unwrap();
        let (exposition, _reader) = Exposition::new().unwrap();
        let pull = PullBuilder { exposition, sockets: listener::Sockets::Open(sockets.into()) };
        assert_eq!(pull.public_endpoint(true), Some(Warning::PublicEndpoint { address: public }));
        assert_eq!(pull.public_endpoint(false), None);
    }
}
