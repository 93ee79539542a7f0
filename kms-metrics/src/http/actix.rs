//! The middleware for actix-web: the same metrics as those of the [layer for tower](super), from the same rules.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use kms_metrics::http::Caller;
//! use kms_metrics::http::actix::Metrics;
//! use kms_metrics::{Actor, Organization};
//!
//! async fn read_secret(name: web::Path<String>, caller: Caller) -> String {
//!     caller.organization(Organization { id: "org-1", name: "Acme" });
//!     caller.actor(Actor::identity("id-7", "ci"));
//!     format!("the secret {name}")
//! }
//!
//! # async fn serve() -> std::io::Result<()> {
//! HttpServer::new(|| {
//!     let secrets = web::resource("/secrets/{name}").get(read_secret);
//!     App::new().service(secrets).wrap(Metrics::new())
//! })
//! .h1_allow_half_closed(false)
//! .bind(("127.0.0.1", 8080))?
//! .run()
//! .await
//! # }
//! ```
//!
//! Wrap it last, so that it is outermost. The example `actix` is a whole server.
//!
//! # Who is asking
//!
//! Authentication further in finds the [`Caller`] in the request's extensions, where another extractor gets it too:
//!
//! ```
//! use actix_web::HttpMessage as _;
//! use actix_web::dev::ServiceRequest;
//! use kms_metrics::http::Caller;
//! # use kms_metrics::{HasActor, HasOrganization};
//!
//! fn authenticated(request: &ServiceRequest, context: &(impl HasOrganization + HasActor)) {
//!     if let Some(caller) = request.extensions().get::<Caller>() {
//!         caller.identify(context);
//!         caller.auth_method("universal-auth");
//!     }
//! }
//! ```
//!
//! # Where the values come from
//!
//! - `http.route`: what [`Caller::route`] says, or a [`Route`] in the request's extensions, or actix-web's
//!   [match pattern](actix_web::HttpRequest::match_pattern). A request that has no response yet when it is cancelled or
//!   panics has the first pattern that fits its path, whatever the guards say.
//! - `client.address`: a [`PeerAddress`] in the request's extensions, or the connection's peer. Neither forwarded
//!   headers nor `connection_info()`, which believes them, are read.
//! - `url.scheme`: of the request's URI, or what [`Metrics::scheme`] says, or whether the server itself terminates TLS.
//!
//! # What actix-web does differently
//!
//! - An error that a middleware further in returns becomes the response that it describes, so it counts with its own
//!   status, not as 500. Errors of extractors and handlers are responses already.
//! - A client that hangs up is seen late or never. By default actix-web takes the end of what the client sends for the
//!   end of the request, runs the handler to its end and answers into the void: the request counts with the status that
//!   it would have had. Only a connection that was reset drops the handler (499, `cancelled`). With
//!   [`h1_allow_half_closed(false)`](actix_web::HttpServer::h1_allow_half_closed) a closed connection does too. Over HTTP/2
//!   every handler runs to its end.
//! - A panic ends the connection without an answer and counts as 500; the worker goes on.
//!
//! # Annotated handlers
//!
//! `#[kms_metric(..)]` goes under `#[get(..)]` and its like or above them, to the same effect.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_web::dev::{Payload, ResourceMap, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Uri, Version};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use pin_project_lite::pin_project;

use super::exchange::{self, Exchange};
use super::protocol;
use super::watch::Watch;
use super::{Caller, PeerAddress, Route, Scheme};
use crate::ambient::Scope;

/// Records the HTTP metrics of an actix-web server; see the [module](self).
///
/// Goes around an `App`, a scope or a resource; inside another one it records nothing. Errors and bodies pass through
/// unchanged.
///
/// Cost per request, beside the recordings: two clock reads, the [`Caller`] with a copy of the user agent, what it takes to
/// make it [ambient](crate::ambient#what-it-costs), and the route's pattern, eleven allocations in all. With telemetry off:
/// one atomic load.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    scheme: Option<Scheme>,
}

impl Metrics {
    /// A middleware that goes by the server for the scheme.
    #[must_use]
    pub const fn new() -> Self {
        Self { scheme: None }
    }

