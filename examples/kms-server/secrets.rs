//! `/api/v3/secrets/raw`: the secrets of a folder in an environment of a project.
//!
//! `workspaceId`, `environment` and `secretPath` come with the query string; a JSON body may carry them too (that is
//! how POST, PATCH and DELETE are usually sent), and wins.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::StatusCode;
use kms_metrics::kms_metric;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::{App, Server};
use crate::context::{self, AuthContext, ProjectContext};
use crate::error::ApiError;
use crate::model::{Secret, SecretKey, now};

const LONGEST_VALUE: usize = 64 * 1024;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    workspace_id: Option<String>,
    environment: Option<String>,
    secret_path: Option<String>,
    secret_value: Option<String>,
    secret_comment: Option<String>,
}

/// A folder that the caller has access to, and what is to become of a secret in it.
pub struct Folder {
    context: ProjectContext,
    environment: String,
    path: String,
    value: Option<String>,
    comment: Option<String>,
}

impl FromRequest<App> for Folder {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let auth = AuthContext::from_request_parts(&mut parts, app).await?;
        let Query(query) = Query::<Parameters>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?;
        let body = context::body(Request::from_parts(parts, body), app).await?;
        let body = if body.is_empty() { Parameters::default() } else { context::parse_json(&body)? };
        let missing = |name| move || ApiError::BadRequest(format!("{name} is required"));
        let project_id = body.workspace_id.or(query.workspace_id).ok_or_else(missing("workspaceId"))?;
        let environment = body.environment.or(query.environment).ok_or_else(missing("environment"))?;
        let path = normalized(body.secret_path.or(query.secret_path).as_deref().unwrap_or("/"))?;
        let context = ProjectContext::resolve(app, auth, project_id, Some(&environment)).await?;
        Ok(Self { context, environment, path, value: body.secret_value, comment: body.secret_comment })
    }
}

impl Folder {
    fn key<'a>(&'a self, name: &'a str) -> SecretKey<'a> {
        SecretKey { project_id: &self.context.project.id, environment: &self.environment, path: &self.path, name }
    }

    fn view(&self, name: &str, secret: &Secret, value: Option<String>) -> SecretView {
        SecretView {
            workspace: self.context.project.id.clone(),
            environment: self.environment.clone(),
            secret_path: self.path.clone(),
            secret_key: name.to_owned(),
            secret_value: value,
            secret_comment: secret.comment.clone(),
            version: secret.version,
            updated_at: secret.updated_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    workspace: String,
    environment: String,
    secret_path: String,
    secret_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_value: Option<String>,
    secret_comment: String,
    version: u64,
    updated_at: u64,
}

/// `GET /api/v3/secrets/raw/{name}`
#[kms_metric(
    secret_read,
    folder.context,
    environment = folder.environment,
    secret_path = folder.path,
    secret_name = name
)]
pub async fn read(State(app): State<App>, Path(name): Path<String>, folder: Folder) -> Result<Json<Value>, ApiError> {
    app.blocking(move |server| {
        let key = folder.key(&name);
        let secret = server.store.read(|tx| tx.secret(key))?.ok_or_else(|| unknown(&name))?;
        let value = open_secret(server, key, &secret)?;
        Ok(Json(json!({"secret": folder.view(&name, &secret, Some(value))})))
    })
    .await
}

/// `GET /api/v3/secrets/raw`
#[kms_metric(secret_read, folder.context, environment = folder.environment, secret_path = folder.path)]
pub async fn list(State(app): State<App>, folder: Folder) -> Result<Json<Value>, ApiError> {
    app.blocking(move |server| {
        let project_id = &folder.context.project.id;
        let secrets = server.store.read(|tx| tx.secrets_in(project_id, &folder.environment, &folder.path))?;
        let view = |(name, secret): &(String, Secret)| {
            Ok(folder.view(name, secret, Some(open_secret(server, folder.key(name), secret)?)))
        };
        let views = secrets.iter().map(view).collect::<Result<Vec<_>, ApiError>>()?;
        Ok(Json(json!({"secrets": views})))
    })
    .await
}

