//! What the API answers when it does not do what it was asked for: a status and `{"error", "message"}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kms_metrics::ErrorType;
use serde_json::json;

use crate::crypto::CryptoError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("{0}")]
    BadRequest(String),
    /// The reason goes into the metrics too, see `auth`.
    #[error("{message}")]
    Unauthorized { reason: &'static str, message: &'static str },
    #[error("no access to {0}")]
    Forbidden(String),
    #[error("{0} does not exist")]
    NotFound(String),
    #[error("{0} exists already")]
    Conflict(String),
    #[error("too many logins at once: try again in a moment")]
    TooManyRequests,
    /// Logged where it happens to become an answer; the client learns only that it happened.
    #[error("{0}")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl ErrorType for ApiError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::Unauthorized { reason, .. } => reason,
            Self::Forbidden(_) => "permission_denied",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "already_exists",
            Self::TooManyRequests => "rate_limited",
            Self::Internal(_) => "internal_error",
        }
    }

    fn status_code(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let message = match &self {
            Self::Internal(error) => {
                tracing::error!(%error, "a request failed");
                "something went wrong here; the server's log says what".to_owned()
            }
            error => error.to_string(),
        };
        (self.status(), Json(json!({"error": self.error_type(), "message": message}))).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<CryptoError> for ApiError {
    fn from(error: CryptoError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}