    /// The scheme of requests whose URI has none, as in HTTP/1. Say [`Scheme::Https`] when the proxy in front of this
    /// server terminates TLS; that the server itself does is known.
    #[must_use]
    pub const fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for Metrics
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Transform = MetricsMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(MetricsMiddleware { inner, settings: self.clone(), routes: OnceCell::new() }))
    }
}

/// The service that [`Metrics`] makes, one per worker.
pub struct MetricsMiddleware<S> {
    inner: S,
    settings: Metrics,
    /// The application's routes: those of the first request, since no other one is ever seen.
    routes: OnceCell<Rc<ResourceMap>>,
}

impl<S, B> Service<ServiceRequest> for MetricsMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let exchange = if crate::is_enabled() { self.begin(&request) } else { None };
        let ambient = exchange.as_ref().map(Exchange::ambient);
        let mut watch = Watch::new(exchange);
        let inner = watch.step(|| Scope::around(ambient, || self.inner.call(request)));
        ResponseFuture { watch, inner }
    }
}

impl<S> MetricsMiddleware<S> {
    /// Starts the clock and puts the slot into the request. `None` when a middleware further out measures it already.
    fn begin(&self, request: &ServiceRequest) -> Option<Exchange<Kept>> {
        let started = Instant::now();
        let mut extensions = request.extensions_mut();
        let route = extensions.get::<Route>().filter(|route| !route.as_str().is_empty()).cloned();
        if let Some(outer) = extensions.get::<Caller>().filter(|caller| caller.is_attached()) {
            if let Some(route) = route {
                outer.route(route);
            }
            return None;
        }
        let versions = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
        let server = if request.app_config().secure() { Scheme::Https } else { Scheme::Http };
        let routes = self.routes.get_or_init(|| Rc::new(request.resource_map().clone()));
        let client_address = extensions.get::<PeerAddress>().map(|peer| peer.0).or_else(|| peer(request));
        let user_agent = request.headers().get(header::USER_AGENT).filter(|value| !value.is_empty());
        let exchange = Exchange {
            started,
            method: protocol::method(request.method().as_str()),
            scheme: Scheme::of(request.uri().scheme_str()).or(self.settings.scheme).unwrap_or(server),
            version: protocol::version(&request.version(), &versions),
            caller: Caller::attached(client_address, user_agent.map(HeaderValue::as_bytes)),
            kept: Kept { route, pattern: Pattern::Of(request.uri().clone(), Rc::clone(routes)) },
        };
        extensions.insert(exchange.caller.clone());
        Some(exchange)
    }
}

fn peer(request: &ServiceRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip())
}

impl<S> fmt::Debug for MetricsMiddleware<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsMiddleware").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What is kept of a request in actix-web's types. The request itself cannot be: actix-web's router panics on one that
/// somebody else holds.
struct Kept {
    route: Option<Route>,
    pattern: Pattern,
}

enum Pattern {
    /// Not asked for yet: it costs a walk through the routes.
    Of(Uri, Rc<ResourceMap>),
    /// What the router matched.
    Matched(Option<String>),
}

impl exchange::Kept for Kept {
    fn route(&self) -> Option<Cow<'_, str>> {
        let pattern = || match &self.pattern {
            Pattern::Of(uri, routes) => routes.match_pattern(uri.path()).map(Cow::Owned),
            Pattern::Matched(pattern) => pattern.as_deref().map(Cow::Borrowed),
        };
        let route = self.route.as_ref().map(|route| Cow::Borrowed(route.as_str()));
        route.or_else(pattern).filter(|route| !route.is_empty())
    }
}

pin_project! {
    /// The future of [`MetricsMiddleware`]. Dropped before it is ready, it records a cancelled request.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        watch: Watch<Exchange<Kept>>,
        #[pin]
        inner: Scope<F>,
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let answer = ready!(this.watch.step(|| inner.poll(cx)));
        if let Some(mut exchange) = this.watch.finish() {
            let status = match &answer {
                Ok(response) => {
                    exchange.kept.pattern = Pattern::Matched(response.request().match_pattern());
                    response.status()
                }
                // The response that the error describes is made by the server, further out.
                Err(error) => error.as_response_error().status_code(),
            };
            exchange.answered(status.as_u16());
        }
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl FromRequest for Caller {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or(Self::detached())))
    }
}
