//! Attributes that are known only after the call.

use std::net::SocketAddr;
use std::sync::Arc;

use kms_metrics::testing::capture;
use kms_metrics::{Verdict, kms_metric};
use kms_metrics_tests::{ApiError, AuthContext, attributes, only, person, ready};

const ATTEMPTS: &str = "kms.auth.attempt.count";

struct Login {
    user_id: String,
    organization: Option<(String, Arc<str>)>,
}

#[kms_metric(
    auth_attempt,
    auth_method = "ldap",
    client_address = peer,
    organization_id = |ret| ret.as_ref().ok().and_then(|login| login.organization.as_ref()).map(|(id, _)| id),
    organization_name = |ret| ret.as_ref().ok().and_then(|login| login.organization.clone()).map(|(_, name)| name),
    user_id = |ret| ret.as_ref().ok().map(|login| &login.user_id),
    auth_attempt_username = %format_args!("{name}@example.com"),
)]
async fn login(peer: SocketAddr, name: &str, known: bool) -> Result<Login, ApiError> {
    if known {
        let organization = Some(("org-9".to_owned(), Arc::from("Nine")));
        Ok(Login { user_id: "user-9".into(), organization })
    } else {
        Err(ApiError::NotFound)
    }
}

#[test]
fn late_attributes_come_from_the_returned_value() {
    let capture = capture();
    ready(login("[2001:db8::1]:443".parse().unwrap(), "jane", true)).unwrap();
    let point = capture.point(ATTEMPTS);
    let mut found = point.attributes.clone();
    let username = found.remove("kms.auth.attempt.username").unwrap();
    assert!(username.len() == 16 && !username.contains("jane"), "{username}");
    assert_eq!(
        found,
        attributes([
            ("client.address", "2001:db8::1"),
            ("kms.auth.method", "ldap"),
            ("kms.auth.result", "success"),
            ("kms.organization.id", "org-9"),
            ("kms.organization.name", "Nine"),
            ("kms.user.id", "user-9"),
        ])
    );
}

#[test]
fn a_nullable_attribute_of_an_unknown_client_is_left_out() {
    let capture = capture();
    assert!(ready(login("192.0.2.1:1".parse().unwrap(), "jane", false)).is_err());
    let point = capture.point(ATTEMPTS);
    assert!(!point.attributes.contains_key("kms.organization.id"));
    assert_eq!(only(&point, "error.type"), "not_found");
}

#[derive(Default)]
struct Created {
    id: Option<String>,
}

#[kms_metric(
    kmip_operation, ctx, kmip_operation_type = "create", kmip_client_id = "c",
    kmip_object_id = |_ok| out.id.as_deref(), kmip_object_name = |_ok| names.first()
)]
async fn create(ctx: &AuthContext, out: &mut Created, mut names: Vec<String>) -> Result<(), ApiError> {
    std::future::ready(ctx).await;
    out.id = Some("object-7".into());
    names.push("key".into());
    Ok(())
}

#[kms_metric(
    kmip_operation, ctx, kmip_operation_type = "create", kmip_client_id = "c",
    kmip_object_id = |_ok| out.id.as_deref();
    outcome = |_ok| if out.id.is_some() { Verdict::success() } else { Verdict::failure("nothing_created") }
)]
fn create_sync(ctx: &AuthContext, out: &mut Created, id: Option<String>) -> bool {
    out.id = id;
    ctx.user_id.is_some()
}

#[test]
fn an_out_parameter_can_be_looked_at_afterwards() {
    let objects = |capture: &kms_metrics::testing::Capture| capture.point("kms.kmip.operation.count").attributes;
    let asynchronous = capture();
    let mut out = Created::default();
    ready(create(&person(), &mut out, Vec::new())).unwrap();
    assert_eq!(out.id.as_deref(), Some("object-7"));
    assert_eq!(objects(&asynchronous)["kms.kmip.object.id"], "object-7");
    assert_eq!(objects(&asynchronous)["kms.kmip.object.name"], "key");

    let synchronous = capture();
    assert!(create_sync(&person(), &mut out, Some("object-8".into())));
    assert_eq!(objects(&synchronous)["kms.kmip.object.id"], "object-8");
    create_sync(&person(), &mut out, None);
    let durations = synchronous.points("kms.kmip.operation.duration");
    assert!(durations.iter().any(|it| only(it, "error.type") == "nothing_created"));
}

#[kms_metric(
    auth_attempt, ctx, auth_method = "ldap", auth_attempt_username = "hunter2",
    user_id = |ret| ret.as_ref().ok()
)]
fn completed_later(ctx: &AuthContext) -> Result<String, ApiError> {
    Ok(ctx.project_id.clone())
}

#[test]
fn an_attempted_user_name_has_one_pseudonym_however_it_is_recorded() {
    let capture = capture();
    completed_later(&person()).unwrap();
    kms_metrics::records::AuthAttempt {
        organization_id: None,
        organization_name: None,
        user_id: None,
        user_email: None,
        identity_id: None,
        identity_name: None,
        client_address: "192.0.2.1",
        user_agent_original: None,
        auth_method: "ldap",
        auth_attempt_username: Some("hunter2"),
    }
    .record(Verdict::failure("invalid_credentials"), std::time::Duration::ZERO);
    let names: Vec<_> = capture.points(ATTEMPTS).iter().map(|it| only(it, "kms.auth.attempt.username")).collect();
    assert_eq!(names.len(), 2);
    assert!(names[0].len() == 16 && names[0] == names[1], "{names:?}");
}

#[kms_metric(secret_read, ctx, environment = "prod", secret_path = path, secret_name = |ret| ret)]
fn read(ctx: &AuthContext, path: &str) -> &'static str {
    if ctx.organization_id.is_empty() { "none" } else { "password" }
}

#[test]
fn a_value_that_was_cut_is_still_marked_when_the_record_is_completed() {
    let capture = capture();
    read(&person(), &"/folder".repeat(100));
    let path = only(&capture.point("kms.secret.read.count"), "kms.secret.path");
    assert!(path.ends_with('…') && path.len() <= 256, "{path}");
}
