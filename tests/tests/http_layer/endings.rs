//! How requests end: answered, failed, cancelled, panicked; and when.

use std::convert::Infallible;
use std::future::{Future, Ready, pending, ready};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use kms_metrics::http::{Caller, MetricsLayer};
use kms_metrics::testing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use super::*;

/// Polls a future once, which must not end it.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[tokio::test]
async fn a_streaming_body_does_not_lengthen_the_duration() {
    let head = Duration::from_millis(60);
    let body = Duration::from_millis(700);
    let stream = async move || {
        tokio::time::sleep(head).await;
        Body::from_stream(futures_util::stream::once(async move {
            tokio::time::sleep(body).await;
            Ok::<_, Infallible>("late")
        }))
    };
    let app = Router::new().route("/stream", get(stream)).layer(MetricsLayer::new());
    let capture = testing::capture();
    let answer = capture.scope(async { app.oneshot(request("GET", "/stream")).await.unwrap() }).await;
    let read = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
    assert_eq!(&read[..], b"late");
    for metric in [DURATION, CONVENTIONAL] {
        let seconds = once(&capture, metric).sum;
        assert!((head.as_secs_f64()..body.as_secs_f64()).contains(&seconds), "{metric}: {seconds}");
    }
}

#[derive(Debug, PartialEq)]
struct Overloaded;

#[tokio::test]
async fn an_error_of_the_service_is_a_server_error_and_passes_unchanged() {
    let service = MetricsLayer::new().layer(service_fn(async |request: http::Request<()>| {
        request.extensions().get::<Caller>().unwrap().route("/fails");
        Err::<Response<()>, _>(Overloaded)
    }));
    let capture = testing::capture();
    let answer = capture.scope(service.oneshot(plain("/fails"))).await;
    assert_eq!(answer.err(), Some(Overloaded));
    assert_request(&capture, "GET", Some("/fails"), "500", ("server_error", "500"));
}

#[tokio::test]
async fn a_request_dropped_before_its_answer_is_cancelled() {
    let app = Router::new().route("/slow", get(pending::<()>)).layer(MetricsLayer::new());
    let capture = testing::capture();
    {
        let mut call = pin!(capture.scope(app.oneshot(request("GET", "/slow"))));
        poll_once(call.as_mut());
        assert!(capture.points(COUNT).is_empty());
    }
    assert_request(&capture, "GET", Some("/slow"), "499", ("cancelled", "cancelled"));
}

#[tokio::test]
async fn a_request_dropped_before_its_first_poll_is_cancelled() {
    let capture = testing::capture();
    let mut service = MetricsLayer::new().layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(()))));
    capture.scope(async { drop(service.call(plain("/"))) }).await;
    assert_request(&capture, "GET", None, "499", ("cancelled", "cancelled"));
}

#[tokio::test]
async fn a_cancelled_request_has_what_was_known_of_it() {
    let read = async |caller: Caller| {
        caller.identify(&AuthContext);
        pending::<()>().await
    };
    let app = Router::new().route("/slow", get(read)).layer(MetricsLayer::new());
    let capture = testing::capture();
    poll_once(pin!(capture.scope(app.oneshot(request("GET", "/slow")))));
    assert_eq!(once(&capture, COUNT).attributes["kms.organization.id"], "org-1");
    assert_eq!(once(&capture, ERRORS).attributes["kms.identity.name"], "ci");
}

async fn panics() {
    panic!("in the handler");
}

#[tokio::test]
async fn a_panic_goes_on_and_is_a_server_error() {
    let app = Router::new().route("/panics", get(panics)).layer(MetricsLayer::new());
    let capture = testing::capture();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        poll_once(pin!(capture.scope(app.oneshot(request("GET", "/panics")))));
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"in the handler"));
    assert_request(&capture, "GET", Some("/panics"), "500", ("server_error", "500"));
}

