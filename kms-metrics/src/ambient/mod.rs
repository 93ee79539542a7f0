//! Who is asking, for what, from where, known to code deep below the handler that nobody passes it to.
//!
//! It travels in OpenTelemetry's own [`Context`](opentelemetry::Context), beside its spans and its baggage, which stay as
//! they are. With the option `ambient` an annotation takes its attribute groups from there:
//!
//! ```
//! # struct Secret;
//! use kms_metrics::kms_metric;
//!
//! #[kms_metric(secret_read, environment = "prod", secret_path = path; ambient)]
//! fn read(path: &str) -> Option<Secret> {
//!     // …
//! #   None
//! }
//! ```
//!
//! and code that has no annotation asks [`Ambient::current`].
//!
//! # How it gets there
//!
//! Behind an HTTP server the layer does it, once for every request:
#![cfg_attr(feature = "http", doc = "[`MetricsLayer`](crate::http::MetricsLayer) for tower,")]
#![cfg_attr(not(feature = "http"), doc = "`http::MetricsLayer` for tower (feature `http`),")]
#![cfg_attr(feature = "actix", doc = "[`Metrics`](crate::http::actix::Metrics) for actix-web.")]
#![cfg_attr(not(feature = "actix"), doc = "`http::actix::Metrics` for actix-web (feature `actix`).")]
//! The client's address and user agent are known from the start; organization, project and actor from when
//! authentication tells them to the request's `Caller`, and code that runs later sees them. A function that runs before
//! that, authentication itself for example, sees nobody. The body of a response is sent after the request is over: a
//! stream that wants its values takes them along, as below.
//!
//! A server of another protocol says it itself, around what it does for a request:
//!
//! ```
//! use kms_metrics::ambient::Ambient;
//! # use kms_metrics::{Actor, Client, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};
//! # struct Session;
//! # impl HasOrganization for Session {
//! #     type Organization<'a> = Organization<'a>;
//! #     fn organization(&self) -> Organization<'_> { Organization { id: "o", name: "o" } }
//! # }
//! # impl HasProject for Session {
//! #     type Project<'a> = Project<'a>;
//! #     fn project(&self) -> Project<'_> { Project { id: "p", name: "p" } }
//! # }
//! # impl HasActor for Session { fn actor(&self) -> Actor<'_> { Actor::default() } }
//! # impl HasClient for Session {
//! #     type Client<'a> = Option<Client<'a>>;
//! #     fn client(&self) -> Option<Client<'_>> { None }
//! # }
//! # struct Request;
//! # async fn locate(_: Request) {}
//!
//! async fn answer(session: &Session, request: Request) {
//!     Ambient::of(session).scope(locate(request)).await
//! }
//!
//! async fn answer_for_another_project(request: Request) {
//!     let project = Project { id: "p-3", name: "payments" };
//!     Ambient::current().with_project(project).scope(locate(request)).await
//! }
//! ```
//!
//! [`sync_scope`](Ambient::sync_scope) is the same for code without futures. There is no guard to hold: one that is held
//! across an `.await` would speak for whatever else runs on its thread in the meantime.
//!
//! # What does not inherit it
//!
//! A [`Context`](opentelemetry::Context) belongs to a future or a call, so whatever continues elsewhere has to take it
//! along: `tokio::spawn`, `spawn_blocking`, `std::thread`, an actor's mailbox. Without that, everything is absent there.
//!
//! ```
//! use kms_metrics::ambient::Ambient;
//! use opentelemetry::context::FutureExt as _;
//! # async fn rotate() {}
//! # fn encrypt() {}
//!
//! # async fn demo() {
//! // With spans and baggage, and what authentication says later (feature `futures` of opentelemetry):
//! tokio::spawn(rotate().with_current_context());
//! // Only what is known about the request, as it is now:
//! tokio::spawn(Ambient::current().scope(rotate()));
//! let ambient = Ambient::current();
//! tokio::task::spawn_blocking(move || ambient.sync_scope(encrypt));
//! # }
//! ```
//!
//! In the opposite direction, work that a request only happens to start, such as a refresh of a shared cache, should not
//! count for it: `Ambient::default().scope(refresh())`.
//!
//! # What it costs
//!
//! Measured on one machine:
//!
//! - While telemetry is off: nothing is copied or attached; a scope is one atomic load.
//! - Per scope: building the `Context`, three allocations, or 100 ns, and a copy of the table of values where the program
//!   keeps some of its own there. The HTTP layers build it twice, for the call and at the first poll, because a span that
//!   is attached around one of the two must stay current in it; with the copy of what the client sent, 200 ns per request.
//! - Per poll: [`Context::attach`](opentelemetry::Context::attach), which allocates nothing: 15 ns.
//! - [`Ambient::current`]: a look-up by type in the `Context`, behind an HTTP layer a short lock, and a reference count; it
//!   copies no text and allocates nothing: 15 to 25 ns.
//! - [`Ambient::of`]: one allocation, and one more per value that it copies. A connection that answers many requests for
//!   one client makes it once and clones it.
//!
//! As OpenTelemetry's `Context` does, a scope panics inside of the closure of
//! [`Context::map_current`](opentelemetry::Context::map_current), where nothing may be attached; [`Ambient::current`]
//! works there too.

pub(crate) mod known;
mod scope;

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;

pub use scope::Scope;
pub(crate) use scope::Source;

use crate::context::{Actor, Client, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};
use crate::value::Text;
use known::{Change, Known};

/// What a required attribute reads while nobody has said it, as the route of a request that matched none.
const UNKNOWN: &str = "unknown";

