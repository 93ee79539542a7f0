//! What the client's middleware promises: every request through the chain once, with a closed set of errors.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::Extensions;
use axum::response::Redirect;
use axum::routing::{any, get};
use http::{Method, StatusCode};
use kms_metrics::http::ClientMetrics;
use kms_metrics::testing::{self, Capture};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};
use tokio::net::{TcpListener, TcpSocket};

const DURATION: &str = "http.client.request.duration";

/// That one request was recorded, with these attributes.
#[track_caller]
fn assert_recorded(capture: &Capture, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> = expected.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let points = capture.points(DURATION);
    assert_eq!(points.len(), 1, "{points:?}");
    assert_eq!(points[0].attributes, expected);
    assert_eq!(points[0].count, 1);
}

/// A destination on loopback; its port.
async fn destination() -> u16 {
    let app = Router::new()
        .route("/status/{code}", any(async |Path(code): Path<u16>| StatusCode::from_u16(code).unwrap()))
        .route("/redirect", get(async || Redirect::to("/status/200")))
        .route("/loop", get(async || Redirect::to("/loop")))
        .route("/hangs", get(pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// A port on loopback where nobody listens, and what keeps it from being given to somebody.
fn nobody() -> (u16, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap().port(), socket)
}

/// A client that talks to nobody but the destination, whatever the environment says of proxies.
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

fn client() -> ClientWithMiddleware {
    ClientBuilder::new(builder().build().unwrap()).with(ClientMetrics::new()).build()
}

#[tokio::test]
async fn every_request_is_recorded_once_with_its_destination_and_its_status() {
    let port = destination().await;
    let cases = [
        ("GET", "GET", "/status/200", "200", None),
        ("POST", "POST", "/status/201", "201", None),
        ("GET", "GET", "/redirect", "200", None),
        ("DELETE", "DELETE", "/status/404", "404", Some("404")),
        ("PATCH", "PATCH", "/status/429", "429", Some("429")),
        ("GET", "GET", "/status/500", "500", Some("500")),
        ("PURGE", "_OTHER", "/status/503", "503", Some("503")),
    ];
    for (sent, method, path, status, error) in cases {
        let capture = testing::capture();
        let request =
            client().request(Method::from_bytes(sent.as_bytes()).unwrap(), format!("http://127.0.0.1:{port}{path}"));
        let response = capture.scope(request.send()).await.unwrap();
        assert_eq!(response.status().as_str(), status);
        let port = port.to_string();
        let mut expected = vec![
            ("http.request.method", method),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("http.response.status_code", status),
        ];
        expected.extend(error.map(|error| ("error.type", error)));
        assert_recorded(&capture, &expected);
    }
}

/// The `error.type` and whether there is a status, of one request that fails.
async fn failure(client: ClientWithMiddleware, url: &str) -> (String, Option<String>) {
    let capture = testing::capture();
    capture.scope(client.get(url).send()).await.unwrap_err();
    let attributes = capture.points(DURATION).remove(0).attributes;
    assert_eq!(capture.points(DURATION)[0].count, 1);
    (attributes["error.type"].clone(), attributes.get("http.response.status_code").cloned())
}

#[tokio::test]
async fn a_request_without_a_response_has_the_class_of_its_error() {
    let port = destination().await;
    let (nobody, _reserved) = nobody();
    let with =
        |client: reqwest::ClientBuilder| ClientBuilder::new(client.build().unwrap()).with(ClientMetrics::new()).build();
    let impatient = with(builder().timeout(Duration::from_millis(50)));
    assert_eq!(failure(impatient, &format!("http://127.0.0.1:{port}/hangs")).await, ("timeout".into(), None));
    assert_eq!(failure(client(), &format!("http://127.0.0.1:{nobody}/")).await, ("connect".into(), None));
    assert_eq!(failure(client(), &format!("http://127.0.0.1:{port}/loop")).await, ("redirect".into(), None));
    assert_eq!(failure(client(), "ftp://127.0.0.1/").await, ("builder".into(), None));
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_failed_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        // Takes connections and hangs up on them.
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    assert_eq!(failure(client(), &format!("http://127.0.0.1:{port}/")).await, ("request".into(), None));
}

/// Answers instead of the network.
struct Stub(fn() -> Result<Response>);

#[async_trait::async_trait]
impl Middleware for Stub {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        tokio::task::yield_now().await;
        (self.0)()
    }
}

fn ok() -> Result<Response> {
    Ok(http::Response::new("").into())
}

fn stubbed(answer: fn() -> Result<Response>) -> ClientWithMiddleware {
    ClientBuilder::new(builder().build().unwrap()).with(ClientMetrics::new()).with(Stub(answer)).build()
}

#[tokio::test]
async fn the_destination_is_the_host_and_the_port_of_the_url() {
    let cases = [
        ("http://kms.example/path?token=secret", "kms.example", "80"),
        ("https://user:password@KMS.example/", "kms.example", "443"),
        ("https://kms.example:8443/", "kms.example", "8443"),
        ("http://[2001:db8::1]/", "2001:db8::1", "80"),
    ];
    for (url, address, port) in cases {
        let capture = testing::capture();
        capture.scope(stubbed(ok).get(url).send()).await.unwrap();
        let expected = [
            ("http.request.method", "GET"),
            ("server.address", address),
            ("server.port", port),
            ("http.response.status_code", "200"),
        ];
        assert_recorded(&capture, &expected);
    }
}

#[tokio::test]
async fn an_error_of_another_middleware_has_the_class_of_its_cause() {
    let refused = || Err(Error::middleware(std::io::Error::other("a message with a secret")));
    assert_eq!(failure(stubbed(refused), "http://kms.example/").await, ("middleware".into(), None));

    let wrapped = || {
        let cause = reqwest::Client::new().get("not a URL").build().unwrap_err();
        Err(Error::middleware(Error::from(cause)))
    };
    assert_eq!(failure(stubbed(wrapped), "http://kms.example/").await, ("builder".into(), None));

    let status = || {
        let response = http::Response::builder().status(503).body("").unwrap();
        Err(Response::from(response).error_for_status().unwrap_err().into())
    };
    assert_eq!(failure(stubbed(status), "http://kms.example/").await, ("503".into(), Some("503".into())));
}

const TO_THE_STUB: [(&str, &str); 3] =
    [("http.request.method", "GET"), ("server.address", "kms.example"), ("server.port", "80")];

#[tokio::test]
async fn a_dropped_request_is_cancelled_and_a_panic_is_a_panic() {
    let capture = testing::capture();
    {
        let mut sent = pin!(capture.scope(stubbed(ok).get("http://kms.example/").send()));
        assert!(sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(capture.points(DURATION).is_empty());
    }
    assert_recorded(&capture, &[&TO_THE_STUB[..], &[("error.type", "cancelled")]].concat());
    drop(capture);

    let capture = testing::capture();
    let client = stubbed(|| panic!("in the middleware"));
    let mut sent = Box::pin(capture.scope(client.get("http://kms.example/").send()));
    let caught = loop {
        let polled = catch_unwind(AssertUnwindSafe(|| sent.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
        match polled {
            Ok(polled) => assert!(polled.is_pending()),
            Err(caught) => break caught,
        }
    };
    assert_eq!(caught.downcast_ref(), Some(&"in the middleware"));
    drop(sent);
    assert_recorded(&capture, &[&TO_THE_STUB[..], &[("error.type", "panicked")]].concat());
}

/// Tries until it gets a response that is no error.
struct Retry;

#[async_trait::async_trait]
impl Middleware for Retry {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        loop {
            let attempt = request.try_clone().unwrap();
            let response = next.clone().run(attempt, extensions).await?;
            if response.status().is_success() {
                return Ok(response);
            }
        }
    }
}

/// Fails twice, then succeeds.
#[derive(Default)]
struct Flaky(AtomicU32);

#[async_trait::async_trait]
impl Middleware for Flaky {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        let status = if self.0.fetch_add(1, Ordering::Relaxed) < 2 { 503 } else { 200 };
        Ok(http::Response::builder().status(status).body("").unwrap().into())
    }
}

#[tokio::test]
async fn a_retry_inside_is_one_request_and_a_retry_outside_is_each_attempt() {
    let client = || ClientBuilder::new(builder().build().unwrap());
    let cases = [
        (client().with(ClientMetrics::new()).with(Retry).with(Flaky::default()), vec![("200", 1)]),
        (client().with(Retry).with(ClientMetrics::new()).with(Flaky::default()), vec![("200", 1), ("503", 2)]),
    ];
    for (client, expected) in cases {
        let capture = testing::capture();
        capture.scope(client.build().get("http://kms.example/").send()).await.unwrap();
        let points = capture.points(DURATION);
        let mut recorded: Vec<_> =
            points.iter().map(|point| (point.attributes["http.response.status_code"].as_str(), point.count)).collect();
        recorded.sort_unstable();
        assert_eq!(recorded, expected);
    }
}
