//! Logging in, for people and for machines, and the access tokens that it yields.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kms_metrics::{ErrorType, HasActor, kms_metric};
use serde::{Deserialize, Serialize};

use crate::app::{App, Server};
use crate::context::{ApiJson, Peer};
use crate::crypto::{self, CryptoError};
use crate::error::ApiError;
use crate::model::{Account, Actor, AuthMethod, Timestamp, Token, now};
use crate::store::{ACCOUNTS, StoreError, TOKENS};

const TOKEN_LIFETIME: u64 = 3600;
/// How long an expired token is still known as one.
const TOKEN_MEMORY: u64 = 600;
/// So many wrong passwords in a row lock an account …
const ATTEMPTS: u32 = 5;
/// … for so many seconds.
const LOCK: u64 = 60;
/// How long a login waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UniversalAuthLogin {
    client_id: String,
    client_secret: String,
}

#[derive(Deserialize)]
pub struct EmailLogin {
    email: String,
    password: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    access_token: String,
    expires_in: u64,
    token_type: &'static str,
    #[serde(skip)]
    account: Account,
}

/// `POST /api/v1/auth/universal-auth/login`
#[kms_metric(
    auth_attempt,
    peer,
    auth_method = "universal-auth",
    auth_attempt_username = &body.client_id,
    organization_id = |ret| whose(ret).map(|account| &account.organization.id),
    organization_name = |ret| whose(ret).map(|account| &account.organization.name),
    identity_id = |ret| actor(ret).identity_id,
    identity_name = |ret| actor(ret).identity_name
)]
pub async fn universal_auth_login(
    State(app): State<App>,
    peer: Peer,
    ApiJson(body): ApiJson<UniversalAuthLogin>,
) -> Result<Json<Session>, AuthError> {
    log_in(&app, &peer, body.client_id, body.client_secret, AuthMethod::UniversalAuth).await.map(Json)
}

/// `POST /api/v1/auth/login`
#[kms_metric(
    auth_attempt,
    peer,
    auth_method = "email",
    auth_attempt_username = &body.email,
    organization_id = |ret| whose(ret).map(|account| &account.organization.id),
    organization_name = |ret| whose(ret).map(|account| &account.organization.name),
    user_id = |ret| actor(ret).user_id,
    user_email = |ret| actor(ret).user_email
)]
pub async fn email_login(
    State(app): State<App>,
    peer: Peer,
    ApiJson(body): ApiJson<EmailLogin>,
) -> Result<Json<Session>, AuthError> {
    log_in(&app, &peer, body.email, body.password, AuthMethod::Email).await.map(Json)
}

/// A success that says whose it is.
trait Identified {
    fn account(&self) -> &Account;
}

impl Identified for Json<Session> {
    fn account(&self) -> &Account {
        &self.0.account
    }
}

impl Identified for (Account, AuthMethod) {
    fn account(&self) -> &Account {
        &self.0
    }
}

/// Whose attempt it was, as far as that is known.
fn whose(returned: &Result<impl Identified, AuthError>) -> Option<&Account> {
    match returned {
        Ok(success) => Some(success.account()),
        Err(error) => error.account.as_deref(),
    }
}

fn actor(returned: &Result<impl Identified, AuthError>) -> kms_metrics::Actor<'_> {
    whose(returned).map(HasActor::actor).unwrap_or_default()
}

