//! Handlers of a real router, with extractors in patterns, on both sides of `#[debug_handler]`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use kms_metrics::testing::{Capture, capture};
use kms_metrics::{ErrorType, Outcome, Verdict, kms_metric};
use kms_metrics_tests::{AuthContext, machine, person};
use serde::Deserialize;
use tower::ServiceExt as _;

use super::{READS, errors, paths};

#[derive(Debug)]
struct App {
    environment: String,
}

#[derive(Deserialize)]
struct ReadQuery {
    path: String,
}

#[derive(Clone, Copy, Debug)]
enum HttpError {
    NotFound,
    Unauthorized,
}

impl ErrorType for HttpError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unauthorized => "auth_error",
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
}

/// Who is asking, by the header that a test sends.
struct Caller(AuthContext);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        match parts.headers.get("authorization").map(axum::http::HeaderValue::as_bytes) {
            Some(b"person") => Ok(Self(person())),
            Some(b"machine") => Ok(Self(machine())),
            _ => Err(HttpError::Unauthorized),
        }
    }
}

#[axum::debug_handler]
#[kms_metric(secret_read, ctx, environment = app.environment, secret_path = path, secret_name = name)]
async fn under_the_check(
    State(app): State<Arc<App>>,
    Caller(ctx): Caller,
    Path((_version, name)): Path<(u8, String)>,
    Query(ReadQuery { path }): Query<ReadQuery>,
) -> Result<String, HttpError> {
    let name = Some(name).filter(|name| name != "none").ok_or(HttpError::NotFound)?;
    tokio::task::yield_now().await;
    Ok(format!("{}{path}/{name}", app.environment))
}

#[kms_metric(secret_read, ctx, environment = app.environment, secret_path = path, secret_name = name)]
#[axum::debug_handler]
async fn above_the_check(
    State(app): State<Arc<App>>,
    Caller(ctx): Caller,
    Path((_version, name)): Path<(u8, String)>,
    Query(ReadQuery { path }): Query<ReadQuery>,
) -> Result<String, HttpError> {
    let name = Some(name).filter(|name| name != "none").ok_or(HttpError::NotFound)?;
    tokio::task::yield_now().await;
    Ok(format!("{}{path}/{name}", app.environment))
}

#[axum::debug_handler(state = Arc<App>)]
#[kms_metric(
    auth_attempt, auth_method = "universal-auth", client_address = "192.0.2.7", auth_attempt_username = %body.trim(),
    organization_id = None, organization_name = None, identity_id = None, identity_name = None, user_email = None,
    user_id = |response| response.headers().get("x-user").and_then(|user| user.to_str().ok())
)]
async fn log_in(Extension(users): Extension<&'static [&'static str]>, body: String) -> Response {
    if users.contains(&body.trim()) {
        return [("x-user", "user-1")].into_response();
    }
    StatusCode::UNAUTHORIZED.into_response()
}

#[kms_metric(
    secret_read, ctx, environment = "e", secret_path = "/";
    outcome = |answer| answer.as_ref().err().map_or(Verdict::success(), Outcome::verdict)
)]
#[axum::debug_handler(state = Arc<App>)]
async fn with_a_status(Caller(ctx): Caller, request: Request<Body>) -> Result<&'static str, StatusCode> {
    if ctx.user_id.is_none() {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(if request.uri().path() == "/status" { "found" } else { "elsewhere" })
}

async fn send(method: &str, uri: &str, caller: &str, body: &'static str) -> (StatusCode, Capture) {
    let capture = capture();
    let router = Router::new()
        .route("/under/{version}/{name}", get(under_the_check))
        .route("/above/{version}/{name}", get(above_the_check))
        .route("/login", post(log_in))
        .route("/status", get(with_a_status))
        .layer(Extension(&["jane"] as &'static [&'static str]))
        .with_state(Arc::new(App { environment: "prod".into() }));
    let request = Request::builder().method(method).uri(uri).header("authorization", caller);
    let request = request.body(Body::from(body)).unwrap();
    let response = capture.scope(router.oneshot(request)).await.unwrap();
    (response.status(), capture)
}

#[tokio::test]
async fn a_handler_with_extractors_in_patterns_on_both_sides_of_debug_handler() {
    for side in ["under", "above"] {
        let (status, capture) = send("GET", &format!("/{side}/1/api-key?path=/app"), "machine", "").await;
        assert_eq!(status, StatusCode::OK);
        let read = capture.point(READS).attributes;
        let value = |name: &str| read.get(name).map(String::as_str);
        assert_eq!(value("kms.secret.path"), Some("/app"), "{side}");
        assert_eq!(value("kms.secret.name"), Some("api-key"));
        assert_eq!(value("kms.environment"), Some("prod"));
        assert_eq!(value("kms.identity.id"), Some("identity-1"));
        assert_eq!(value("kms.user.id"), None);
    }
}

#[tokio::test]
async fn a_handler_that_fails_is_not_a_read() {
    for side in ["under", "above"] {
        let (status, capture) = send("GET", &format!("/{side}/1/none?path=/app"), "person", "").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!((paths(&capture), errors(&capture)), (vec![], vec!["not_found".to_owned()]), "{side}");
    }
}

#[tokio::test]
async fn a_handler_that_its_extractors_keep_from_running_is_no_call() {
    for uri in ["/under/1/api-key?path=/app", "/above/not-a-number/api-key?path=/app"] {
        let caller = if uri.starts_with("/under") { "nobody" } else { "person" };
        let (status, capture) = send("GET", uri, caller, "").await;
        assert!(status.is_client_error(), "{status}");
        assert_eq!((paths(&capture), errors(&capture)), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_handler_that_answers_with_a_response_is_judged_by_its_status() {
    let (status, capture) = send("POST", "/login", "", "jane\n").await;
    assert_eq!(status, StatusCode::OK);
    let attempt = capture.point("kms.auth.attempt.count").attributes;
    assert_eq!((&*attempt["kms.auth.result"], &*attempt["kms.user.id"]), ("success", "user-1"));

    let (status, capture) = send("POST", "/login", "", "john\n").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let attempt = capture.point("kms.auth.attempt.count").attributes;
    assert_eq!((&*attempt["kms.auth.result"], &*attempt["error.type"]), ("failure", "auth_error"));
    // What somebody typed in vain may be a password: it is recorded, and not as it stands.
    assert_eq!(attempt.get("kms.user.id"), None);
    assert!(!attempt["kms.auth.attempt.username"].contains("john"));
}

#[tokio::test]
async fn a_handler_above_the_check_with_an_outcome_of_its_own() {
    let (status, capture) = send("GET", "/status", "person", "").await;
    assert_eq!((status, paths(&capture)), (StatusCode::OK, vec!["/".to_owned()]));
    let (status, capture) = send("GET", "/status", "machine", "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!((paths(&capture), errors(&capture)), (vec![], vec!["auth_error".to_owned()]));
}
