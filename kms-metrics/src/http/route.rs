//! `http.route`: the template that a request matched.

use std::fmt;
use std::sync::Arc;

/// The template of the route that a request matched, such as `/api/v3/secrets/raw/{name}`: the value of `http.route`.
///
/// With the feature `axum` the layer finds it by itself, and so does the middleware for actix-web. Any other router says
/// it, in one of two ways:
///
/// - It runs before the layer and puts the `Route` into the request's extensions.
/// - It runs further in and calls [`Caller::route`](super::Caller::route).
///
/// It must come from the program's own list of routes, never from the request's path: every value becomes series.
/// An empty one is as if there were none.
#[derive(Clone)]
pub struct Route(Template);

#[derive(Clone)]
enum Template {
    Static(&'static str),
    Shared(Arc<str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl Route {
    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Template::Static(template) => template,
            Template::Shared(template) => template,
            #[cfg(feature = "axum")]
            Template::Matched(path) => path.as_str(),
        }
    }

    /// What is known about the route before the inner service runs. Copies no text.
    #[cfg(feature = "http")]
    pub(super) fn of(extensions: &http::Extensions) -> Option<Self> {
        let route = extensions.get::<Self>().cloned();
        #[cfg(feature = "axum")]
        let route = route.or_else(|| extensions.get::<axum::extract::MatchedPath>().cloned().map(Self::from));
        route.filter(|route| !route.as_str().is_empty())
    }
}

impl From<&'static str> for Route {
    fn from(template: &'static str) -> Self {
        Self(Template::Static(template))
    }
}

impl From<String> for Route {
    fn from(template: String) -> Self {
        Self(Template::Shared(template.into()))
    }
}

impl From<Arc<str>> for Route {
    fn from(template: Arc<str>) -> Self {
        Self(Template::Shared(template))
    }
}

#[cfg(feature = "axum")]
impl From<axum::extract::MatchedPath> for Route {
    fn from(path: axum::extract::MatchedPath) -> Self {
        Self(Template::Matched(path))
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.as_str()).finish()
    }
}
