//! What the tests share: a request's context, an error, and a runtime-free way to poll.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::task::{Context, Poll, Waker};

use kms_metrics::catalogue::{Instrument, Kind};
use kms_metrics::testing::Point;
use kms_metrics::{Actor, Client, ErrorType, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};

/// A request that is authenticated and belongs to a project.
#[derive(Clone, Debug)]
pub struct AuthContext {
    /// `kms.organization.id`
    pub organization_id: String,
    /// `kms.project.id`
    pub project_id: String,
    /// `kms.user.id`
    pub user_id: Option<String>,
    /// `kms.identity.id`
    pub identity_id: Option<String>,
    /// `client.address`
    pub peer: IpAddr,
}

/// A person's request.
#[must_use]
pub fn person() -> AuthContext {
    AuthContext {
        organization_id: "org-1".into(),
        project_id: "project-1".into(),
        user_id: Some("user-1".into()),
        identity_id: None,
        peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    }
}

/// A machine's request.
#[must_use]
pub fn machine() -> AuthContext {
    AuthContext { user_id: None, identity_id: Some("identity-1".into()), ..person() }
}

impl HasOrganization for AuthContext {
    type Organization<'a> = Organization<'a>;
    fn organization(&self) -> Organization<'_> {
        Organization { id: &self.organization_id, name: "Platform Engineering" }
    }
}

impl HasProject for AuthContext {
    type Project<'a> = Project<'a>;
    fn project(&self) -> Project<'_> {
        Project { id: &self.project_id, name: "payments" }
    }
}

impl HasActor for AuthContext {
    fn actor(&self) -> Actor<'_> {
        match (&self.user_id, &self.identity_id) {
            (Some(id), _) => Actor::user(id, "jane.doe@example.com"),
            (None, Some(id)) => Actor::identity(id, "prod-k8s-operator"),
            (None, None) => Actor::default(),
        }
    }
}

impl HasClient for AuthContext {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        Client { address: self.peer.into(), user_agent: Some("kms-cli/1.0") }
    }
}

/// An error with a class, a short name and a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// There is no such thing.
    NotFound,
    /// The remote did not answer as expected.
    Remote(u16),
}

impl ErrorType for ApiError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Remote(_) => "remote_error",
        }
    }

    fn error_name(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => None,
            Self::Remote(_) => Some("RemoteRefused"),
        }
    }

    fn status_code(&self) -> Option<u16> {
        match *self {
            Self::NotFound => Some(404),
            Self::Remote(status) => Some(status),
        }
    }
}

/// Polls a future that is ready at once.
///
/// # Panics
///
/// When it is not.
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// Polls a future once and drops it before it is ready.
///
/// # Panics
///
/// When it is ready.
pub fn cancel<F: Future>(future: F) {
    let mut future = std::pin::pin!(future);
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending(), "the future is ready");
}

/// Attributes as a point has them.
#[must_use]
pub fn attributes<const N: usize>(expected: [(&str, &str); N]) -> BTreeMap<String, String> {
    expected.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// An attribute of a point; empty where there is none.
#[must_use]
pub fn only(point: &Point, key: &str) -> String {
    point.attributes.get(key).cloned().unwrap_or_default()
}

/// `kms.secret.read.count` as Prometheus sees it.
#[must_use]
pub fn prometheus_name(instrument: &Instrument) -> String {
    let name = instrument.name.replace('.', "_");
    let unit = match instrument.unit {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => "",
    };
    let total = if instrument.kind == Kind::Counter { "_total" } else { "" };
    format!("{name}{unit}{total}")
}
