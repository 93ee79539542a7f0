//! Through axum and the tower layer.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Waker;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::header;
use kms_metrics::http::{Caller, MetricsLayer, PeerAddress};
use kms_metrics::{Organization, Project, testing};
use kms_metrics_tests::person;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use tower::{Layer, ServiceExt, service_fn};

use super::*;

fn request(uri: &str) -> Request {
    let mut request = Request::builder().uri(uri).header(header::USER_AGENT, "kms-cli/1.2");
    let extensions = request.extensions_mut().unwrap();
    extensions.insert(PeerAddress::from(SocketAddr::from(([192, 0, 2, 7], 4711))));
    request.body(Body::empty()).unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap()
}

/// Who is asking stands in a header, and is told when authentication is done.
async fn authenticate(request: Request, next: Next) -> Response {
    others_run().await;
    assert_eq!(known(), "- - - 192.0.2.7");
    let caller = request.extensions().get::<Caller>().cloned().unwrap();
    caller.identify(&person());
    others_run().await;
    assert_eq!(known(), "org-1 - user-1 192.0.2.7");
    next.run(request).await
}

/// The project is in the path.
async fn read(Path(project): Path<String>, caller: Caller) -> String {
    caller.project(Project { id: &project, name: "P" });
    others_run().await;
    deep(&project);
    others_run().await;
    known()
}

fn app() -> Router {
    Router::new().route("/{project}", get(read)).layer(from_fn(authenticate)).layer(MetricsLayer::new())
}

#[tokio::test]
async fn a_function_deep_below_knows_what_authentication_told_after_the_request_began() {
    let capture = testing::capture();
    let response = capture.scope(app().oneshot(request("/p-1"))).await.unwrap();
    assert_eq!(text(response).await, "org-1 p-1 user-1 192.0.2.7");
    let attributes = capture.point(READS).attributes;
    let expected = [
        ("kms.organization.id", "org-1"),
        ("kms.organization.name", "Platform Engineering"),
        ("kms.project.id", "p-1"),
        ("kms.project.name", "P"),
        ("kms.user.id", "user-1"),
        ("kms.user.email", "jane.doe@example.com"),
        ("client.address", "192.0.2.7"),
        ("user_agent.original", "kms-cli/1.2"),
        ("kms.secret.path", "p-1"),
    ];
    for (key, value) in expected {
        assert_eq!(attributes[key], value, "{key}");
    }
    assert_eq!(known(), NOTHING);
}

#[tokio::test]
async fn requests_that_take_turns_on_one_thread_never_see_each_other() {
    let capture = testing::capture();
    let app = app();
    let send = async |project: &str| text(app.clone().oneshot(request(project)).await.unwrap()).await;
    let answers = capture.scope(async { tokio::join!(send("/p-1"), send("/p-2"), send("/p-3")) }).await;
    let expected = ["p-1", "p-2", "p-3"].map(|project| format!("org-1 {project} user-1 192.0.2.7"));
    assert_eq!([answers.0, answers.1, answers.2], expected);
    let points = capture.points(READS);
    assert_eq!(points.len(), 3);
    assert!(points.iter().all(|point| point.attributes["kms.project.id"] == point.attributes["kms.secret.path"]));
}

#[tokio::test]
async fn a_request_within_a_request_is_its_own_and_the_outer_one_returns() {
    let outer = async |caller: Caller| {
        caller.organization(Organization { id: "outer", name: "Outer" });
        let inner = text(app().oneshot(request("/p-1")).await.unwrap()).await;
        format!("{inner}, {}", known())
    };
    let outer = Router::new().route("/", get(outer)).layer(MetricsLayer::new());
    let capture = testing::capture();
    let response = capture.scope(outer.oneshot(request("/"))).await.unwrap();
    assert_eq!(text(response).await, "org-1 p-1 user-1 192.0.2.7, outer - - 192.0.2.7");
}

#[tokio::test]
async fn a_layer_within_a_layer_leaves_it_as_it_is() {
    let app = Router::new().nest("/nested", app()).layer(MetricsLayer::new());
    let capture = testing::capture();
    let response = capture.scope(app.oneshot(request("/nested/p-1"))).await.unwrap();
    assert_eq!(text(response).await, "org-1 p-1 user-1 192.0.2.7");
}

#[tokio::test]
async fn what_is_only_known_in_part_is_absent_or_unknown_in_the_rest() {
    let app = Router::new().route("/", get(async || deep("/").to_string())).layer(MetricsLayer::new());
    for (user_agent, expected) in [("", None), ("kms-cli", Some("unknown"))] {
        let request = Request::builder().uri("/").header(header::USER_AGENT, user_agent).body(Body::empty()).unwrap();
        let capture = testing::capture();
        capture.scope(app.clone().oneshot(request)).await.unwrap();
        let attributes = capture.point(READS).attributes;
        assert_eq!(attributes.get("client.address").map(String::as_str), expected);
        assert_eq!(attributes["kms.project.id"], "unknown");
        // What the layer itself records has no such word.
        assert!(!capture.point("kms.http.server.request.count").attributes.contains_key("client.address"));
    }
}

