//! What the README shows, in a program that compiles: an axum server with one secret and one login.
//!
//! ```text
//! OTEL_TELEMETRY_COLLECTION_ENABLED=true OTEL_EXPORT_TYPE=prometheus cargo run --example readme
//! ```

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use kms_metrics::http::{Caller, MetricsLayer};
use kms_metrics::{ErrorType, MetricContext, Telemetry, kms_metric};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
struct App {
    store: Store,
}

/// Knows one secret.
#[derive(Clone)]
struct Store;

impl Store {
    async fn read(&self, ctx: &AuthContext, query: &ReadQuery, name: &str) -> Result<Secret, ApiError> {
        match (query.path.as_str(), name) {
            ("/", "GREETING") => Ok(Secret { value: format!("hello from {}", ctx.project_name) }),
            ("/", _) => Err(ApiError::NotFound),
            _ => Err(ApiError::Forbidden),
        }
    }
}

#[derive(Serialize)]
struct Secret {
    value: String,
}

#[derive(Deserialize)]
struct ReadQuery {
    environment: String,
    path: String,
}

#[derive(MetricContext)]
struct AuthContext {
    #[metric(organization_id)]
    organization_id: String,
    #[metric(organization_name)]
    organization_name: String,
    #[metric(user_id)]
    user_id: Option<String>,
    #[metric(project_id)]
    project_id: String,
    #[metric(project_name)]
    project_name: String,
    #[metric(client_address)]
    peer: IpAddr,
}

#[derive(ErrorType)]
enum ApiError {
    NotFound, // `not_found`
    #[metric(error_type = "auth_error", status_code = 403)]
    Forbidden,
    #[metric(error_type = "dependency_unavailable")]
    Database,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Database => StatusCode::SERVICE_UNAVAILABLE,
        }
        .into_response()
    }
}

/// Everybody is the same here; a real server looks at the credentials.
impl FromRequestParts<App> for AuthContext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().ok_or(ApiError::Forbidden)?.ip();
        let context = Self {
            organization_id: "org-1".into(),
            organization_name: "Example".into(),
            user_id: Some("user-1".into()),
            project_id: "project-1".into(),
            project_name: "readme".into(),
            peer,
        };
        if let Some(caller) = parts.extensions.get::<Caller>() {
            caller.identify(&context);
        }
        Ok(context)
    }
}

#[kms_metric(secret_read, ctx, environment = &query.environment, secret_path = &query.path, secret_name = name.as_str())]
async fn read_secret(
    State(app): State<App>,
    ctx: AuthContext,
    Path(name): Path<String>,
    Query(query): Query<ReadQuery>,
) -> Result<Json<Secret>, ApiError> {
    let secret = app.store.read(&ctx, &query, &name).await?;
    Ok(Json(secret))
}

#[derive(Deserialize)]
struct Login {
    client_id: String,
    client_secret: String,
}

#[derive(Serialize)]
struct Session {
    organization_id: String,
    organization_name: String,
}

#[kms_metric(
    auth_attempt,
    auth_method = "universal-auth",
    auth_attempt_username = &login.client_id,
    client_address = peer,
    organization_id = |ret| ret.as_ref().ok().map(|session| &session.organization_id),
    organization_name = |ret| ret.as_ref().ok().map(|session| &session.organization_name)
)]
async fn log_in(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Json(login): Json<Login>,
) -> Result<Json<Session>, ApiError> {
    authenticate(login).await.map(Json)
}

async fn authenticate(login: Login) -> Result<Session, ApiError> {
    match (login.client_id.as_str(), login.client_secret.is_empty()) {
        ("readme", false) => Ok(Session { organization_id: "org-1".into(), organization_name: "Example".into() }),
        ("down", _) => Err(ApiError::Database),
        _ => Err(ApiError::Forbidden),
    }
}

fn router() -> Router<App> {
    Router::new()
        .route("/api/v3/secrets/raw/{name}", get(read_secret))
        .route("/api/v1/auth/universal-auth/login", post(log_in))
        .layer(MetricsLayer::new())
}

async fn serve() -> std::io::Result<()> {
    let app = router().with_state(App { store: Store });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("curl 'http://127.0.0.1:8080/api/v3/secrets/raw/GREETING?environment=dev&path=/', until Ctrl-C");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder().from_env().retry_bind(Duration::from_secs(10)).build()?;
    serve().await?;
    telemetry.shutdown()?; // pushes the rest, within five seconds
    Ok(())
}
