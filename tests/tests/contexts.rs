//! Where a context can come from.

#![deny(clippy::pedantic, clippy::nursery, unused)]

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::Request;
use kms_metrics::testing::capture;
use kms_metrics::{Client, HasClient, HasOrganization, Organization, kms_metric};
use kms_metrics_tests::{AuthContext, person, ready};

/// Who `kms.secret.read.count` says it was.
fn reader(call: impl FnOnce()) -> String {
    let capture = capture();
    call();
    capture.point("kms.secret.read.count").attributes["kms.user.id"].clone()
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "/")]
async fn from_an_extension(ctx: Extension<AuthContext>, State(_app): State<u8>) -> usize {
    std::future::ready(ctx.organization_id.len()).await
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "/")]
async fn from_a_pattern(Extension(ctx): Extension<Arc<AuthContext>>) -> usize {
    std::future::ready(ctx.organization_id.len()).await
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "/")]
fn from_a_box(ctx: Box<AuthContext>) -> AuthContext {
    *ctx
}

#[kms_metric(
    auth_attempt, request.extensions().get::<AuthContext>(), auth_method = "session",
    client_address = "192.0.2.1"
)]
fn from_an_expression<B>(request: &mut Request<B>) -> bool {
    request.extensions_mut().remove::<AuthContext>().is_some()
}

#[test]
fn an_extension_an_arc_and_a_box() {
    assert_eq!(reader(|| assert_eq!(ready(from_an_extension(Extension(person()), State(7))), 5)), "user-1");
    assert_eq!(reader(|| assert_eq!(ready(from_a_pattern(Extension(Arc::new(person())))), 5)), "user-1");
    assert_eq!(reader(|| assert_eq!(from_a_box(Box::new(person())).organization_id, "org-1")), "user-1");
}

#[test]
fn a_context_that_may_be_absent_serves_where_its_attributes_may_be() {
    let capture = capture();
    let mut request = Request::new(());
    request.extensions_mut().insert(person());
    assert!(from_an_expression(&mut request));
    assert_eq!(capture.point("kms.auth.attempt.count").attributes["kms.user.id"], "user-1");
    assert!(!from_an_expression(&mut request));
    assert!(capture.points("kms.auth.attempt.count").iter().any(|it| !it.attributes.contains_key("kms.user.id")));
}

/// Before anybody is authenticated: a client, and no organization.
struct Connection;

impl HasOrganization for Connection {
    type Organization<'a> = Option<Organization<'a>>;
    fn organization(&self) -> Option<Organization<'_>> {
        None
    }
}

impl HasClient for Connection {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        Client { address: "192.0.2.1".into(), user_agent: None }
    }
}

#[kms_metric(
    auth_attempt, connection, auth_method = "ldap",
    user_id = |user| user, user_email = None, identity_id = None, identity_name = None
)]
fn log_in(connection: &Connection) -> Option<&'static str> {
    let Connection = connection;
    Some("user-7")
}

#[test]
fn a_context_without_an_organization_serves_where_it_may_be_absent() {
    let capture = capture();
    assert_eq!(log_in(&Connection), Some("user-7"));
    let attempt = capture.point("kms.auth.attempt.count").attributes;
    assert_eq!(attempt["kms.user.id"], "user-7");
    assert!(!attempt.contains_key("kms.organization.id") && attempt["client.address"] == "192.0.2.1");
}