#[tokio::test]
async fn a_service_sees_it_while_it_is_called_too() {
    let service = MetricsLayer::new().layer(service_fn(|_: Request| {
        let called = known();
        async move { Ok::<_, Infallible>(Response::new(format!("{called}, {}", known()))) }
    }));
    let capture = testing::capture();
    let response = capture.scope(service.oneshot(request("/"))).await.unwrap();
    assert_eq!(response.into_body(), "- - - 192.0.2.7, - - - 192.0.2.7");
}

#[tokio::test]
async fn nothing_is_left_of_a_request_that_was_cancelled_or_panicked() {
    let _on = testing::capture();
    let slow = Router::new().route("/", get(pending::<()>)).layer(MetricsLayer::new());
    {
        let call = pin!(slow.oneshot(request("/")));
        assert!(call.poll(&mut std::task::Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(known(), NOTHING);
    }
    assert_eq!(known(), NOTHING);
    let panics = async || -> () { panic!("in the handler") };
    let panics = Router::new().route("/", get(panics)).layer(MetricsLayer::new());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let call = pin!(panics.oneshot(request("/")));
        let _ = call.poll(&mut std::task::Context::from_waker(Waker::noop()));
    }));
    assert!(caught.is_err());
    assert_eq!(known(), NOTHING);
}

#[derive(Debug)]
struct Baggage(&'static str);

fn baggage() -> &'static str {
    Context::map_current(|context| context.get::<Baggage>().map_or("none", |baggage| baggage.0))
}

#[tokio::test]
async fn values_that_are_attached_around_the_layer_stay_however_that_is_done() {
    let service = MetricsLayer::new().layer(service_fn(|_: Request| {
        let called = baggage();
        async move {
            others_run().await;
            Ok::<_, Infallible>(Response::new(format!("{called} {}", baggage())))
        }
    }));
    let context = || Context::new().with_value(Baggage("trace"));
    let capture = testing::capture();

    // Around the polls only, as `instrument` does it.
    let response =
        capture.scope(tower::Service::call(&mut service.clone(), request("/")).with_context(context())).await;
    assert_eq!(response.unwrap().into_body(), "none trace");
    // Around the call too.
    let response = capture.scope(service.clone().oneshot(request("/")).with_context(context())).await;
    assert_eq!(response.unwrap().into_body(), "trace trace");
    // Further in, the program's own.
    let inner = async || {
        async { format!("{} {}", baggage(), known()) }.with_context(Context::current_with_value(Baggage("inner"))).await
    };
    let app = Router::new().route("/", get(inner)).layer(MetricsLayer::new());
    let response = capture.scope(app.oneshot(request("/")).with_context(context())).await.unwrap();
    assert_eq!(text(response).await, "inner - - - 192.0.2.7");
}

#[tokio::test]
async fn a_task_that_took_it_along_sees_what_is_told_later_and_outlives_the_request() {
    let (answered, after) = tokio::sync::oneshot::channel::<()>();
    let (seen, sees) = tokio::sync::oneshot::channel();
    let background = async move {
        after.await.unwrap();
        seen.send(known()).unwrap();
    };
    let background = std::sync::Arc::new(std::sync::Mutex::new(Some(background)));
    let handler = async move |caller: Caller| {
        tokio::spawn(background.lock().unwrap().take().unwrap().with_current_context());
        caller.identify(&person());
    };
    let app = Router::new().route("/", get(handler)).layer(MetricsLayer::new());
    let capture = testing::capture();
    capture.scope(app.oneshot(request("/"))).await.unwrap();
    assert_eq!(capture.point("kms.http.server.request.count").attributes["kms.organization.id"], "org-1");
    answered.send(()).unwrap();
    assert_eq!(sees.await.unwrap(), "org-1 - user-1 192.0.2.7");
}

#[tokio::test]
async fn a_body_that_is_streamed_takes_it_along() {
    let stream = async |caller: Caller, Extension(take): Extension<bool>| {
        caller.identify(&person());
        let ambient = Ambient::current();
        let part = async move { Ok::<_, Infallible>(if take { ambient.sync_scope(known) } else { known() }) };
        Body::from_stream(futures_util::stream::once(part))
    };
    for (take, expected) in [(false, NOTHING), (true, "org-1 - user-1 192.0.2.7")] {
        let app = Router::new().route("/", get(stream)).layer(Extension(take)).layer(MetricsLayer::new());
        let capture = testing::capture();
        let response = capture.scope(app.oneshot(request("/"))).await.unwrap();
        assert_eq!(text(response).await, expected);
    }
}
