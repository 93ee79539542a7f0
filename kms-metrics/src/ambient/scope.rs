//! How it gets into OpenTelemetry's `Context`, and stays there for one future only.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task;

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;

use super::Ambient;
#[cfg(any(feature = "http", feature = "actix"))]
use crate::http::Caller;

/// The value in the `Context`.
#[derive(Clone)]
pub(crate) enum Source {
    /// What a program has said.
    Said(Ambient),
    /// What authentication tells an HTTP layer, also what it will tell later.
    #[cfg(any(feature = "http", feature = "actix"))]
    Told(Caller),
}

impl Source {
    pub(super) fn ambient(&self) -> Ambient {
        match self {
            Self::Said(ambient) => ambient.clone(),
            #[cfg(any(feature = "http", feature = "actix"))]
            Self::Told(caller) => caller.ambient(),
        }
    }

    /// The current `Context`, with this in it.
    fn context(&self) -> Context {
        Context::current_with_value(self.clone())
    }
}

impl Ambient {
    /// A future in which this is what [`Ambient::current`] returns, on whatever thread it is polled.
    ///
    /// While telemetry is off when this is called, it is the future and nothing else.
    #[must_use = "futures do nothing unless polled"]
    pub fn scope<F: Future>(self, future: F) -> Scope<F> {
        let place = if crate::is_enabled() { Place::Outside(Source::Said(self)) } else { Place::Anywhere };
        Scope { place, future }
    }

    /// Calls `call`, in which this is what [`Ambient::current`] returns.
    ///
    /// A future that it returns is polled outside of it: that is what [`scope`](Self::scope) is for.
    pub fn sync_scope<T>(self, call: impl FnOnce() -> T) -> T {
        let _here = crate::is_enabled().then(|| Source::Said(self).context().attach());
        call()
    }
}

pin_project! {
    /// The future of [`Ambient::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<F> {
        place: Place,
        #[pin]
        future: F,
    }
}

enum Place {
    /// There is nothing to say.
    Anywhere,
    /// Not polled yet. What is attached around the polls, a span for example, need not be there before.
    Outside(Source),
    Inside(Context),
}

#[cfg(any(feature = "http", feature = "actix"))]
impl<F> Scope<F> {
    /// The future that `call` makes; both run in the scope of `source`.
    pub(crate) fn around(source: Option<Source>, call: impl FnOnce() -> F) -> Self {
        let future = {
            let _here = source.as_ref().map(|source| source.context().attach());
            call()
        };
        Self { place: source.map_or(Place::Anywhere, Place::Outside), future }
    }
}

impl Place {
    /// Until the guard is dropped, this is where the thread is.
    fn enter(&mut self) -> Option<ContextGuard> {
        if let Self::Outside(source) = self {
            *self = Self::Inside(source.context());
        }
        match self {
            Self::Inside(context) => Some(context.clone().attach()),
            _ => None,
        }
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<F::Output> {
        let this = self.project();
        let _here = this.place.enter();
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for Scope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
