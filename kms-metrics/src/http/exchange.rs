//! One request and what came of it, from the call of the layer until the head of the response.

use std::net::IpAddr;
use std::time::Instant;

use http::{HeaderValue, Request, StatusCode, header};

use super::caller::Caller;
use super::peer::client_address;
use super::protocol::{self, Scheme};
use super::route::Route;
use super::watch::Observation;
use crate::outcome::Verdict;
use crate::records::{HttpRequest, HttpServerRequest};
use crate::value::Text;

/// What is kept of a request while the inner service has it. The texts are shared with the request, not copied.
pub(super) struct Exchange {
    started: Instant,
    method: &'static str,
    scheme: Scheme,
    version: Option<&'static str>,
    route: Option<Route>,
    client_address: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    caller: Caller,
}

impl Exchange {
    /// Starts the clock and puts the slot into the request. `None` when a layer further out measures it already, which
    /// is told the route; `scheme` is for a URI without one.
    pub(super) fn begin<B>(request: &mut Request<B>, scheme: Scheme) -> Option<Self> {
        let started = Instant::now();
        let route = Route::of(request.extensions());
        if let Some(outer) = request.extensions().get::<Caller>().filter(|caller| caller.is_attached()) {
            if let Some(route) = route {
                outer.route(route);
            }
            return None;
        }
        let caller = Caller::attached();
        let exchange = Self {
            started,
            method: protocol::method(request.method()),
            scheme: Scheme::of(request.uri()).unwrap_or(scheme),
            version: protocol::version(request.version()),
            route,
            client_address: client_address(request.headers(), request.extensions()),
            user_agent: request.headers().get(header::USER_AGENT).filter(|value| !value.is_empty()).cloned(),
            caller: caller.clone(),
        };
        request.extensions_mut().insert(caller);
        Some(exchange)
    }

    /// The inner service answered.
    pub(super) fn answered(self, status: StatusCode) {
        let status = status.as_u16();
        // The conventions count as a server's error what the server did wrong, so 4xx has no `error.type` there.
        let conventional = match protocol::status_error_type(status) {
            Some(code) if status >= 500 => Verdict::failure(code),
            _ => Verdict::success(),
        };
        self.record(Verdict::from_http_status(status), conventional.with_status_code(status));
    }

    /// The inner service returned an error instead of a response.
    pub(super) fn failed(self) {
        self.answered(StatusCode::INTERNAL_SERVER_ERROR);
    }

    fn record(self, verdict: Verdict, conventional: Verdict) {
        let duration = self.started.elapsed();
        let told = self.caller.take();
        let route = told.route.or(self.route);
        let route = route.as_ref().map(Route::as_str);
        let client_address = self.client_address.map(Text::from);
        let user_agent = self.user_agent.as_ref().map(|value| String::from_utf8_lossy(value.as_bytes()));
        HttpRequest {
            http_request_method: self.method,
            http_route: route.unwrap_or("unknown"),
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
            http_route: route,
            network_protocol_version: self.version,
        }
        .record(conventional, duration);
    }
}

impl Observation for Exchange {
    fn cancelled(self) {
        self.record(Verdict::cancelled().with_status_code(499), Verdict::cancelled());
    }

    fn panicked(self) {
        let panicked = Verdict::panicked().with_status_code(500);
        self.record(panicked.with_error_type("server_error"), panicked.with_error_type("500"));
    }
}
