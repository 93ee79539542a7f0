//! Metrics for key-management and secrets servers: one line per handler, exported by Prometheus pull or OTLP push.
//!
//! ```
//! use kms_metrics::kms_metric;
//! # use kms_metrics::{Actor, Client, ErrorType, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};
//! # struct AuthContext;
//! # impl HasOrganization for AuthContext {
//! #     type Organization<'a> = Organization<'a>;
//! #     fn organization(&self) -> Organization<'_> { Organization { id: "o", name: "o" } }
//! # }
//! # impl HasProject for AuthContext {
//! #     type Project<'a> = Project<'a>;
//! #     fn project(&self) -> Project<'_> { Project { id: "p", name: "p" } }
//! # }
//! # impl HasActor for AuthContext { fn actor(&self) -> Actor<'_> { Actor::default() } }
//! # impl HasClient for AuthContext {
//! #     type Client<'a> = Option<Client<'a>>;
//! #     fn client(&self) -> Option<Client<'_>> { None }
//! # }
//! # struct ReadQuery { environment: String, path: String }
//! # struct Secret;
//! # struct ApiError;
//! # impl ErrorType for ApiError { fn error_type(&self) -> &'static str { "not_found" } }
//!
//! #[kms_metric(secret_read, ctx, environment = &query.environment, secret_path = &query.path)]
//! async fn read_secret(ctx: AuthContext, query: ReadQuery) -> Result<Secret, ApiError> {
//!     // …
//! #   Ok(Secret)
//! }
//! ```
//!
//! counts `kms.secret.read.count` with the organization, project, actor and client of `ctx`, and times
//! `kms.secret.operation.duration` by outcome, also where the body leaves through `?`, panics or is dropped. What is
//! missing, unknown or of the wrong type does not compile.
//!
//! # In a program
//!
//! 1. Start telemetry, and keep it: [`Telemetry::from_env`]. Two variables decide where metrics go:
//!    `OTEL_TELEMETRY_COLLECTION_ENABLED=true` and `OTEL_EXPORT_TYPE=prometheus` or `otlp`; see [`config`].
//! 2. Say who is asking: implement the traits of [`context`] for the type that your handlers know a request by, and
//!    [`ErrorType`] for your error; see [`outcome`]. [`MetricContext`], [`ErrorType`](derive@ErrorType) and
//!    [`Outcome`](derive@Outcome) are derives that do it.
//! 3. Annotate: [`kms_metric`], or fill a struct of [`records`] where no annotation fits. HTTP servers add a
#![cfg_attr(feature = "http", doc = "   [layer](http::MetricsLayer).")]
#![cfg_attr(not(feature = "http"), doc = "   layer (feature `http`).")]
//!
//! # Guarantees
//!
//! A recording never panics, blocks on anything but a short lock, or fails its caller. When telemetry is off it costs
//! one relaxed load, and the attribute expressions are not evaluated. A call whose series exists allocates nothing.
//! The number of series of a metric is bounded (10,000 of a counter, 2,000 of a histogram); near the bound new series
//! lose labels, unbounded ones first, which then read `__degraded__`, and totals stay exact.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `prometheus` | yes | the scrape endpoint |
//! | `otlp` | yes | the push, OTLP over HTTP/protobuf |
//! | `tls` | | `https` for the push, with rustls |
//! | `http` | | the tower layer for HTTP servers, and `Outcome` for HTTP statuses and responses |
//! | `axum` | | with `http`: the route template and the peer's address from axum; contexts in an `Extension` |
//! | `actix` | | the middleware for actix-web, and `Outcome` for its responses; contexts in `ReqData` and `Data` |
//! | `reqwest` | | the middleware for reqwest clients |
//! | `uuid` | | `uuid::Uuid` as an attribute value |
//! | `testing` | | capturing what was recorded, for tests |
//!
//! The metrics and their names are those of Hanzo KMS's monitoring guide; [`catalogue`] has them as data.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)
)]

pub mod ambient;
pub mod catalogue;
pub mod config;
pub mod context;
#[doc(hidden)]
pub mod definition;
mod derives;
pub mod expansion;
mod exporter;
pub mod field;
#[cfg(any(feature = "http", feature = "actix"))]
pub mod http;
pub mod outcome;
mod record;
mod recording;
mod series;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;

