//! What the HTTP layers do while telemetry is off: nothing but call on. A file of its own, because a capture anywhere in
//! the process turns it on.

use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::web;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, StatusCode};
use axum::routing::get;
use axum::{Extension, Router};
use kms_metrics::Actor;
use kms_metrics::http::actix::Metrics;
use kms_metrics::http::{Caller, ClientMetrics, MetricsLayer};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result};
use tower::ServiceExt;

#[tokio::test]
async fn there_is_no_slot_and_the_extractor_gives_a_detached_one() {
    let look = async |slot: Option<Extension<Caller>>, caller: Caller| {
        caller.actor(Actor::identity("id-7", "ci"));
        assert_eq!(format!("{caller:?}"), "Caller { attached: false, .. }");
        if slot.is_none() { StatusCode::OK } else { StatusCode::CONFLICT }
    };
    let app = Router::new().route("/", get(look)).layer(MetricsLayer::new());
    assert!(!kms_metrics::is_enabled());
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[actix_web::test]
async fn there_is_no_slot_in_actix_web_either() {
    let look = async |slot: Option<web::ReqData<Caller>>, caller: Caller| {
        caller.actor(Actor::identity("id-7", "ci"));
        assert_eq!(format!("{caller:?}"), "Caller { attached: false, .. }");
        assert!(slot.is_none());
        "looked"
    };
    let app = actix_web::App::new().service(web::resource("/").to(look)).wrap(Metrics::new());
    assert!(!kms_metrics::is_enabled());
    let request = TestRequest::default().to_request();
    assert_eq!(call_and_read_body(&init_service(app).await, request).await, "looked");
}

/// Answers instead of the network.
struct Stub;

#[async_trait::async_trait]
impl Middleware for Stub {
    async fn handle(&self, _: reqwest::Request, _: &mut Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        Ok(axum::http::Response::new("answer").into())
    }
}

#[tokio::test]
async fn requests_of_a_client_pass() {
    let client = ClientBuilder::new(reqwest::Client::new()).with(ClientMetrics::new()).with(Stub).build();
    assert!(!kms_metrics::is_enabled());
    let response = client.get("http://kms.example/").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "answer");
}
