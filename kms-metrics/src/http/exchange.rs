//! One request and what came of it, from the call of the layer until the head of the response.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

use super::caller::Caller;
use super::protocol::{self, Scheme};
use super::route::Route;
use super::watch::Observation;
use crate::outcome::Verdict;
use crate::records::{HttpRequest, HttpServerRequest};
use crate::value::Text;

/// What is kept of a request while the inner service has it. `K` is the part that has the framework's types.
pub(super) struct Exchange<K: Kept> {
    pub(super) started: Instant,
    pub(super) method: &'static str,
    pub(super) scheme: Scheme,
    pub(super) version: Option<&'static str>,
    pub(super) client_address: Option<IpAddr>,
    pub(super) caller: Caller,
    pub(super) kept: K,
}

/// What is shared with the request, not copied, and looked at when it is over.
pub(super) trait Kept {
    /// The template that the framework matched; not empty.
    fn route(&self) -> Option<Cow<'_, str>>;
    /// The header as it came; not empty.
    fn user_agent(&self) -> Option<&[u8]>;
}

impl<K: Kept> Exchange<K> {
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
        let told = self.caller.take();
        let route = told.route.as_ref().map(Route::as_str).map(Cow::Borrowed).or_else(|| self.kept.route());
        let client_address = self.client_address.map(Text::from);
        let user_agent = self.kept.user_agent().map(String::from_utf8_lossy);
        HttpRequest {
            http_request_method: self.method,
            http_route: route.as_deref().unwrap_or("unknown"),
            organization_id: told.organization.as_ref().map(|organization| &*organization.id),
            organization_name: told.organization.as_ref().map(|organization| &*organization.name),
            project_id: told.project.as_ref().map(|project| &*project.id),
            project_name: told.project.as_ref().map(|project| &*project.name),
            user_id: told.user_id.as_deref(),
            user_email: told.user_email.as_deref(),
            identity_id: told.identity_id.as_deref(),
            identity_name: told.identity_name.as_deref(),
            auth_method: told.auth_method.as_deref(),
            user_agent_original: user_agent.as_deref(),
            client_address: client_address.as_deref(),
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