/// `POST /api/v3/secrets/raw/{name}`
pub async fn create(
    State(app): State<App>,
    Path(name): Path<String>,
    mut folder: Folder,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    check_name(&name)?;
    let value = folder.value.take().ok_or_else(|| ApiError::BadRequest("secretValue is required".to_owned()))?;
    check_value(&value)?;
    app.blocking(move |server| {
        let key = folder.key(&name);
        let secret = Secret {
            version: 1,
            sealed_value: seal_secret(server, key, &value)?,
            comment: folder.comment.clone().unwrap_or_default(),
            created_at: now(),
            updated_at: now(),
        };
        server.store.write(|tx| match tx.secret(key)? {
            Some(_) => Err(ApiError::Conflict(format!("secret {name:?}"))),
            None => Ok(tx.put_secret(key, &secret)?),
        })?;
        Ok((StatusCode::CREATED, Json(json!({"secret": folder.view(&name, &secret, None)}))))
    })
    .await
}

/// `PATCH /api/v3/secrets/raw/{name}`: the value, the comment, or both.
pub async fn update(State(app): State<App>, Path(name): Path<String>, folder: Folder) -> Result<Json<Value>, ApiError> {
    if folder.value.is_none() && folder.comment.is_none() {
        return Err(ApiError::BadRequest("nothing to change: give secretValue or secretComment".to_owned()));
    }
    check_value(folder.value.as_deref().unwrap_or_default())?;
    app.blocking(move |server| {
        let key = folder.key(&name);
        let secret = server.store.write(|tx| {
            let mut secret = tx.secret(key)?.ok_or_else(|| unknown(&name))?;
            if let Some(value) = &folder.value {
                secret.sealed_value = seal_secret(server, key, value)?;
                secret.version += 1;
            }
            secret.comment = folder.comment.clone().unwrap_or(secret.comment);
            secret.updated_at = now();
            tx.put_secret(key, &secret)?;
            Ok::<_, ApiError>(secret)
        })?;
        Ok(Json(json!({"secret": folder.view(&name, &secret, None)})))
    })
    .await
}

/// `DELETE /api/v3/secrets/raw/{name}`
pub async fn delete(State(app): State<App>, Path(name): Path<String>, folder: Folder) -> Result<Json<Value>, ApiError> {
    app.blocking(move |server| {
        let key = folder.key(&name);
        let secret = server.store.write(|tx| {
            let secret = tx.secret(key)?.ok_or_else(|| unknown(&name))?;
            tx.remove_secret(key)?;
            Ok::<_, ApiError>(secret)
        })?;
        Ok(Json(json!({"secret": folder.view(&name, &secret, None)})))
    })
    .await
}

pub fn seal_secret(server: &Server, key: SecretKey<'_>, value: &str) -> Result<String, ApiError> {
    Ok(server.vault.seal(value.as_bytes(), &bound_to(key))?)
}

pub fn open_secret(server: &Server, key: SecretKey<'_>, secret: &Secret) -> Result<String, ApiError> {
    let value = server.vault.open(&secret.sealed_value, &bound_to(key))?;
    String::from_utf8(value).map_err(|error| ApiError::Internal(error.utf8_error().into()))
}

fn bound_to(key: SecretKey<'_>) -> [&str; 5] {
    ["secret", key.project_id, key.environment, key.path, key.name]
}

fn unknown(name: &str) -> ApiError {
    ApiError::NotFound(format!("secret {name:?}"))
}

pub fn check_name(name: &str) -> Result<(), ApiError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.is_empty() || name.len() > 255 || !name.chars().all(allowed) {
        let rule = "a secret's name has 1 to 255 letters, digits, `_`, `-` or `.`";
        return Err(ApiError::BadRequest(rule.to_owned()));
    }
    Ok(())
}

pub fn check_value(value: &str) -> Result<(), ApiError> {
    if value.len() > LONGEST_VALUE {
        return Err(ApiError::BadRequest(format!("secretValue is longer than {LONGEST_VALUE} bytes")));
    }
    Ok(())
}

/// One spelling per folder: `/a/b`, without a slash at the end.
fn normalized(path: &str) -> Result<String, ApiError> {
    let invalid = || ApiError::BadRequest("secretPath is `/` or like `/folder/folder`".to_owned());
    if path == "/" {
        return Ok(path.to_owned());
    }
    let inner = path.strip_prefix('/').ok_or_else(invalid)?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if path.len() > 1024 || inner.split('/').any(|folder| check_name(folder).is_err() || folder.starts_with('.')) {
        return Err(invalid());
    }
    Ok(format!("/{inner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_spelling() {
        assert_eq!(normalized("/").unwrap(), "/");
        assert_eq!(normalized("/a/b/").unwrap(), "/a/b");
        for wrong in ["", "a", "//", "/a//b", "/a/../b", "/a b", "/\u{0}"] {
            assert!(normalized(wrong).is_err(), "{wrong:?}");
        }
    }
}
