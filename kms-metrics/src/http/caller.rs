//! The slot through which code inside the layer tells it who is asking.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::route::Route;
use crate::context::{Actor, HasActor, HasOrganization, Organization, Project};

/// Who is asking, told to the [`MetricsLayer`](super::MetricsLayer), or to actix-web's middleware, by the code that finds
/// out.
///
/// The layer puts one into the extensions of every request; authentication further in gets it from there and fills it.
/// Clones are the same slot. The values are copied, and the last one of each kind wins, until the head of the response
/// is ready; what is said later is lost. A request that nobody identifies has no such attributes.
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

/// What has been told so far.
#[derive(Default)]
pub(super) struct Details {
    pub(super) organization: Option<Named>,
    pub(super) project: Option<Named>,
    pub(super) user_id: Option<Box<str>>,
    pub(super) user_email: Option<Box<str>>,
    pub(super) identity_id: Option<Box<str>>,
    pub(super) identity_name: Option<Box<str>>,
    pub(super) auth_method: Option<Box<str>>,
    pub(super) route: Option<Route>,
}

/// An id and the name that goes with it.
pub(super) struct Named {
    pub(super) id: Box<str>,
    pub(super) name: Box<str>,
}

impl Caller {
    /// A slot that nothing is read from: for code that needs one where there is no layer.
    #[must_use]
    pub const fn detached() -> Self {
        Self(None)
    }

    /// A slot that a layer reads.
    pub(super) fn attached() -> Self {
        Self(Some(Arc::default()))
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
        self.tell(|| {
            let organization = organization.into().map(|Organization { id, name }| Named::copied(id, name));
            move |details| details.organization = organization
        });
    }

    /// `kms.project.id` and `kms.project.name`; `None` takes them back.
    pub fn project<'a>(&self, project: impl Into<Option<Project<'a>>>) {
        self.tell(|| {
            let project = project.into().map(|Project { id, name }| Named::copied(id, name));
            move |details| details.project = project
        });
    }

    /// `kms.user.*` and `kms.identity.*`; those that the actor leaves out are taken back.
    pub fn actor(&self, actor: Actor<'_>) {
        self.tell(|| {
            let [user_id, user_email, identity_id, identity_name] =
                [actor.user_id, actor.user_email, actor.identity_id, actor.identity_name]
                    .map(|value| value.map(Box::from));
            move |details| {
                details.user_id = user_id;
                details.user_email = user_email;
                details.identity_id = identity_id;
                details.identity_name = identity_name;
            }
        });
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

    /// Everything that has been told, taken out: the slot is empty afterwards.
    pub(super) fn take(&self) -> Details {
        self.0.as_deref().map(|details| std::mem::take(&mut *lock(details))).unwrap_or_default()
    }

    /// `prepare` copies the values before the lock is taken, and only if somebody will read them; under the lock they
    /// are moved and nothing else happens.
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

impl Named {
    fn copied(id: &str, name: &str) -> Self {
        Self { id: id.into(), name: name.into() }
    }
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
        let caller = Caller::attached();
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        caller.auth_method("email");
        caller.clone().actor(Actor::identity("i-1", "ci"));
        let details = caller.take();
        assert_eq!(details.user_id, None);
        assert_eq!(details.user_email, None);
        assert_eq!(details.identity_id.as_deref(), Some("i-1"));
        assert_eq!(details.identity_name.as_deref(), Some("ci"));
        assert_eq!(details.auth_method.as_deref(), Some("email"));
    }

    #[test]
    fn a_poisoned_slot_still_tells() {
        let caller = Caller::attached();
        let slot = caller.0.clone().unwrap();
        let poisoned = std::thread::spawn(move || {
            let _held = slot.lock().unwrap();
            panic!("while it is held");
        });
        assert!(poisoned.join().is_err());
        caller.auth_method("oidc");
        assert_eq!(caller.take().auth_method.as_deref(), Some("oidc"));
    }

    #[test]
    fn a_detached_slot_takes_everything_and_says_nothing() {
        let caller = Caller::detached();
        caller.auth_method("oidc");
        caller.route("/api");
        assert!(caller.take().auth_method.is_none());
        assert!(caller.take().route.is_none());
    }

    #[test]
    fn a_slot_prints_no_values() {
        let caller = Caller::attached();
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        assert_eq!(format!("{caller:?}"), "Caller { attached: true, .. }");
    }
}
