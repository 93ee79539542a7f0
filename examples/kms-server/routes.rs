//! Which handler answers what.

use axum::http::{Method, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use kms_metrics::http::MetricsLayer;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;
use crate::{auth, kmip, secrets, sync};

pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/api/v1/auth/universal-auth/login", post(auth::universal_auth_login))
        .route("/api/v1/auth/login", post(auth::email_login))
        .route("/api/v3/secrets/raw", get(secrets::list))
        .route(
            "/api/v3/secrets/raw/{name}",
            get(secrets::read).post(secrets::create).patch(secrets::update).delete(secrets::delete),
        )
        .route("/kmip/2_1", post(kmip::handle))
        .route("/api/v1/integrations/{id}/sync", post(sync::sync_integration))
        .route("/api/v1/secret-syncs/{id}/sync-secrets", post(sync::sync_secrets))
        .route("/api/v1/secret-syncs/{id}/import-secrets", post(sync::import_secrets))
        .route("/api/v1/secret-syncs/{id}/remove-secrets", post(sync::remove_secrets))
        .fallback(unmatched)
        .layer(MetricsLayer::new())
        .with_state(app)
}

async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn unmatched(method: Method, uri: Uri) -> ApiError {
    ApiError::NotFound(format!("{method} {}", uri.path()))
}