async fn log_in(
    app: &App,
    peer: &Peer,
    login: String,
    password: String,
    method: AuthMethod,
) -> Result<Session, AuthError> {
    let turn = tokio::time::timeout(PATIENCE, app.password_hashing.clone().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else {
        return Err(Reason::RateLimited.into());
    };
    let session = app
        .blocking(move |server| {
            let _turn = turn;
            check_password(server, &login, &password, method)
        })
        .await?;
    peer.identify(&session.account, method);
    Ok(session)
}

fn check_password(server: &Server, login: &str, password: &str, method: AuthMethod) -> Result<Session, AuthError> {
    let account: Option<Account> = server.store.read(|tx| tx.get(ACCOUNTS, login))?;
    let account = account.filter(|account| account.method() == method);
    // Before the transaction: it takes long, and there is one writer at a time.
    let right = crypto::verify_password(password, account.as_ref().map(|account| account.password_hash.as_str()));
    if account.is_none() {
        return Err(Reason::InvalidCredentials.into());
    }
    let access_token = crypto::random_token()?;
    let digest = crypto::token_digest(&access_token);
    // A refused attempt is written down as well: the transaction succeeds with it.
    let account = server.store.write(|tx| {
        let Some(mut account) = tx.get(ACCOUNTS, login)? else {
            return Ok(Err(AuthError::from(Reason::InvalidCredentials)));
        };
        let now = now();
        let attempt = judge(&mut account, right, now);
        tx.put(ACCOUNTS, login, &account)?;
        if let Err(reason) = attempt {
            return Ok(Err(AuthError { reason, account: Some(Box::new(account)) }));
        }
        let token = Token { login: login.to_owned(), auth_method: method, expires_at: now + TOKEN_LIFETIME };
        tx.put(TOKENS, digest.as_str(), &token)?;
        tx.forget_token_at(token.expires_at + TOKEN_MEMORY, &digest)?;
        tx.forget_due(now)?;
        Ok::<_, StoreError>(Ok(account))
    })??;
    Ok(Session { access_token, expires_in: TOKEN_LIFETIME, token_type: "Bearer", account })
}

/// What an attempt means for the account.
fn judge(account: &mut Account, right: bool, now: Timestamp) -> Result<(), Reason> {
    if account.locked_until > now {
        return Err(Reason::AccountLocked);
    }
    if right {
        account.failed_attempts = 0;
        return Ok(());
    }
    account.failed_attempts += 1;
    if account.failed_attempts >= ATTEMPTS {
        account.failed_attempts = 0;
        account.locked_until = now + LOCK;
    }
    Err(Reason::InvalidCredentials)
}

impl Account {
    fn method(&self) -> AuthMethod {
        match self.actor {
            Actor::Person { .. } => AuthMethod::Email,
            Actor::Machine { .. } => AuthMethod::UniversalAuth,
        }
    }
}

/// Whose token this is.
///
/// Only refused tokens are counted as attempts: a valid one comes with every request, and those are counted as
/// requests.
#[kms_metric(
    auth_attempt,
    peer,
    auth_method = "access-token",
    organization_id = |ret| whose(ret).map(|account| &account.organization.id),
    organization_name = |ret| whose(ret).map(|account| &account.organization.name),
    user_id = |ret| actor(ret).user_id,
    user_email = |ret| actor(ret).user_email,
    identity_id = |ret| actor(ret).identity_id,
    identity_name = |ret| actor(ret).identity_name;
    count = failure
)]
pub async fn verify_token(app: &App, peer: &Peer, token: &str) -> Result<(Account, AuthMethod), AuthError> {
    let digest = crypto::token_digest(token);
    app.blocking(move |server| {
        server.store.read(|tx| {
            let token: Option<Token> = tx.get(TOKENS, digest.as_str())?;
            let token = token.ok_or(Reason::InvalidToken)?;
            let account: Account = tx.get(ACCOUNTS, token.login.as_str())?.ok_or(Reason::InvalidToken)?;
            if token.expires_at <= now() {
                return Err(AuthError { reason: Reason::ExpiredToken, account: Some(Box::new(account)) });
            }
            Ok((account, token.auth_method))
        })
    })
    .await
}

/// Why somebody was not let in, and who it was as far as that is known.
#[derive(Debug)]
pub struct AuthError {
    reason: Reason,
    account: Option<Box<Account>>,
}

#[derive(Debug)]
enum Reason {
    InvalidCredentials,
    AccountLocked,
    RateLimited,
    InvalidToken,
    ExpiredToken,
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl ErrorType for AuthError {
    fn error_type(&self) -> &'static str {
        match self.reason {
            Reason::InvalidCredentials => "invalid_credentials",
            Reason::AccountLocked => "account_locked",
            Reason::RateLimited => "rate_limited",
            Reason::InvalidToken => "invalid_token",
            Reason::ExpiredToken => "expired_token",
            Reason::Internal(_) => "internal_error",
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let reason = error.error_type();
        match error.reason {
            // One answer for both, which does not tell who exists or is locked; the metrics tell the operator.
            Reason::InvalidCredentials | Reason::AccountLocked => Self::Unauthorized {
                reason: "invalid_credentials",
                message: "unknown account, wrong password, or locked for a minute after too many wrong ones",
            },
            Reason::InvalidToken => Self::Unauthorized { reason, message: "the access token is not valid" },
            Reason::ExpiredToken => {
                Self::Unauthorized { reason, message: "the access token has expired: log in again" }
            }
            Reason::RateLimited => Self::TooManyRequests,
            Reason::Internal(error) => Self::Internal(error),
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

impl From<Reason> for AuthError {
    fn from(reason: Reason) -> Self {
        Self { reason, account: None }
    }
}

macro_rules! internal {
    ($($error:ty),*) => {$(
        impl From<$error> for AuthError {
            fn from(error: $error) -> Self {
                Reason::Internal(error.into()).into()
            }
        }
    )*};
}

internal!(StoreError, CryptoError, tokio::task::JoinError);
