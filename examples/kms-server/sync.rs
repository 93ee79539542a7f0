//! Pushing secrets to external systems, and pulling them from there, over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use kms_metrics::{ErrorType, Verdict, kms_metric};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::context::{AuthContext, ProjectContext};
use crate::error::ApiError;
use crate::model::{Connection, ConnectionKind, Secret, SecretKey, now};
use crate::secrets::{check_name, check_value, open_secret, seal_secret};
use crate::store::CONNECTIONS;

/// The client for key-value stores elsewhere.
pub struct RemoteStores {
    http: ClientWithMiddleware,
    /// Where the store listens that this server brings along.
    builtin: String,
}

/// What a store holds.
#[derive(Default, Serialize, Deserialize)]
pub struct StoredSecrets {
    pub secrets: BTreeMap<String, String>,
}

impl RemoteStores {
    pub fn new(builtin: String) -> Result<Self, reqwest::Error> {
        // No redirects: they would carry the secrets to whoever is named there.
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let http = reqwest_middleware::ClientBuilder::new(http).with(kms_metrics::http::ClientMetrics::new()).build();
        Ok(Self { http, builtin })
    }
}

/// An existing connection of a project that the caller has access to.
pub struct Target {
    context: ProjectContext,
    connection: Connection,
    credential: String,
}

pub struct Integration(Target);
pub struct SecretSync(Target);

impl FromRequestParts<App> for Integration {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Target::find(parts, app, ConnectionKind::Integration, "integration").await.map(Self)
    }
}

impl FromRequestParts<App> for SecretSync {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Target::find(parts, app, ConnectionKind::SecretSync, "secret sync").await.map(Self)
    }
}

impl Target {
    async fn find(parts: &mut Parts, app: &App, kind: ConnectionKind, what: &str) -> Result<Self, ApiError> {
        let auth = AuthContext::from_request_parts(parts, app).await?;
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?;
        let unknown = ApiError::NotFound(format!("{what} {id:?}"));
        let found = app.blocking(move |server| {
            let connection: Option<Connection> = server.store.read(|tx| tx.get(CONNECTIONS, id.as_str()))?;
            let Some(connection) = connection.filter(|connection| connection.kind == kind) else {
                return Ok(None);
            };
            let credential = server.vault.open(&connection.sealed_credential, &["connection", &connection.id])?;
            Ok::<_, ApiError>(Some((connection, String::from_utf8_lossy(&credential).into_owned())))
        });
        let (connection, credential) = found.await?.ok_or(unknown)?;
        let project_id = connection.project_id.clone();
        let context = ProjectContext::resolve(app, auth, project_id, Some(&connection.environment)).await?;
        Ok(Self { context, connection, credential })
    }

    fn key<'a>(&'a self, name: &'a str) -> SecretKey<'a> {
        let Connection { project_id, environment, secret_path: path, .. } = &self.connection;
        SecretKey { project_id, environment, path, name }
    }

    /// What this server has for the destination; the target comes back with it.
    async fn local_secrets(self, app: &App) -> Result<(Self, BTreeMap<String, String>), ApiError> {
        app.blocking(move |server| {
            let Connection { project_id, environment, secret_path, .. } = &self.connection;
            let secrets = server.store.read(|tx| tx.secrets_in(project_id, environment, secret_path))?;
            let open = |(name, secret): (String, Secret)| {
                let value = open_secret(server, self.key(&name), &secret)?;
                Ok((name, value))
            };
            let secrets = secrets.into_iter().map(open).collect::<Result<_, ApiError>>()?;
            Ok((self, secrets))
        })
        .await
    }

    async fn request(
        &self,
        app: &App,
        method: reqwest::Method,
        secret: Option<&str>,
        body: Option<Value>,
    ) -> Result<reqwest::Response, SyncError> {
        let remote = &app.remote_stores;
        let base = self.connection.url.as_deref().unwrap_or(&remote.builtin);
        let mut url = format!("{base}/v1/stores/{}/secrets", self.connection.store);
        if let Some(name) = secret {
            url = format!("{url}/{name}");
        }
        let request = remote.http.request(method, url).bearer_auth(&self.credential);
        let request = body.iter().fold(request, RequestBuilder::json);
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(SyncError::Refused(answer.status()));
        }
        Ok(answer)
    }

    async fn remote_secrets(&self, app: &App) -> Result<BTreeMap<String, String>, SyncError> {
        let answer = self.request(app, reqwest::Method::GET, None, None).await?;
        Ok(answer.json::<StoredSecrets>().await?.secrets)
    }
}

/// `POST /api/v1/integrations/{id}/sync`: the destination gets the whole folder, and nothing else stays there.
#[kms_metric(
    integration_sync,
    target.context,
    integration = target.connection.destination,
    integration_id = target.connection.id
)]
pub async fn sync_integration(
    State(app): State<App>,
    Integration(target): Integration,
) -> Result<Json<Value>, SyncError> {
    let (target, secrets) = target.local_secrets(&app).await?;
    let pushed = secrets.len();
    target.request(&app, reqwest::Method::PUT, None, Some(json!(StoredSecrets { secrets }))).await?;
    Ok(Json(json!({"pushed": pushed})))
}

