//! `http_request` by annotation, for servers that have no layer to put around their handlers.

#![deny(clippy::pedantic, clippy::nursery, unused)]

use axum::http::{Method, Response, StatusCode};
use kms_metrics::kms_metric;
use kms_metrics::testing::capture;
use kms_metrics_tests::{ApiError, AuthContext, cancel, person, ready};

#[kms_metric(http_request, ctx, http_request_method = method.as_str(), http_route = "/api/v3/secrets/raw/{name}")]
async fn handle(ctx: &AuthContext, method: Method, status: Option<u16>) -> Result<Response<String>, ApiError> {
    if method == Method::OPTIONS {
        std::future::pending::<()>().await;
    }
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).ok_or(ApiError::NotFound)?;
    let mut response = Response::new(ctx.organization_id.clone());
    *response.status_mut() = status;
    Ok(response)
}

/// The status and `error.type` of the only request, from the count, the duration and the error count.
fn recorded(call: impl FnOnce()) -> (String, Option<String>) {
    let capture = capture();
    call();
    let count = capture.point("kms.http.server.request.count");
    let duration = capture.point("kms.http.server.request.duration");
    assert_eq!((count.count, duration.count), (1, 1));
    let status = count.attributes["http.response.status_code"].clone();
    assert_eq!(duration.attributes["http.response.status_code"], status);
    assert_eq!(duration.attributes["kms.user.id"], "user-1");
    let error = capture.points("kms.http.server.error.count").pop();
    (status, error.map(|error| error.attributes["error.type"].clone()))
}

#[test]
fn count_duration_and_error_come_from_one_annotation() {
    let of = |status| recorded(|| drop(ready(handle(&person(), Method::GET, status))));
    assert_eq!(of(Some(204)), ("204".into(), None));
    assert_eq!(of(Some(403)), ("403".into(), Some("auth_error".into())));
    assert_eq!(of(Some(503)), ("503".into(), Some("server_error".into())));
    assert_eq!(
        of(None),
        ("404".into(), Some("client_error".into())),
        "of HTTP's classes, whatever the error is called"
    );
}

#[kms_metric(http_request, ctx, http_request_method = "GET", http_route = "/")]
fn refused(ctx: &AuthContext) -> Result<usize, StatusCode> {
    if ctx.organization_id.is_empty() { Ok(0) } else { Err(StatusCode::FORBIDDEN) }
}

#[test]
fn a_status_as_an_error_is_the_status() {
    assert_eq!(recorded(|| assert!(refused(&person()).is_err())), ("403".into(), Some("auth_error".into())));
}

struct SeeOther;

impl kms_metrics::ErrorType for SeeOther {
    fn error_type(&self) -> &'static str {
        "login_required"
    }

    fn status_code(&self) -> Option<u16> {
        Some(303)
    }
}

#[kms_metric(http_request, ctx, http_request_method = "GET", http_route = "/")]
fn redirected(ctx: &AuthContext) -> Result<usize, SeeOther> {
    if ctx.organization_id.is_empty() { Ok(0) } else { Err(SeeOther) }
}

#[test]
fn a_redirect_is_no_error_though_it_is_an_err() {
    assert_eq!(recorded(|| drop(redirected(&person()))), ("303".into(), None));
}

#[test]
fn a_request_that_is_given_up_is_499_and_cancelled() {
    let recorded = recorded(|| cancel(handle(&person(), Method::OPTIONS, None)));
    assert_eq!(recorded, ("499".into(), Some("cancelled".into())));
}

#[kms_metric(http_request, ctx, http_request_method = "GET", http_route = "/")]
fn tuple(ctx: &AuthContext, status: StatusCode) -> Result<(StatusCode, [&'static str; 1], usize), ApiError> {
    Ok((status, ["retry-after"], ctx.organization_id.len()))
}

#[test]
fn a_status_in_a_tuple_is_the_status() {
    let (status, error) = recorded(|| assert!(tuple(&person(), StatusCode::TOO_MANY_REQUESTS).is_ok()));
    assert_eq!((status.as_str(), error.as_deref()), ("429", Some("rate_limit_error")));
}

#[kms_metric(http_request, ctx, http_request_method = "GET", http_route = "/")]
fn panics(ctx: &AuthContext) -> StatusCode {
    panic!("{ctx:?}")
}

#[test]
fn a_panic_is_500() {
    let (status, error) = recorded(|| assert!(std::panic::catch_unwind(|| panics(&person())).is_err()));
    assert_eq!((status.as_str(), error.as_deref()), ("500", Some("server_error")));
}
