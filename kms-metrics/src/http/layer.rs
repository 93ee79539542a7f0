//! The tower layer: where in the life of a request the measuring happens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::exchange::Exchange;
use super::protocol::Scheme;
use super::watch::Watch;

/// Records the HTTP metrics of a server; see the [module](super) for what, when and with which attributes.
///
/// Works around every tower service of HTTP requests: axum, tonic, hyper through `hyper-util`, others. The inner
/// service, its error and its body pass through unchanged.
///
/// Cost per request, beside the recordings: two clock reads and two allocations for the [`Caller`](super::Caller).
/// With telemetry off: one atomic load.
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
        let exchange = if crate::is_enabled() { Exchange::begin(&mut request, self.settings.scheme) } else { None };
        let mut watch = Watch::new(exchange);
        // The service that was polled ready is the one that is called: no clone, which might not be ready.
        let inner = watch.step(|| self.inner.call(request));
        ResponseFuture { watch, inner }
    }
}

pin_project! {
    /// The future of [`MetricsService`]. Dropped before it is ready, it records a cancelled request.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        watch: Watch<Exchange>,
        #[pin]
        inner: F,
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
                Ok(response) => exchange.answered(response.status()),
                Err(_) => exchange.failed(),
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
