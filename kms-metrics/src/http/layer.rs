//! The tower layer: where in the life of a request the measuring happens.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{HeaderValue, Request, Response, Version, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::caller::Caller;
use super::exchange::{self, Exchange};
use super::peer::client_address;
use super::protocol::{self, Scheme};
use super::route::Route;
use super::watch::Watch;
use crate::ambient::Scope;

/// Records the HTTP metrics of a server; see the [module](super) for what, when and with which attributes.
///
/// Works around every tower service of HTTP requests: axum, tonic, hyper through `hyper-util`, others. The inner
/// service, its error and its body pass through unchanged.
///
/// Cost per request, beside the recordings: two clock reads, the [`Caller`](super::Caller) with a copy of the user agent,
/// and what it takes to make it [ambient](crate::ambient#what-it-costs), ten allocations in all. With telemetry off: one
/// atomic load.
#[derive(Clone, Debug, Default)]
pub struct MetricsLayer {
    scheme: Scheme,
}

impl MetricsLayer {
    /// A layer for a server that is reached over `http`.
    #[must_use]
    pub const fn new() -> Self {
        Self { scheme: Scheme::Http }
    }

    /// The scheme of requests whose URI has none, as in HTTP/1. Say [`Scheme::Https`] when this server, or the proxy in
    /// front of it, terminates TLS.
    #[must_use]
    pub const fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService { inner, settings: self.clone() }
    }
}

/// The service that [`MetricsLayer`] makes.
#[derive(Clone, Debug)]
pub struct MetricsService<S> {
    inner: S,
    settings: MetricsLayer,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for MetricsService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let exchange = if crate::is_enabled() { begin(&mut request, self.settings.scheme) } else { None };
        let ambient = exchange.as_ref().map(Exchange::ambient);
        let mut watch = Watch::new(exchange);
        // The service that was polled ready is the one that is called: no clone, which might not be ready.
        let inner = watch.step(|| Scope::around(ambient, || self.inner.call(request)));
        ResponseFuture { watch, inner }
    }
}

/// Starts the clock and puts the slot into the request. `None` when a layer further out measures it already, which is
/// told the route; `scheme` is for a URI without one.
fn begin<B>(request: &mut Request<B>, scheme: Scheme) -> Option<Exchange<Kept>> {
    let started = Instant::now();
    let route = Route::of(request.extensions());
    if let Some(outer) = request.extensions().get::<Caller>().filter(|caller| caller.is_attached()) {
        if let Some(route) = route {
            outer.route(route);
        }
        return None;
    }
    let versions = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
    let client_address = client_address(request.headers(), request.extensions());
    let user_agent = request.headers().get(header::USER_AGENT).filter(|value| !value.is_empty());
    let exchange = Exchange {
        started,
        method: protocol::method(request.method().as_str()),
        scheme: Scheme::of(request.uri().scheme_str()).unwrap_or(scheme),
        version: protocol::version(&request.version(), &versions),
        caller: Caller::attached(client_address, user_agent.map(HeaderValue::as_bytes)),
        kept: Kept { route },
    };
    request.extensions_mut().insert(exchange.caller.clone());
    Some(exchange)
}

/// What is kept of a request in the types of the `http` crate.
struct Kept {
    route: Option<Route>,
}

impl exchange::Kept for Kept {
    fn route(&self) -> Option<Cow<'_, str>> {
        self.route.as_ref().map(|route| Cow::Borrowed(route.as_str()))
    }
}

pin_project! {
    /// The future of [`MetricsService`]. Dropped before it is ready, it records a cancelled request.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        watch: Watch<Exchange<Kept>>,
        #[pin]
        inner: Scope<F>,
    }
}

impl<F, ResponseBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResponseBody>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let answer = ready!(this.watch.step(|| inner.poll(cx)));
        if let Some(exchange) = this.watch.finish() {
            match &answer {
                Ok(response) => exchange.answered(response.status().as_u16()),
                Err(_) => exchange.answered(500),
            }
        }
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
