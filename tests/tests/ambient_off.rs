//! What is ambient while telemetry is off: nothing, not even where it was said. A file of its own, because a capture
//! anywhere in the process turns it on.

use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::web;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::routing::get;
use kms_metrics::ambient::Ambient;
use kms_metrics::http::MetricsLayer;
use kms_metrics::http::actix::Metrics;
use kms_metrics::{Actor, Client, HasActor, HasClient, HasOrganization, HasProject, Organization, Project, kms_metric};
use opentelemetry::Context;
use tower::ServiceExt;

/// A context that must not be asked.
struct Unasked;

impl HasOrganization for Unasked {
    type Organization<'a> = Organization<'a>;
    fn organization(&self) -> Organization<'_> {
        unreachable!("telemetry is off")
    }
}

impl HasProject for Unasked {
    type Project<'a> = Project<'a>;
    fn project(&self) -> Project<'_> {
        unreachable!("telemetry is off")
    }
}

impl HasActor for Unasked {
    fn actor(&self) -> Actor<'_> {
        unreachable!("telemetry is off")
    }
}

impl HasClient for Unasked {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        unreachable!("telemetry is off")
    }
}

#[kms_metric(secret_read, environment = "prod", secret_path = "/"; ambient)]
fn deep() -> &'static str {
    "read"
}

/// Whether nothing at all is attached.
fn nothing() -> bool {
    assert!(!kms_metrics::is_enabled());
    let ambient = Ambient::current();
    ambient.client().is_none() && format!("{:?}", Context::current()).contains("entries count: 0")
}

#[tokio::test]
async fn a_scope_copies_and_attaches_nothing() {
    assert!(nothing());
    assert_eq!(Ambient::of(&Unasked).scope(async { (deep(), nothing()) }).await, ("read", true));
    assert_eq!(Ambient::of(&Unasked).sync_scope(|| (deep(), nothing())), ("read", true));
    let actor = Ambient::default().with_actor(Actor::identity("id-7", "ci"));
    assert_eq!(actor.actor(), Actor::default());
}

#[tokio::test]
async fn the_layer_attaches_nothing() {
    let app = Router::new().route("/", get(async || format!("{} {}", deep(), nothing()))).layer(MetricsLayer::new());
    let request = Request::builder().uri("/").header("user-agent", "kms-cli").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "read true");
}

#[actix_web::test]
async fn the_middleware_attaches_nothing() {
    let look = async || format!("{} {}", deep(), nothing());
    let app = actix_web::App::new().service(web::resource("/").to(look)).wrap(Metrics::new());
    let request = TestRequest::default().insert_header(("user-agent", "kms-cli")).to_request();
    assert_eq!(call_and_read_body(&init_service(app).await, request).await, "read true");
}