/// A snapshot of what is known about the request that the current code runs for; see the [module](self).
///
/// As a context it supplies groups that may be absent. A clone is a reference count.
///
/// ```
/// use kms_metrics::ambient::Ambient;
/// use kms_metrics::{Actor, HasActor, HasOrganization};
///
/// fn who() -> String {
///     Ambient::current().actor().identity_name.unwrap_or("nobody").to_owned()
/// }
///
/// assert_eq!(who(), "nobody");
/// assert!(Ambient::current().organization().is_none());
/// # #[cfg(feature = "testing")] {
/// # let _telemetry_is_on = kms_metrics::testing::capture();
/// assert_eq!(Ambient::default().with_actor(Actor::identity("id-7", "ci")).sync_scope(who), "ci");
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Ambient(AmbientOrUnknown);

/// An [`Ambient`] for metrics that require a group: what nobody has said reads `unknown`.
#[derive(Clone, Default)]
pub struct AmbientOrUnknown(Option<Arc<Known>>);

impl Ambient {
    /// What is known now. Without a request around, everything is absent. What is told later is not in it.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(|context| context.get().map(Source::ambient)).unwrap_or_default()
    }

    /// All that a context knows, copied. While telemetry is off, nothing.
    #[must_use]
    pub fn of(context: &(impl HasOrganization + HasProject + HasActor + HasClient + ?Sized)) -> Self {
        if !crate::is_enabled() {
            return Self::default();
        }
        Self::default()
            .with_organization(context.organization())
            .with_project(context.project())
            .with_actor(context.actor())
            .with_client(context.client())
    }

    /// The same with another organization, or `None`. While telemetry is off, as it was.
    #[must_use]
    pub fn with_organization<'a>(self, organization: impl Into<Option<Organization<'a>>>) -> Self {
        self.with(|| known::set_organization(organization.into()))
    }

    /// The same with another project, or `None`. While telemetry is off, as it was.
    #[must_use]
    pub fn with_project<'a>(self, project: impl Into<Option<Project<'a>>>) -> Self {
        self.with(|| known::set_project(project.into()))
    }

    /// The same with another actor; what the new one leaves out is absent. While telemetry is off, as it was.
    #[must_use]
    pub fn with_actor(self, actor: Actor<'_>) -> Self {
        self.with(|| known::set_actor(actor))
    }

    /// The same with another client, or `None`. While telemetry is off, as it was.
    #[must_use]
    pub fn with_client<'a>(self, client: impl Into<Option<Client<'a>>>) -> Self {
        self.with(|| known::set_client(client.into()))
    }

    /// As a context for metrics that require an organization, a project or a client: what nobody has said reads
    /// `unknown`, as the route of a request that matched none. An actor is absent all the same, since no metric requires
    /// one.
    #[must_use]
    pub const fn or_unknown(&self) -> &AmbientOrUnknown {
        &self.0
    }

    fn with<C: Change>(mut self, change: impl FnOnce() -> C) -> Self {
        if crate::is_enabled() {
            self.change(change());
        }
        self
    }

    /// Snapshots that were taken before keep what they have.
    pub(crate) fn change(&mut self, change: impl Change) {
        change(Arc::make_mut(self.0.0.get_or_insert_default()));
    }

    pub(crate) fn known(&self) -> Option<&Known> {
        self.0.0.as_deref()
    }
}

impl HasOrganization for Ambient {
    type Organization<'a> = Option<Organization<'a>>;
    fn organization(&self) -> Option<Organization<'_>> {
        self.known()?.organization()
    }
}

impl HasProject for Ambient {
    type Project<'a> = Option<Project<'a>>;
    fn project(&self) -> Option<Project<'_>> {
        self.known()?.project()
    }
}

impl HasActor for Ambient {
    fn actor(&self) -> Actor<'_> {
        self.known().map(Known::actor).unwrap_or_default()
    }
}

/// Absent where neither the address nor the user agent is known. A user agent alone comes with the address `unknown`.
impl HasClient for Ambient {
    type Client<'a> = Option<Client<'a>>;
    fn client(&self) -> Option<Client<'_>> {
        let known = self.known()?;
        (known.client_address.is_some() || known.user_agent.is_some()).then(|| self.0.client())
    }
}

impl HasOrganization for AmbientOrUnknown {
    type Organization<'a> = Organization<'a>;
    fn organization(&self) -> Organization<'_> {
        let organization = self.0.as_ref().and_then(|known| known.organization());
        organization.unwrap_or(Organization { id: UNKNOWN, name: UNKNOWN })
    }
}

impl HasProject for AmbientOrUnknown {
    type Project<'a> = Project<'a>;
    fn project(&self) -> Project<'_> {
        let project = self.0.as_ref().and_then(|known| known.project());
        project.unwrap_or(Project { id: UNKNOWN, name: UNKNOWN })
    }
}

impl HasActor for AmbientOrUnknown {
    fn actor(&self) -> Actor<'_> {
        self.0.as_ref().map(|known| known.actor()).unwrap_or_default()
    }
}

impl HasClient for AmbientOrUnknown {
    type Client<'a> = Client<'a>;
    fn client(&self) -> Client<'_> {
        let address = self.0.as_ref().and_then(|known| known.client_address.as_deref());
        let user_agent = self.0.as_ref().and_then(|known| known.user_agent.as_deref());
        Client { address: Text::borrowed(address.unwrap_or(UNKNOWN)), user_agent }
    }
}

/// Without the values: they are personal.
impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ambient").finish_non_exhaustive()
    }
}

/// Without the values: they are personal.
impl fmt::Debug for AmbientOrUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmbientOrUnknown").finish_non_exhaustive()
    }
}
