//! Methods, routes and statuses, and that every request counts once.

use std::convert::Infallible;
use std::future::ready;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use kms_metrics::http::{Caller, MetricsLayer, Route};
use kms_metrics::testing;
use tower::{Layer, ServiceExt, service_fn};

use super::*;

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

/// Two levels of nesting, handlers with every class of status, and a fallback that axum brings.
fn api() -> Router {
    let secrets = Router::new().route("/{name}", get(async || "value").delete(async || StatusCode::NO_CONTENT));
    Router::new()
        .route("/status/200", get(async || status(200)))
        .route("/status/302", get(async || status(302)))
        .route("/status/400", get(async || status(400)))
        .route("/status/401", get(async || status(401)))
        .route("/status/403", get(async || status(403)))
        .route("/status/404", get(async || status(404)))
        .route("/status/429", get(async || status(429)))
        .route("/status/499", get(async || status(499)))
        .route("/status/500", get(async || status(500)))
        .route("/status/503", get(async || status(503)))
        .nest("/api", Router::new().nest("/{project}/secrets", secrets))
        .layer(MetricsLayer::new())
}

#[tokio::test]
async fn every_request_is_recorded_once_with_its_route_and_its_class() {
    for (method, uri, route, status, errors) in REQUESTS {
        let capture = testing::capture();
        let response = capture.scope(api().oneshot(request(method, uri))).await.unwrap();
        assert_eq!(response.status().as_str(), *status, "{method} {uri}");
        assert_request(&capture, recorded_method(method), *route, status, *errors);
    }
}

#[tokio::test]
async fn the_fallback_of_a_nested_router_is_unmatched() {
    let nested = Router::new().route("/known", get(async || "")).fallback(async || StatusCode::NOT_FOUND);
    let app = Router::new().nest("/api", nested).layer(MetricsLayer::new());
    let capture = testing::capture();
    capture.scope(app.oneshot(request("GET", "/api/secret-path"))).await.unwrap();
    assert_request(&capture, "GET", None, "404", ("client_error", ""));
}

#[tokio::test]
async fn a_router_that_is_not_axums_says_its_route_before_or_behind_the_layer() {
    let cases: [(Option<&'static str>, Option<&'static str>, Option<&str>); 5] = [
        (None, None, None),
        (Some("/before/{id}"), None, Some("/before/{id}")),
        (None, Some("/behind/{id}"), Some("/behind/{id}")),
        (Some("/before/{id}"), Some("/behind/{id}"), Some("/behind/{id}")),
        (Some(""), Some(""), None),
    ];
    for (before, behind, expected) in cases {
        let service = MetricsLayer::new().layer(service_fn(move |request: http::Request<()>| {
            if let Some(route) = behind {
                request.extensions().get::<Caller>().unwrap().route(route);
            }
            ready(Ok::<_, Infallible>(Response::new(())))
        }));
        let mut request = plain("/before/1");
        if let Some(route) = before {
            request.extensions_mut().insert(Route::from(route));
        }
        let capture = testing::capture();
        capture.scope(service.oneshot(request)).await.unwrap();
        assert_request(&capture, "GET", expected, "200", ("", ""));
    }
}

#[tokio::test]
async fn a_layer_inside_a_layer_records_nothing_and_passes_its_route_on() {
    let inner = Router::new().route("/{name}", get(async || "value")).layer(MetricsLayer::new());
    for app in [
        Router::new().nest_service("/api", inner.clone()),
        Router::new().nest("/api", inner.clone()),
        Router::new().nest("/api", inner.clone()).layer(MetricsLayer::new()),
    ] {
        let capture = testing::capture();
        capture.scope(app.layer(MetricsLayer::new()).oneshot(request("GET", "/api/KEY"))).await.unwrap();
        assert_request(&capture, "GET", Some("/api/{name}"), "200", ("", ""));
    }
}

#[tokio::test]
async fn two_requests_of_one_kind_are_one_series_counted_twice() {
    let capture = testing::capture();
    for method in [Method::GET, Method::GET] {
        capture.scope(api().oneshot(request(method.as_str(), "/status/200"))).await.unwrap();
    }
    for metric in [COUNT, DURATION, CONVENTIONAL] {
        assert_eq!(capture.point(metric).count, 2, "{metric}");
    }
}
