//! Who is asking, for what, from where: the attribute groups that a request's own type supplies.
//!
//! A handler usually has one argument that knows the organization, the project, the actor and the client. Implement
//! the traits of the groups that it knows, once, and name it as the second argument of an annotation:
//!
//! ```
//! use kms_metrics::{Actor, HasActor, HasOrganization, Organization};
//!
//! struct AuthContext {
//!     organization_id: String,
//!     organization_name: String,
//!     user_id: Option<String>,
//! }
//!
//! impl HasOrganization for AuthContext {
//!     type Organization<'a> = Organization<'a>;
//!     fn organization(&self) -> Organization<'_> {
//!         Organization { id: &self.organization_id, name: &self.organization_name }
//!     }
//! }
//!
//! impl HasActor for AuthContext {
//!     fn actor(&self) -> Actor<'_> {
//!         Actor { user_id: self.user_id.as_deref(), ..Actor::default() }
//!     }
//! }
//! ```
//!
//! A group that a metric requires must be definite: a context whose organization may be absent says
//! `type Organization<'a> = Option<Organization<'a>>` and serves the metrics that allow absence (`auth_attempt`,
//! `http_request`), while `secret_read` rejects it when it compiles.

use std::rc::Rc;
use std::sync::Arc;

use crate::value::Text;

/// `kms.organization.id` and `kms.organization.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Organization<'a> {
    /// `kms.organization.id`.
    pub id: &'a str,
    /// `kms.organization.name`.
    pub name: &'a str,
}

/// `kms.project.id` and `kms.project.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Project<'a> {
    /// `kms.project.id`; `projectId` in the sync counters.
    pub id: &'a str,
    /// `kms.project.name`.
    pub name: &'a str,
}

/// A person or a machine identity: `kms.user.*` or `kms.identity.*`. All absent means that nobody has been
/// identified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actor<'a> {
    /// `kms.user.id`.
    pub user_id: Option<&'a str>,
    /// `kms.user.email`.
    pub user_email: Option<&'a str>,
    /// `kms.identity.id`.
    pub identity_id: Option<&'a str>,
    /// `kms.identity.name`.
    pub identity_name: Option<&'a str>,
}

impl<'a> Actor<'a> {
    /// A person.
    #[must_use]
    pub const fn user(id: &'a str, email: &'a str) -> Self {
        Self { user_id: Some(id), user_email: Some(email), identity_id: None, identity_name: None }
    }

    /// A machine identity.
    #[must_use]
    pub const fn identity(id: &'a str, name: &'a str) -> Self {
        Self { user_id: None, user_email: None, identity_id: Some(id), identity_name: Some(name) }
    }
}

/// `client.address` and `user_agent.original`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client<'a> {
    /// `client.address`: the peer's address without its port; `peer.ip().into()`.
    pub address: Text<'a>,
    /// `user_agent.original`.
    pub user_agent: Option<&'a str>,
}

/// A context that knows the organization.
#[diagnostic::on_unimplemented(
    message = "the context `{Self}` does not supply the `Organization` attributes",
    label = "this metric has `kms.organization.id` and `kms.organization.name`",
    note = "implement `kms_metrics::HasOrganization` for `{Self}`, or give the values: `organization_id = …`, `organization_name = …`"
)]
pub trait HasOrganization {
    /// `Organization<'a>` where every value has one, `Option<Organization<'a>>` where it may be absent.
    type Organization<'a>: Into<Option<Organization<'a>>>
    where
        Self: 'a;

    /// The organization.
    fn organization(&self) -> Self::Organization<'_>;
}

/// A context that knows the project.
#[diagnostic::on_unimplemented(
    message = "the context `{Self}` does not supply the `Project` attributes",
    label = "this metric has `kms.project.id`",
    note = "implement `kms_metrics::HasProject` for `{Self}`, or give the values: `project_id = …`, `project_name = …`"
)]
pub trait HasProject {
    /// `Project<'a>` where every value has one, `Option<Project<'a>>` where it may be absent.
    type Project<'a>: Into<Option<Project<'a>>>
    where
        Self: 'a;

    /// The project.
    fn project(&self) -> Self::Project<'_>;
}

/// A context that knows who is asking.
#[diagnostic::on_unimplemented(
    message = "the context `{Self}` does not supply the `Actor` attributes",
    label = "this metric has `kms.user.*` or `kms.identity.*`",
    note = "implement `kms_metrics::HasActor` for `{Self}` (`Actor::default()` where nobody is identified), or give the values: `user_id = …`, `user_email = …`, `identity_id = …`, `identity_name = …`"
)]
pub trait HasActor {
    /// Who is asking.
    fn actor(&self) -> Actor<'_>;
}

