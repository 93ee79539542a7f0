//! The client's side: a middleware for `reqwest`.
//!
//! ```
//! use kms_metrics::http::ClientMetrics;
//!
//! let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).with(ClientMetrics::new()).build();
//! ```

use std::future::poll_fn;
use std::time::Instant;

use http::{Extensions, StatusCode};
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next};

use super::protocol;
use super::watch::{Observation, Watch};
use crate::outcome::Verdict;
use crate::records::HttpClientRequest;

/// Records
/// [`http.client.request.duration`](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration)
/// for every request of a [`reqwest_middleware`] client.
///
/// - `http.request.method`: one of the methods that the conventions know, or `_OTHER`.
/// - `server.address`, `server.port`: the host of the URL, and its port or that of its scheme. Of the URL that was asked
///   for: a redirect that `reqwest` follows by itself is part of the request.
/// - `http.response.status_code`: if a response came.
/// - `error.type`: the code of a 4xx or 5xx response; for a request without a response `timeout`, `connect`, `redirect`,
///   `body`, `decode`, `upgrade`, `builder`, `request`, `middleware` (another middleware gave up, for a reason of its
///   own), else `_OTHER`; `cancelled` when its future was dropped, `panicked` when a
///   middleware panicked. Never a message.
///
/// The duration is from when this middleware gets the request until the head of the response is there.
///
/// What is one request depends on where in the chain it stands: added before a middleware that retries, it records the
/// whole, with its waits, as one request; added after it, each attempt.
///
/// A URL without a host is never sent, and not recorded. Cost per request, beside the recording: two clock reads and
/// one allocation for the host. With telemetry off: one atomic load.
///
/// # Cardinality considerations
///
/// `server.address` and `server.port` are as many as there are destinations. Where users choose them (webhooks, syncs
/// to their own hosts) they have no bound, and the limit of series applies.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientMetrics(());

impl ClientMetrics {
    /// The middleware; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

#[async_trait::async_trait]
impl Middleware for ClientMetrics {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if !crate::is_enabled() {
            return next.run(request, extensions).await;
        }
        let mut watch = Watch::new(Attempt::begin(&request));
        let mut inner = watch.step(|| next.run(request, extensions));
        let answer = poll_fn(|cx| watch.step(|| inner.as_mut().poll(cx))).await;
        if let Some(attempt) = watch.finish() {
            match &answer {
                Ok(response) => attempt.answered(response.status()),
                Err(error) => attempt.failed(error),
            }
        }
        answer
    }
}

/// What is kept of a request while it is on its way.
struct Attempt {
    started: Instant,
    method: &'static str,
    address: String,
    port: u16,
}

impl Attempt {
    fn begin(request: &Request) -> Option<Self> {
        let started = Instant::now();
        let url = request.url();
        Some(Self {
            started,
            method: protocol::method(request.method().as_str()),
            // The brackets of an IPv6 address are the URL's syntax.
            address: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    fn answered(self, status: StatusCode) {
        self.record(verdict(status));
    }

    fn failed(self, error: &Error) {
        let verdict = match transport_error(error) {
            Some(error) => match error.status() {
                Some(status) => verdict(status),
                None => Verdict::failure(error_type(error)),
            },
            None => Verdict::failure("middleware"),
        };
        self.record(verdict);
    }

    fn record(self, verdict: Verdict) {
        let request = HttpClientRequest {
            http_request_method: self.method,
            server_address: &self.address,
            server_port: i64::from(self.port),
        };
        request.record(verdict, self.started.elapsed());
    }
}

impl Observation for Attempt {
    fn cancelled(self) {
        self.record(Verdict::cancelled());
    }

    fn panicked(self) {
        self.record(Verdict::panicked());
    }
}

/// To a client every 4xx and 5xx is an error, and its code the `error.type`.
fn verdict(status: StatusCode) -> Verdict {
    let verdict = match protocol::status_error_type(status.as_u16()) {
        Some(code) => Verdict::failure(code),
        None => Verdict::success(),
    };
    verdict.with_status_code(status.as_u16())
}

/// The error of the client itself, also where a middleware (a retry that has given up) has wrapped it in its own.
fn transport_error(error: &Error) -> Option<&reqwest::Error> {
    match error {
        Error::Reqwest(error) => Some(error),
        Error::Middleware(wrapped) => wrapped.chain().find_map(|error| match error.downcast_ref() {
            Some(Error::Reqwest(error)) => Some(error),
            _ => error.downcast_ref(),
        }),
    }
}

/// The predicates overlap: a connection that timed out is both. The first that says why wins over those that say where.
fn error_type(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_redirect() {
        "redirect"
    } else if error.is_body() {
        "body"
    } else if error.is_decode() {
        "decode"
    } else if error.is_upgrade() {
        "upgrade"
    } else if error.is_builder() {
        "builder"
    } else if error.is_request() {
        "request"
    } else {
        "_OTHER"
    }
}