pub use catalogue::operation::Count;
pub use catalogue::records;
pub use context::{Actor, Client, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};
pub use derives::{ErrorType, MetricContext, Outcome};
#[doc(hidden)]
pub use kms_metrics_macros::__annotate;
#[doc(inline)]
/// Records a metric of the catalogue for every call of a function.
///
/// ```text
/// #[kms_metric(METRIC [, CONTEXT] (, KEY = EXPR)* [; OPTION (, OPTION)*])]
/// ```
///
/// - `METRIC` is a name of the catalogue: `secret_read`, `auth_attempt`, `kmip_operation`, `secret_sync`,
///   `secret_import`, `secret_removal`, `integration_sync` or `http_request`; [`records`] lists the attributes of each.
///   Or it is the path of a metric that the program declares with [`metrics!`].
/// - `CONTEXT` is a place expression, usually an argument, whose type supplies attribute groups: [`HasOrganization`],
///   [`HasProject`], [`HasActor`], [`HasClient`]. It may be left out when every required key is given.
/// - `KEY` is an attribute's name in snake case without `kms.`: `kms.secret.path` is `secret_path`, `client.address` is
///   `client_address`. A key given by hand wins over the context.
/// - `EXPR` is borrowed, so a place expression never moves. Strings in all their usual forms, addresses and (feature
///   `uuid`) UUIDs are values as they are; `%expr` goes through `Display`; an `Option` is accepted where the catalogue
///   lets the attribute be absent.
/// - `KEY = |ret| EXPR` is *late*: evaluated after the body, with `ret` a reference to what it returned. It may look at
///   arguments that the body has not moved: an out-parameter.
/// - No `EXPR` leaves the function: a `?` or `return` in one does not compile, because it would do so only while
///   telemetry is on.
///
/// The other values are taken before the body runs and nothing stays borrowed, so the body may move and change its
/// arguments.
///
/// | option | |
/// |---|---|
/// | `outcome = \|ret\| EXPR` or `outcome = PATH` | what the returned value means, as a [`Verdict`], instead of what its type says |
/// | `count = always`, `success` or `failure` | which calls the counter counts, against the catalogue |
/// | `ambient` | takes the place of `CONTEXT`: what the request's own [ambient context](ambient) knows, for a function deep below the handler |
/// | `crate = PATH` | where this crate is, when not at `::kms_metrics` |
///
/// # What is recorded
///
/// One increment of the counter, by what the call amounted to, and one measurement of the operation's duration,
/// whichever way the body is left: its end, `return`, `?`, a panic (which goes on), or its future dropped. What a
/// returned value means is decided by its type: its [`Outcome`]; else, of a `Result`, the [`ErrorType`] of its error;
/// else it is a success.
///
/// A type that is opaque or generic where the function is written (`impl IntoResponse`, `T`) has no `Outcome` that the
/// annotation could see, and counts as a success unless the annotation says otherwise.
///
/// # Where it goes
///
/// On a `fn` or `async fn`, free or a method, above or below the attributes of a web framework; a method of an
/// `#[async_trait]` is recorded when its future runs. Not on a `const fn`, a method without a body, an `impl` block, a
/// function that never returns, or one that returns a hand-written future, which would be timed before the future runs.
///
/// A function behaves as without the annotation, but for this: an argument that the body does not use is dropped after
/// those that it uses, and `#[track_caller]` has no effect where something is returned. The annotation's expressions,
/// and the program's own contexts, outcomes and `Display`s that they call, are part of the function: they are evaluated
/// only while telemetry is on, and a panic of theirs is one of the function.
///
/// # What it expands to
///
/// ```
/// # use kms_metrics::{HasProject, Project, kms_metric};
/// # struct Job { integration: String, id: String }
/// # impl HasProject for Job {
/// #     type Project<'a> = Project<'a>;
/// #     fn project(&self) -> Project<'_> { Project { id: "p", name: "p" } }
/// # }
/// # impl Job { fn run(&self) {} }
/// #[kms_metric(integration_sync, job, integration = job.integration, integration_id = job.id)]
/// fn sync(job: &Job) {
///     job.run();
/// }
/// ```
///
/// becomes
///
/// ```
/// # use kms_metrics::{HasProject, Project, kms_metric};
/// # struct Job { integration: String, id: String }
/// # impl HasProject for Job {
/// #     type Project<'a> = Project<'a>;
/// #     fn project(&self) -> Project<'_> { Project { id: "p", name: "p" } }
/// # }
/// # impl Job { fn run(&self) {} }
/// fn sync(job: &Job) {
///     let recording = if kms_metrics::is_enabled() {
///         let project = kms_metrics::expansion::project(&job);
///         kms_metrics::records::IntegrationSync {
///             integration: &kms_metrics::text(&job.integration),
///             integration_id: &kms_metrics::text(&job.id),
///             project_id: project.id,
///         }
///         .start()
///         .until_dropped()
///     } else {
///         kms_metrics::Recording::disabled()
///     };
///     job.run();
/// }
/// ```
///
/// and where something is returned, the body becomes a value that is looked at before it is passed on.
pub use kms_metrics_macros::kms_metric;
/// Declares metrics of the program's own, of the same quality as the built-in ones and in the same words.
///
/// ```
/// # mod doc {
/// mod metrics {
///     kms_metrics::metrics! {
///         attributes {
///             /// What is leased
///             acme.lease.resource: unbounded;
///             /// How the lease came about
///             acme.lease.kind: bounded;
///             /// Who asked for it
///             acme.lease.holder: bounded personal, argument holder;
///         }
///
///         operation lease_created LeaseCreated {
///             /// Leases created
///             counter "acme.lease.count" "{lease}" on success {
///                 required kms.organization.id, acme.lease.resource;
///                 optional acme.lease.holder, client.address;
///             }
///
///             /// Time to create a lease, by outcome
///             histogram "acme.lease.duration" "s" guide {
///                 required acme.lease.kind = "dynamic", kms.outcome;
///                 optional error.type;
///             }
///         }
///     }
/// }
///
/// # use kms_metrics::{Client, HasClient, HasOrganization, Organization};
/// # struct Session;
/// # impl HasOrganization for Session {
/// #     type Organization<'a> = Organization<'a>;
/// #     fn organization(&self) -> Organization<'_> { Organization { id: "o", name: "o" } }
/// # }
/// # impl HasClient for Session {
/// #     type Client<'a> = Option<Client<'a>>;
/// #     fn client(&self) -> Option<Client<'_>> { None }
/// # }
/// #[kms_metrics::kms_metric(metrics::LeaseCreated, session, acme_lease_resource = resource, holder = "ci")]
/// fn create_lease(session: &Session, resource: &str) {
///     // …
/// }
/// # }
/// ```
///
/// - `attributes`: `KEY: bounded|unbounded [personal] [int] [, SUPPLY];` with a doc comment. Unbounded values are given up
///   first near a metric's limit of series, then personal ones. SUPPLY is nothing for an argument of the annotation
///   (`argument NAME` names it; else it is the key in snake case without `kms.`), `context GROUP.FIELD` for one that the
///   context can supply too, `outcome FIELD` for the returned value (`ending`, `result`, `error_type`, `error_name`,
///   `status_code`, `status_class`). The attributes of the built-in catalogue are there already.
/// - `buckets NAME [0.5, 1, 10];` names the bounds of histograms; `guide` and `conventions` are there already.
/// - `operation NAME RECORD { … }`: what one annotation records, and the struct that records it by hand. Its instruments
///   are `counter "NAME" "UNIT" on always|success|failure { … }` and `histogram "NAME" "UNIT" BUCKETS { … }`, the latter
///   measuring the call's duration in seconds. Their attributes are `required`, `nullable` (must be given, may be
///   `None`) or `optional`; `KEY = "text"` is a constant, `KEY = argument` takes the value of another argument.
///
/// The instruments are registered with the first recording, which must not be inside the callback of an observable
/// instrument, and their series are limited like those of the built-in ones.
/// An annotation names the record by its path, within the crate that declares it. `INSTRUMENTS` beside the records
/// feeds [`catalogue::to_json_of`]. `crate = path;` at the top says where this crate is, when not at `::kms_metrics`.
///
/// # Errors
///
/// A name that would come out wrong in an exposition, that exists already, or that is not declared, does not compile.
pub use kms_metrics_macros::metrics;
pub use outcome::{ErrorType, Outcome, Verdict};
pub use recording::Recording;
pub use telemetry::{InitError, Telemetry};
pub use value::{Text, display_text, optional_text, text};

/// Whether recordings go anywhere: whether telemetry is on. One relaxed load.
#[inline]
#[must_use]
pub fn is_enabled() -> bool {
    series::is_enabled()
}

/// The instrumentation scope of every instrument.
pub(crate) fn telemetry_scope() -> &'static str {
    env!("CARGO_PKG_NAME")
}