/// A context that knows where the call came from.
#[diagnostic::on_unimplemented(
    message = "the context `{Self}` does not supply the `Client` attributes",
    label = "this metric has `client.address` and `user_agent.original`",
    note = "implement `kms_metrics::HasClient` for `{Self}` (`type Client<'a> = Option<Client<'a>>`, returning `None`, where it has no client), or give the values: `client_address = …`, `user_agent_original = …`"
)]
pub trait HasClient {
    /// `Client<'a>` where every value has one, `Option<Client<'a>>` where it may be absent.
    type Client<'a>: Into<Option<Client<'a>>>
    where
        Self: 'a;

    /// The client.
    fn client(&self) -> Self::Client<'_>;
}

/// A group that is present for certain, as a required attribute demands.
#[diagnostic::on_unimplemented(
    message = "a required attribute would come from a context that may be without it: found `{Self}`",
    label = "this context may be without it",
    note = "make the group definite in the implementation for the context (`type Project<'a> = Project<'a>`), or give the values in the annotation"
)]
pub trait Definite<Group> {
    /// The group.
    fn definite(self) -> Group;
}

impl<'a> Definite<Organization<'a>> for Organization<'a> {
    fn definite(self) -> Self {
        self
    }
}

impl<'a> Definite<Project<'a>> for Project<'a> {
    fn definite(self) -> Self {
        self
    }
}

impl<'a> Definite<Client<'a>> for Client<'a> {
    fn definite(self) -> Self {
        self
    }
}

// A context that may be absent supplies groups that may be.

impl<T: HasOrganization> HasOrganization for Option<T> {
    type Organization<'a>
        = Option<Organization<'a>>
    where
        Self: 'a;
    fn organization(&self) -> Option<Organization<'_>> {
        self.as_ref().and_then(|context| context.organization().into())
    }
}

impl<T: HasProject> HasProject for Option<T> {
    type Project<'a>
        = Option<Project<'a>>
    where
        Self: 'a;
    fn project(&self) -> Option<Project<'_>> {
        self.as_ref().and_then(|context| context.project().into())
    }
}

impl<T: HasActor> HasActor for Option<T> {
    fn actor(&self) -> Actor<'_> {
        self.as_ref().map(HasActor::actor).unwrap_or_default()
    }
}

impl<T: HasClient> HasClient for Option<T> {
    type Client<'a>
        = Option<Client<'a>>
    where
        Self: 'a;
    fn client(&self) -> Option<Client<'_>> {
        self.as_ref().and_then(|context| context.client().into())
    }
}

/// A pointer to a context supplies what the context supplies.
macro_rules! forward_through {
    ($($(#[$attribute:meta])* [$($generic:tt)*] $pointer:ty),* $(,)?) => {$(
        $(#[$attribute])*
        impl<$($generic)*> HasOrganization for $pointer
        where
            T: HasOrganization,
        {
            type Organization<'a> = T::Organization<'a> where Self: 'a;
            fn organization(&self) -> Self::Organization<'_> {
                T::organization(self)
            }
        }

        $(#[$attribute])*
        impl<$($generic)*> HasProject for $pointer
        where
            T: HasProject,
        {
            type Project<'a> = T::Project<'a> where Self: 'a;
            fn project(&self) -> Self::Project<'_> {
                T::project(self)
            }
        }

        $(#[$attribute])*
        impl<$($generic)*> HasActor for $pointer
        where
            T: HasActor,
        {
            fn actor(&self) -> Actor<'_> {
                T::actor(self)
            }
        }

        $(#[$attribute])*
        impl<$($generic)*> HasClient for $pointer
        where
            T: HasClient,
        {
            type Client<'a> = T::Client<'a> where Self: 'a;
            fn client(&self) -> Self::Client<'_> {
                T::client(self)
            }
        }
    )*};
}

forward_through! {
    [T: ?Sized] &T,
    [T: ?Sized] &mut T,
    [T: ?Sized] Box<T>,
    [T: ?Sized] Rc<T>,
    [T: ?Sized] Arc<T>,
    #[cfg(feature = "axum")]
    [T] axum::Extension<T>,
    #[cfg(feature = "actix")]
    [T: ?Sized] actix_web::web::Data<T>,
    #[cfg(feature = "actix")]
    [T: Clone + 'static] actix_web::web::ReqData<T>,
}