/// `POST /api/v1/secret-syncs/{id}/sync-secrets`: what differs there is overwritten, what is unknown here stays.
#[kms_metric(
    secret_sync,
    target.context,
    destination = target.connection.destination,
    sync_id = target.connection.id
)]
pub async fn sync_secrets(State(app): State<App>, SecretSync(target): SecretSync) -> Result<Json<Value>, SyncError> {
    let (target, secrets) = target.local_secrets(&app).await?;
    let there = target.remote_secrets(&app).await?;
    let mut pushed = 0;
    for (name, value) in &secrets {
        if there.get(name) != Some(value) {
            target.request(&app, reqwest::Method::PUT, Some(name), Some(json!({"value": value}))).await?;
            pushed += 1;
        }
    }
    Ok(Json(json!({"pushed": pushed, "unchanged": secrets.len() - pushed})))
}

/// `POST /api/v1/secret-syncs/{id}/import-secrets`: what is there and unknown here is created; what is here stays.
#[kms_metric(
    secret_import,
    target.context,
    destination = target.connection.destination,
    sync_id = target.connection.id
)]
pub async fn import_secrets(State(app): State<App>, SecretSync(target): SecretSync) -> Result<Json<Value>, SyncError> {
    let there = target.remote_secrets(&app).await?;
    if there.iter().any(|(name, value)| check_name(name).and(check_value(value)).is_err()) {
        return Err(SyncError::Answer);
    }
    let imported = app.blocking(move |server| {
        server.store.write(|tx| {
            let mut imported = 0;
            for (name, value) in &there {
                let key = target.key(name);
                if tx.secret(key)?.is_none() {
                    let sealed_value = seal_secret(server, key, value)?;
                    let comment = format!("imported from {}", target.connection.destination);
                    let (created_at, updated_at) = (now(), now());
                    tx.put_secret(key, &Secret { version: 1, sealed_value, comment, created_at, updated_at })?;
                    imported += 1;
                }
            }
            Ok::<_, ApiError>(json!({"imported": imported, "unchanged": there.len() - imported}))
        })
    });
    Ok(Json(imported.await?))
}

/// `POST /api/v1/secret-syncs/{id}/remove-secrets`: what is known here is removed there.
#[kms_metric(
    secret_removal,
    target.context,
    destination = target.connection.destination,
    sync_id = target.connection.id
)]
pub async fn remove_secrets(State(app): State<App>, SecretSync(target): SecretSync) -> Result<Json<Value>, SyncError> {
    let (target, secrets) = target.local_secrets(&app).await?;
    let mut removed = 0;
    for name in secrets.keys() {
        match target.request(&app, reqwest::Method::DELETE, Some(name), None).await {
            Ok(_) => removed += 1,
            Err(SyncError::Refused(StatusCode::NOT_FOUND)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Json(json!({"removed": removed, "absent": secrets.len() - removed})))
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("the destination refused: HTTP {0}")]
    Refused(StatusCode),
    #[error("the destination did not answer in time")]
    Timeout,
    #[error("the destination cannot be reached")]
    Connect,
    #[error("the connection to the destination broke")]
    Broken,
    #[error("the destination's answer is not what it should be")]
    Answer,
    #[error(transparent)]
    Here(#[from] ApiError),
}

impl ErrorType for SyncError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Refused(status) => {
                Verdict::from_http_status(status.as_u16()).error_type().unwrap_or("unexpected_status")
            }
            Self::Timeout => "timeout",
            Self::Connect | Self::Broken => "network_error",
            Self::Answer => "invalid_response",
            Self::Here(error) => error.error_type(),
        }
    }

    fn error_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Refused(status) => match *status {
                StatusCode::BAD_REQUEST => "BadRequest",
                StatusCode::UNAUTHORIZED => "Unauthorized",
                StatusCode::FORBIDDEN => "Forbidden",
                StatusCode::NOT_FOUND => "NotFound",
                StatusCode::TOO_MANY_REQUESTS => "TooManyRequests",
                StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
                status if status.is_server_error() => "ServerError",
                _ => "UnexpectedStatus",
            },
            Self::Timeout => "Timeout",
            Self::Connect => "ConnectFailed",
            Self::Broken => "ConnectionBroken",
            Self::Answer => "InvalidResponse",
            Self::Here(_) => "InternalError",
        })
    }

    /// What the destination answered with, not what this server answers.
    fn status_code(&self) -> Option<u16> {
        match self {
            Self::Refused(status) => Some(status.as_u16()),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for SyncError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect
        } else if error.is_decode() {
            Self::Answer
        } else {
            Self::Broken
        }
    }
}

impl From<reqwest_middleware::Error> for SyncError {
    fn from(error: reqwest_middleware::Error) -> Self {
        match error {
            reqwest_middleware::Error::Reqwest(error) => error.into(),
            reqwest_middleware::Error::Middleware(error) => ApiError::Internal(error.into()).into(),
        }
    }
}

impl IntoResponse for SyncError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Here(error) => return error.into_response(),
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        (status, Json(json!({"error": self.error_type(), "message": self.to_string()}))).into_response()
    }
}
