//! One request and its answer.

use std::sync::Arc;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;

use super::exposition;
use super::gather::Gatherer;

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const EXPOSITION: HeaderValue = HeaderValue::from_static(exposition::CONTENT_TYPE);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// GET and HEAD of `/metrics` and `/healthz`. The body of an answer to HEAD is left out by hyper, its length is not.
pub(super) async fn answer<B>(request: Request<B>, gatherer: Arc<Gatherer>) -> Response<Full<Bytes>> {
    let known = matches!(request.uri().path(), "/metrics" | "/healthz");
    if !known {
        return plain(StatusCode::NOT_FOUND, "not found; the metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        response.headers_mut().insert(ALLOW, METHODS);
        return response;
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        _ => metrics(&gatherer).await,
    }
}

async fn metrics(gatherer: &Arc<Gatherer>) -> Response<Full<Bytes>> {
    match gatherer.gather().await {
        Ok(text) => with_type(StatusCode::OK, EXPOSITION, text),
        Err(error) => {
            tracing::debug!("a scrape failed: {error}");
            let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    with_type(status, PLAIN, text.into())
}

fn with_type(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
