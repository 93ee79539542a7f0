//! Who is asking, from where, and about which project: what the handlers take as arguments and what the metrics take
//! their attributes from.

use std::net::{IpAddr, SocketAddr};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use kms_metrics::http::Caller;
use kms_metrics::{Client, HasActor, HasClient, HasOrganization, HasProject};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::model::{Account, Actor, AuthMethod, Project};
use crate::store::PROJECTS;

/// Where a request came from, before anybody is identified.
#[derive(Clone)]
pub struct Peer {
    address: IpAddr,
    user_agent: Option<String>,
    /// How the metrics layer learns who is asking.
    caller: Caller,
}

impl Peer {
    fn of(parts: &Parts) -> Result<Self, ApiError> {
        let ConnectInfo(address) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or_else(|| ApiError::Internal("the server was started without ConnectInfo".into()))?;
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address: address.ip(),
            user_agent: user_agent.map(str::to_owned),
            caller: parts.extensions.get().cloned().unwrap_or(Caller::detached()),
        })
    }

    /// Tells the metrics layer who has been authenticated, and how.
    pub fn identify(&self, account: &Account, method: AuthMethod) {
        self.caller.identify(account);
        self.caller.auth_method(method.as_str());
    }
}

impl FromRequestParts<App> for Peer {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        Self::of(parts)
    }
}

impl HasClient for Peer {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        Client { address: self.address.into(), user_agent: self.user_agent.as_deref() }
    }
}

/// Nobody yet. A login says afterwards whom it has found, see [`auth`].
impl HasOrganization for Peer {
    type Organization<'a> = Option<kms_metrics::Organization<'a>>;
    fn organization(&self) -> Self::Organization<'_> {
        None
    }
}

impl HasActor for Peer {
    fn actor(&self) -> kms_metrics::Actor<'_> {
        kms_metrics::Actor::default()
    }
}

impl HasOrganization for Account {
    type Organization<'a> = kms_metrics::Organization<'a>;
    fn organization(&self) -> Self::Organization<'_> {
        kms_metrics::Organization { id: &self.organization.id, name: &self.organization.name }
    }
}

impl HasActor for Account {
    fn actor(&self) -> kms_metrics::Actor<'_> {
        match &self.actor {
            Actor::Person { id, email } => kms_metrics::Actor::user(id, email),
            Actor::Machine { id, name, .. } => kms_metrics::Actor::identity(id, name),
        }
    }
}

/// Somebody with a valid access token.
pub struct AuthContext {
    pub account: Account,
    pub peer: Peer,
}

impl FromRequestParts<App> for AuthContext {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = Peer::of(parts)?;
        // No token at all is a request that nobody tried to authenticate, not a failed attempt.
        let missing = ApiError::Unauthorized {
            reason: "missing_token",
            message: "an access token is required: `Authorization: Bearer …`",
        };
        let header = parts.headers.get(AUTHORIZATION).ok_or(missing)?;
        let token = header.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().trim();
        let (account, method) = auth::verify_token(app, &peer, token).await?;
        peer.identify(&account, method);
        Ok(Self { account, peer })
    }
}

/// Somebody who has access to this project; the project is the one in the database, not what the request called it.
pub struct ProjectContext {
    pub auth: AuthContext,
    pub project: Project,
}

impl ProjectContext {
    /// The project, and the environment if one is meant. What belongs to another organization does not exist.
    pub async fn resolve(
        app: &App,
        auth: AuthContext,
        project_id: String,
        environment: Option<&str>,
    ) -> Result<Self, ApiError> {
        let unknown = ApiError::NotFound(format!("project {project_id:?}"));
        let wanted = project_id.clone();
        let found = app.blocking(move |server| {
            Ok::<Option<Project>, ApiError>(server.store.read(|tx| tx.get(PROJECTS, wanted.as_str()))?)
        });
        let found = found.await?.filter(|project| project.organization_id == auth.account.organization.id);
        let project = found.ok_or(unknown)?;
        let grant = auth.account.grants.iter().find(|grant| grant.project_id == project.id);
        let grant = grant.ok_or_else(|| ApiError::Forbidden(format!("project {project_id:?}")))?;
        if let Some(environment) = environment {
            if !project.environments.iter().any(|known| known == environment) {
                return Err(ApiError::NotFound(format!("environment {environment:?}")));
            }
            if !grant.environments.iter().any(|granted| granted == environment) {
                return Err(ApiError::Forbidden(format!("environment {environment:?}")));
            }
        }
        let context = Self { auth, project };
        context.auth.peer.caller.project(context.project());
        Ok(context)
    }
}

impl HasOrganization for ProjectContext {
    type Organization<'a> = kms_metrics::Organization<'a>;
    fn organization(&self) -> Self::Organization<'_> {
        self.auth.account.organization()
    }
}

impl HasProject for ProjectContext {
    type Project<'a> = kms_metrics::Project<'a>;
    fn project(&self) -> Self::Project<'_> {
        kms_metrics::Project { id: &self.project.id, name: &self.project.name }
    }
}

impl HasActor for ProjectContext {
    fn actor(&self) -> kms_metrics::Actor<'_> {
        self.auth.account.actor()
    }
}

impl HasClient for ProjectContext {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        self.auth.peer.client()
    }
}

/// A JSON body, whatever its content type; what is wrong with it is answered as JSON too.
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for ApiJson<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let body = body(request, app).await?;
        parse_json(&body).map(Self)
    }
}

pub async fn body(request: Request, app: &App) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, app).await.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))
}

pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::BadRequest(format!("the body is not as expected: {error}")))
}
