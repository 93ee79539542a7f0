//! Sending one request: the credentials, the time limits, the retries.
//!
//! Proxies are those of the usual variables (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case), as
//! curl reads them. A loopback endpoint is never reached through one: what is to stay on this machine, credentials in
//! the clear among it, must not leave it.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;
use reqwest::blocking;

use super::exporter::Outcome;
use super::reason::{Failure, Reason};
use crate::config::{Credentials, OtlpConfig};

/// For one export, retries included. OpenTelemetry's default.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(10);
/// For one connection.
const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(5);
/// Pauses before the second attempt and the further ones, when the first failed in a passing way.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];
/// The longest answer; a receiver has next to nothing to say.
const LONGEST_ANSWER: u64 = 64 << 10;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Its thread could not be started.
    #[error("the thread that builds the HTTP client cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// It could not be built, on account of TLS for instance.
    #[error("the HTTP client cannot be built: {0}")]
    Build(#[from] reqwest::Error),
    /// It panicked while it was built.
    #[error("the HTTP client cannot be built")]
    Panicked,
    /// The credentials cannot stand in a header.
    #[error("the credentials cannot stand in an HTTP header")]
    Credentials,
}

/// Sends what the encoder encoded.
pub(super) struct Client {
    /// `None` only while it is dropped.
    http: Option<blocking::Client>,
    authorization: Option<HeaderValue>,
    outcome: Outcome,
}

impl Client {
    pub(super) fn new(config: &OtlpConfig, outcome: Outcome) -> Result<Self, ClientError> {
        let authorization = config.credentials.as_ref().map(basic).transpose()?;
        let stays_here = config.endpoint.is_loopback();
        // The blocking client has a runtime in it, and must neither begin nor end inside another one.
        let http = thread::Builder::new()
            .name("kms-metrics-push".to_owned())
            .spawn(move || {
                let builder = blocking::Client::builder();
                let builder = if stays_here { builder.no_proxy() } else { builder };
                builder
                    .timeout(TIME_LIMIT)
                    .connect_timeout(CONNECT_TIME_LIMIT)
                    // Following one would post every label to another origin (307), or nothing at all (302).
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
            })?
            .join()
            .map_err(|_| ClientError::Panicked)??;
        Ok(Self { http: Some(http), authorization, outcome })
    }

    /// Sends, and again where that may help, until the time is up.
    fn send(&self, request: &Request<Bytes>) -> Result<(), Failure> {
        let deadline = Instant::now() + TIME_LIMIT;
        let headers = self.headers(request.headers());
        for pause in PAUSES {
            match self.send_once(request, headers.clone(), deadline) {
                Err((failure, asked)) if failure.is_passing() => {
                    let pause = asked.unwrap_or(pause) + jitter();
                    if Instant::now() + pause >= deadline {
                        return Err(failure);
                    }
                    thread::sleep(pause);
                }
                Err((failure, _)) => return Err(failure),
                Ok(()) => return Ok(()),
            }
        }
        self.send_once(request, headers, deadline).map_err(|(failure, _)| failure)
    }

    /// Sends once; a failure comes with the pause that the server asked for.
    fn send_once(
        &self,
        request: &Request<Bytes>,
        headers: HeaderMap,
        deadline: Instant,
    ) -> Result<(), (Failure, Option<Duration>)> {
        let http = self.http.as_ref().ok_or_else(|| (Failure::new(Reason::Other, "shut down"), None))?;
        let response = http
            .post(request.uri().to_string())
            .headers(headers)
            .body(request.body().clone())
            .timeout(deadline.saturating_duration_since(Instant::now()))
            .send()
            .map_err(|error| (Failure::of_request(&error), None))?;
        if response.status().is_success() {
            return read_answer(response).map_err(|failure| (failure, None));
        }
        let asked =
            response.headers().get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err((Failure::of_status(response.status().as_u16()), asked.map(Duration::from_secs)))
    }