#[tokio::test]
async fn a_panic_is_told_from_a_cancellation_where_an_outer_layer_catches_it() {
    let app = Router::new().route("/panics", get(panics)).layer(MetricsLayer::new()).layer(CatchPanicLayer::new());
    let capture = testing::capture();
    let response = capture.scope(app.oneshot(request("GET", "/panics"))).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_request(&capture, "GET", Some("/panics"), "500", ("server_error", "500"));
}

#[tokio::test]
async fn a_panic_that_an_inner_layer_catches_is_the_response_it_became() {
    let app = Router::new().route("/panics", get(panics)).layer(CatchPanicLayer::new()).layer(MetricsLayer::new());
    let capture = testing::capture();
    capture.scope(app.oneshot(request("GET", "/panics"))).await.unwrap();
    assert_request(&capture, "GET", Some("/panics"), "500", ("server_error", "500"));
}

#[tokio::test]
async fn a_panic_before_there_is_a_future_is_a_server_error() {
    let panics =
        service_fn(|_: http::Request<()>| -> Ready<Result<Response<()>, Infallible>> { panic!("in the call") });
    let mut service = MetricsLayer::new().layer(panics);
    let capture = testing::capture();
    let caught =
        catch_unwind(AssertUnwindSafe(|| poll_once(pin!(capture.scope(async { service.call(plain("/")).await })))));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"in the call"));
    assert_request(&capture, "GET", None, "500", ("server_error", "500"));
}

/// Refuses to be called where it was not made ready; a clone is not ready.
#[derive(Default)]
struct Strict {
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<http::Request<()>> for Strict {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been made ready");
        ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn the_service_that_was_made_ready_is_the_one_that_is_called() {
    let mut service = MetricsLayer::new().layer(Strict::default());
    for _ in 0..2 {
        service.ready().await.unwrap().call(plain("/")).await.unwrap();
    }
    service.clone().ready().await.unwrap().call(plain("/")).await.unwrap();
}

/// Serves `app` on loopback: on this thread, where the test's capture is.
async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

#[tokio::test]
async fn a_client_that_hangs_up_mid_request_is_a_cancelled_request() {
    let arrived = Arc::new(Notify::new());
    let capture = testing::capture();
    let handler = {
        let arrived = Arc::clone(&arrived);
        async move || {
            arrived.notify_one();
            pending::<()>().await
        }
    };
    let address = serve(Router::new().route("/slow/{id}", get(handler)).layer(MetricsLayer::new())).await;

    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /slow/1 HTTP/1.1\r\nHost: kms\r\nUser-Agent: impatient\r\n\r\n").await.unwrap();
    arrived.notified().await;
    assert!(capture.points(COUNT).is_empty());
    drop(client);

    let recorded = async {
        while capture.points(CONVENTIONAL).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), recorded).await.expect("a hang-up is recorded");
    let expected = [
        ("http.request.method", "GET"),
        ("http.route", "/slow/{id}"),
        ("http.response.status_code", "499"),
        ("user_agent.original", "impatient"),
        ("client.address", "127.0.0.1"),
    ];
    assert_attributes(&capture, COUNT, &expected);
    assert_eq!(once(&capture, ERRORS).attributes["error.type"], "cancelled");
    let conventional = once(&capture, CONVENTIONAL).attributes;
    assert_eq!(conventional["error.type"], "cancelled");
    assert!(!conventional.contains_key("http.response.status_code"));
}

#[tokio::test]
async fn a_panic_in_a_served_request_is_recorded_once() {
    let capture = testing::capture();
    let address = serve(Router::new().route("/panics", get(panics)).layer(MetricsLayer::new())).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /panics HTTP/1.1\r\nHost: kms\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The connection ends without an answer.
    let _ = client.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    assert_eq!(once(&capture, ERRORS).attributes["error.type"], "server_error");
    assert_eq!(once(&capture, CONVENTIONAL).attributes["error.type"], "500");
}
