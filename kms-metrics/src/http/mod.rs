//! Metrics of HTTP servers (a tower layer, feature `http`; a middleware for actix-web, feature `actix`) and of HTTP
//! clients (a middleware, feature `reqwest`).
//!
//! # The server
//!
//! [`MetricsLayer`] counts and times every request, once: `kms.http.server.request.count`,
//! `kms.http.server.request.duration`, `kms.http.server.error.count`, and the
//! [`http.server.request.duration`](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration)
//! of OpenTelemetry's conventions.
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # fn demo() -> axum::Router {
//! use axum::{Router, routing::get};
//! use kms_metrics::http::MetricsLayer;
//!
//! Router::new().route("/api/v3/secrets/raw/{name}", get(async || "…")).layer(MetricsLayer::new())
//! # }
//! ```
//!
//! Add it last, so that it is outermost: it then sees what authentication, timeouts and panic handlers answer.
//!
//! Authentication further in tells the layer who is asking, through the [`Caller`] in the request's extensions:
//!
//! ```
//! # #[cfg(feature = "http")]
//! # mod demo {
//! use kms_metrics::http::Caller;
//! # use kms_metrics::{HasActor, HasOrganization};
//!
//! fn authenticated<B>(request: &http::Request<B>, context: &(impl HasOrganization + HasActor)) {
//!     if let Some(caller) = request.extensions().get::<Caller>() {
//!         caller.identify(context);
//!         caller.auth_method("universal-auth");
//!     }
//! }
//! # }
//! ```
//!
//! Functions deep below the handler, which are passed neither a `Caller` nor a context, know it too: the layer makes it
//! [ambient](crate::ambient).
//!
//! ## What is recorded, and when
//!
//! | the request ends with | status | `error.type` | `error.type` of `http.server.request.duration` |
//! |---|---|---|---|
//! | a response | its own | by [class](crate::Verdict::from_http_status) | the code from 500 on, else none |
//! | an error of the service (passed on) | 500 | `server_error` | `500` |
//! | a panic (it goes on) | 500 | `server_error` | `500` |
//! | its future dropped: the client gave up, or a timeout outside of the layer | 499 | `cancelled` | `cancelled`, without a status |
//!
//! The duration is from the call of the layer until the head of the response is ready; the body, streamed or not, is
//! not part of it. Who is asking is read at that moment too.
//!
//! A layer inside another one records nothing, so that a router with the layer can be nested in one that has it: the
//! request counts once. The inner layer passes its [`Route`] on to the outer one.
//!
//! While telemetry is off ([`is_enabled`](crate::is_enabled) is false when the request arrives) the layer only calls
//! on: no clock, no allocation, no [`Caller`] in the extensions, and nothing ambient.
//!
//! ## Where the values come from
//!
//! - `http.route`: a [`Route`] that code further in has set ([`Caller::route`]), or one in the request's extensions, or
//!   with the feature `axum` its `MatchedPath`. Without any, the guide's metrics say `unknown` and
//!   `http.server.request.duration` has no route; never the raw path. A router behind axum's `nest_service`
//!   matches after the outer router's layers have run: nest it with `nest`, or give it a layer of its own.
//! - `client.address`: a [`PeerAddress`] in the request's extensions, or with the feature `axum` its
//!   `ConnectInfo<SocketAddr>` (serve with `into_make_service_with_connect_info::<SocketAddr>()`). Forwarded headers
//!   are not read: any client can send them.
//! - `url.scheme`: of the request's URI, or what [`MetricsLayer::scheme`] says. `http.request.method`: one of the
//!   methods that the conventions know, or `_OTHER`. Nothing is taken from the `Host` header.
//!
//! ## actix-web
//!
#![cfg_attr(feature = "actix", doc = "[`actix::Metrics`] is the same for actix-web; the [module](actix)")]
#![cfg_attr(not(feature = "actix"), doc = "`actix::Metrics` (feature `actix`) is the same for actix-web; its module")]
//! says where that framework differs.
//!
//! # The client
//!
#![cfg_attr(feature = "reqwest", doc = "[`ClientMetrics`] records")]
#![cfg_attr(not(feature = "reqwest"), doc = "`ClientMetrics` records")]
//! [`http.client.request.duration`](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration)
//! for a `reqwest` client.
//!
//! # Cardinality considerations
//!
//! | attribute | distinct values | personal |
//! |---|---|---|
//! | `http.request.method`, `http.response.status_code`, `error.type`, `url.scheme`, `network.protocol.version` | a closed set | no |
//! | `http.route` | the templates of the router | no |
//! | `kms.auth.method` | whatever the program says; keep it a closed set | no |
//! | `kms.organization.*`, `kms.project.*` | grow with the deployment | no |
//! | `kms.user.*`, `kms.identity.*` | grow with the deployment | **yes** |
//! | `client.address` | **without bound**: as many as there are peers | **yes** |
//! | `user_agent.original` | **without bound**: the client chooses it | no |
//! | `server.address`, `server.port` (client) | **without bound** if users choose the destinations | no |
//!
//! `user_agent.original` and `client.address` stand on the guide's two counters, not on its histogram. How many series
//! there may be is limited per metric; near the limit a new one loses its unbounded values first, then those that name
//! people. `http.server.request.duration` has only values from closed sets.

// The documentation of what both servers share names the layer.
#![cfg_attr(not(feature = "http"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "actix")]
pub mod actix;
mod caller;
#[cfg(feature = "reqwest")]
pub mod client;
mod exchange;
#[cfg(feature = "http")]
mod layer;
mod peer;
mod protocol;
mod route;
mod watch;

pub use caller::Caller;
#[cfg(feature = "reqwest")]
pub use client::ClientMetrics;
#[cfg(feature = "http")]
pub use layer::{MetricsLayer, MetricsService, ResponseFuture};
pub use peer::PeerAddress;
pub use protocol::Scheme;
pub use route::Route;