    /// The encoder's headers, with those of `OTEL_EXPORTER_OTLP_HEADERS` among them, and what must be ours put right.
    fn headers(&self, given: &HeaderMap) -> HeaderMap {
        let mut headers = given.clone();
        for framing in [CONTENT_LENGTH, TRANSFER_ENCODING, HOST] {
            headers.remove(framing);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        for (name, value) in &mut headers {
            if ![CONTENT_TYPE, CONTENT_ENCODING, USER_AGENT].contains(name) {
                value.set_sensitive(true);
            }
        }
        headers
    }
}

/// A 2xx is a success unless the receiver says that it dropped something, or is no receiver at all.
fn read_answer(response: blocking::Response) -> Result<(), Failure> {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|content_type| content_type.starts_with("text/html")) {
        return Err(Failure::new(Reason::InvalidAnswer, "it answers with a web page"));
    }
    let mut body = Vec::new();
    response.take(LONGEST_ANSWER + 1).read_to_end(&mut body).map_err(|error| {
        // The client wraps its own error in this one.
        error
            .get_ref()
            .and_then(|error| error.downcast_ref())
            .map_or_else(|| Failure::new(Reason::ConnectionLost, error.kind().to_string()), Failure::of_request)
    })?;
    if body.len() as u64 > LONGEST_ANSWER {
        return Err(Failure::new(Reason::InvalidAnswer, format!("it answers with more than {LONGEST_ANSWER} bytes")));
    }
    // An answer that does not decode is that of a receiver with an encoding of its own; it has said 2xx.
    let partial = ExportMetricsServiceResponse::decode(body.as_slice()).unwrap_or_default().partial_success;
    match partial.map_or(0, |partial| partial.rejected_data_points) {
        ..=0 => Ok(()),
        rejected => Err(Failure::new(Reason::Rejected, format!("{rejected} data points"))),
    }
}

/// [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617), in UTF-8.
fn basic(credentials: &Credentials) -> Result<HeaderValue, ClientError> {
    let pair = STANDARD.encode(format!("{}:{}", credentials.username, credentials.password.expose()));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| ClientError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

/// So that a fleet does not come back all at once.
fn jitter() -> Duration {
    Duration::from_millis(RandomState::new().hash_one(()) % 100)
}

#[async_trait]
impl HttpClient for Client {
    /// Blocks, as the thread of the SDK's reader may. Always says that all went well; see [`Outcome`].
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.outcome.put(self.send(&request));
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(http) = self.http.take() {
            // Whoever holds the last meter drops this, and that may be inside a runtime.
            let dropped = thread::Builder::new().name("kms-metrics-push".to_owned()).spawn(move || drop(http));
            if let Err(error) = dropped {
                tracing::debug!("the HTTP client was dropped in place: {error}");
            }
        }
    }
}

/// Nothing of the credentials.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Export};

    fn client(password: &str) -> Client {
        let config = Config::from_vars(|name| match name {
            "OTEL_TELEMETRY_COLLECTION_ENABLED" => Some("true"),
            "OTEL_EXPORT_TYPE" => Some("otlp"),
            "OTEL_EXPORT_OTLP_ENDPOINT" => Some("http://localhost:4318"),
            "OTEL_COLLECTOR_BASIC_AUTH_USERNAME" => Some("kms"),
            "OTEL_COLLECTOR_BASIC_AUTH_PASSWORD" => Some(password),
            _ => None,
        });
        let Some(Export::Otlp(config)) = config.unwrap().export else { panic!("not a push") };
        Client::new(&config, Outcome::default()).unwrap()
    }

    #[test]
    fn headers_of_the_environment_are_added_but_replace_neither_credentials_nor_framing() {
        let mut given = HeaderMap::new();
        given.insert(AUTHORIZATION, HeaderValue::from_static("Bearer somebody-else"));
        given.insert(CONTENT_LENGTH, HeaderValue::from_static("1"));
        given.insert("x-tenant", HeaderValue::from_static("a"));
        let headers = client("open sesame").headers(&given);
        assert_eq!(headers[AUTHORIZATION], "Basic a21zOm9wZW4gc2VzYW1l");
        assert_eq!(headers["x-tenant"], "a");
        assert!(!headers.contains_key(CONTENT_LENGTH));
        assert!(headers[AUTHORIZATION].is_sensitive() && headers["x-tenant"].is_sensitive());
    }

    #[test]
    fn nothing_shows_the_password() {
        let client = client("open sesame");
        let headers = client.headers(&HeaderMap::new());
        for shown in [format!("{client:?}"), format!("{headers:?}")] {
            assert!(!shown.contains("sesame") && !shown.contains("a21zOm9wZW4gc2VzYW1l"), "{shown}");
        }
    }

    #[test]
    fn a_password_beyond_ascii_is_sent_as_utf_8() {
        let headers = client("schlüssel").headers(&HeaderMap::new());
        assert_eq!(headers[AUTHORIZATION], "Basic a21zOnNjaGzDvHNzZWw=");
    }
}
