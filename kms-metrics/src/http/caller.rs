//! The slot through which code inside the layer tells it who is asking.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::route::Route;
use crate::ambient::Ambient;
use crate::ambient::known::{self, Change};
use crate::context::{Actor, HasActor, HasOrganization, Organization, Project};
use crate::value::Text;

/// Who is asking, told to the [`MetricsLayer`](super::MetricsLayer), or to actix-web's middleware, by the code that finds
/// out.
///
/// The layer puts one into the extensions of every request; authentication further in gets it from there and fills it.
/// Clones are the same slot. The values are copied, and the last one of each kind wins, until the head of the response
/// is ready; what is said later the layer does not record. A request that nobody identifies has no such attributes.
///
/// Functions deep below the handler that get neither it nor a context find what it was told as the
/// [ambient](crate::ambient) one.
///
/// ```
/// # #[cfg(feature = "http")]
/// # mod demo {
/// use kms_metrics::http::Caller;
/// use kms_metrics::{Actor, Organization, Project};
///
/// fn authenticated<B>(request: &http::Request<B>) {
///     if let Some(caller) = request.extensions().get::<Caller>() {
///         caller.organization(Organization { id: "org-1", name: "Acme" });
///         caller.actor(Actor::identity("id-7", "ci"));
///         caller.auth_method("universal-auth");
///         caller.project(Project { id: "p-3", name: "payments" });
///     }
/// }
/// # }
/// ```
///
/// With telemetry off there is none in the extensions. With the features `axum` and `actix` it is an extractor too that
/// never rejects: without a layer around, or with telemetry off, the handler gets a [detached](Self::detached) one.
///
/// Each method costs an allocation per value and a short, uncontended lock; on a detached slot nothing.
#[derive(Clone)]
pub struct Caller(Option<Arc<Mutex<Details>>>);

/// What has been told so far, and what the layer has seen of the client. A clone copies no text.
#[derive(Clone, Default)]
pub(super) struct Details {
    pub(super) ambient: Ambient,
    pub(super) auth_method: Option<Arc<str>>,
    pub(super) route: Option<Route>,
}

impl Caller {
    /// A slot that nothing is read from: for code that needs one where there is no layer.
    #[must_use]
    pub const fn detached() -> Self {
        Self(None)
    }

    /// A slot that a layer reads, for a request from this client; `user_agent` as the header came.
    pub(super) fn attached(client_address: Option<IpAddr>, user_agent: Option<&[u8]>) -> Self {
        let mut ambient = Ambient::default();
        ambient.change(|known| {
            known.client_address = client_address.map(Text::from);
            known.user_agent = user_agent.map(|header| String::from_utf8_lossy(header).into());
        });
        Self(Some(Arc::new(Mutex::new(Details { ambient, ..Details::default() }))))
    }

    /// Whether a layer reads it.
    pub(super) const fn is_attached(&self) -> bool {
        self.0.is_some()
    }

    /// The organization and the actor of a context: usually all that authentication has to say. Both are replaced,
    /// also by nobody.
    pub fn identify(&self, context: &(impl HasOrganization + HasActor + ?Sized)) {
        if self.is_attached() {
            self.organization(context.organization());
            self.actor(context.actor());
        }
    }

    /// `kms.organization.id` and `kms.organization.name`; `None` takes them back.
    pub fn organization<'a>(&self, organization: impl Into<Option<Organization<'a>>>) {
        self.tell_ambient(|| known::set_organization(organization.into()));
    }

    /// `kms.project.id` and `kms.project.name`; `None` takes them back.
    pub fn project<'a>(&self, project: impl Into<Option<Project<'a>>>) {
        self.tell_ambient(|| known::set_project(project.into()));
    }

    /// `kms.user.*` and `kms.identity.*`; those that the actor leaves out are taken back.
    pub fn actor(&self, actor: Actor<'_>) {
        self.tell_ambient(|| known::set_actor(actor));
    }

    /// `kms.auth.method`, `universal-auth` for example: from a closed set, as every value becomes series.
    pub fn auth_method(&self, method: &str) {
        self.tell(|| {
            let method = method.into();
            move |details| details.auth_method = Some(method)
        });
    }

    /// `http.route`, for a router that runs inside the layer: wins over what the layer saw itself.
    pub fn route(&self, route: impl Into<Route>) {
        self.tell(|| {
            let route = Some(route.into()).filter(|route| !route.as_str().is_empty());
            move |details| details.route = route
        });
    }

    /// Everything that has been told until now.
    pub(super) fn told(&self) -> Details {
        self.0.as_deref().map(|details| lock(details).clone()).unwrap_or_default()
    }

    /// The part of it that functions deep below the handler see.
    pub(crate) fn ambient(&self) -> Ambient {
        self.0.as_deref().map(|details| lock(details).ambient.clone()).unwrap_or_default()
    }

    fn tell_ambient<C: Change>(&self, prepare: impl FnOnce() -> C) {
        self.tell(|| {
            let change = prepare();
            move |details| details.ambient.change(change)
        });
    }

    /// `prepare` copies the values before the lock is taken, and only if somebody will read them; under the lock they
    /// are moved, beside those that a snapshot still holds.
    fn tell<F: FnOnce(&mut Details)>(&self, prepare: impl FnOnce() -> F) {
        if let Some(details) = self.0.as_deref() {
            let change = prepare();
            change(&mut lock(details));
        }
    }
}

/// A poisoned lock is as good as any: nothing under it can be half done.
fn lock(details: &Mutex<Details>) -> std::sync::MutexGuard<'_, Details> {
    details.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Without the values: they are personal, and extensions get logged.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("attached", &self.is_attached()).finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::detached()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_wins_and_a_clone_is_the_same_slot() {
        let caller = Caller::attached(None, None);
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        caller.auth_method("email");
        caller.clone().actor(Actor::identity("i-1", "ci"));
        let details = caller.told();
        assert_eq!(details.ambient.actor(), Actor::identity("i-1", "ci"));
        assert_eq!(details.auth_method.as_deref(), Some("email"));
    }

    #[test]
    fn a_poisoned_slot_still_tells() {
        let caller = Caller::attached(None, None);
        let slot = caller.0.clone().unwrap();
        let poisoned = std::thread::spawn(move || {
            let _held = slot.lock().unwrap();
            panic!("while it is held");
        });
        assert!(poisoned.join().is_err());
        caller.auth_method("oidc");
        assert_eq!(caller.told().auth_method.as_deref(), Some("oidc"));
    }

    #[test]
    fn a_detached_slot_takes_everything_and_says_nothing() {
        let caller = Caller::detached();
        caller.auth_method("oidc");
        caller.route("/api");
        assert!(caller.told().auth_method.is_none());
        assert!(caller.told().route.is_none());
    }

    #[test]
    fn a_slot_prints_no_values() {
        let caller = Caller::attached(None, None);
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        assert_eq!(format!("{caller:?}"), "Caller { attached: true, .. }");
    }
}
