//! One request and what came of it, from the call of the layer until the head of the response.

use std::borrow::Cow;
use std::time::Instant;

use super::caller::Caller;
use super::protocol::{self, Scheme};
use super::route::Route;
use super::watch::Observation;
use crate::ambient::Source;
use crate::context::{Actor, HasActor, HasOrganization, HasProject};
use crate::outcome::Verdict;
use crate::records::{HttpRequest, HttpServerRequest};

/// What is kept of a request while the inner service has it. `K` is the part that has the framework's types.
pub(super) struct Exchange<K: Kept> {
    pub(super) started: Instant,
    pub(super) method: &'static str,
    pub(super) scheme: Scheme,
    pub(super) version: Option<&'static str>,
    pub(super) caller: Caller,
    pub(super) kept: K,
}

/// What is shared with the request, not copied, and looked at when it is over.
pub(super) trait Kept {
    /// The template that the framework matched; not empty.
    fn route(&self) -> Option<Cow<'_, str>>;
}

impl<K: Kept> Exchange<K> {
    /// What functions deep below the handler know about the request.
    pub(super) fn ambient(&self) -> Source {
        Source::Told(self.caller.clone())
    }

    /// The inner service answered.
    pub(super) fn answered(self, status: u16) {
        // The conventions count as a server's error what the server did wrong, so 4xx has no `error.type` there.
        let conventional = match protocol::status_error_type(status) {
            Some(code) if status >= 500 => Verdict::failure(code),
            _ => Verdict::success(),
        };
        self.record(Verdict::from_http_status(status), conventional.with_status_code(status));
    }

    fn record(self, verdict: Verdict, conventional: Verdict) {
        let duration = self.started.elapsed();
        let told = self.caller.told();
        let route = told.route.as_ref().map(Route::as_str).map(Cow::Borrowed).or_else(|| self.kept.route());
        let (organization, project) = (told.ambient.organization(), told.ambient.project());
        let Actor { user_id, user_email, identity_id, identity_name } = told.ambient.actor();
        HttpRequest {
            http_request_method: self.method,
            http_route: route.as_deref().unwrap_or("unknown"),
            organization_id: organization.map(|organization| organization.id),
            organization_name: organization.map(|organization| organization.name),
            project_id: project.map(|project| project.id),
            project_name: project.map(|project| project.name),
            user_id,
            user_email,
            identity_id,
            identity_name,
            auth_method: told.auth_method.as_deref(),
            user_agent_original: told.ambient.known().and_then(|known| known.user_agent.as_deref()),
            client_address: told.ambient.known().and_then(|known| known.client_address.as_deref()),
        }
        .record(verdict, duration);
        HttpServerRequest {
            http_request_method: self.method,
            url_scheme: self.scheme.as_str(),
            http_route: route.as_deref(),
            network_protocol_version: self.version,
        }
        .record(conventional, duration);
    }
}

impl<K: Kept> Observation for Exchange<K> {
    fn cancelled(self) {
        self.record(Verdict::cancelled().with_status_code(499), Verdict::cancelled());
    }

    fn panicked(self) {
        let panicked = Verdict::panicked().with_status_code(500);
        self.record(panicked.with_error_type("server_error"), panicked.with_error_type("500"));
    }
}
