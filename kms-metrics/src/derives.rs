//! The derive macros, documented where they are re-exported from, so that their examples compile.

/// Implements [`HasOrganization`](crate::HasOrganization), [`HasProject`](crate::HasProject),
/// [`HasActor`](crate::HasActor) and [`HasClient`](crate::HasClient) for a struct, from its fields.
///
/// ```
/// use kms_metrics::{MetricContext, kms_metric};
/// use std::net::SocketAddr;
///
/// #[derive(MetricContext)]
/// struct AuthContext {
///     #[metric(organization_id)]
///     organization_id: String,
///     #[metric(organization_name)]
///     organization_name: String,
///     #[metric(project_id, project_name)]
///     project: &'static str,
///     #[metric(user_id)]
///     user_id: Option<String>,
///     #[metric(client_address)]
///     peer: SocketAddr,
///     permissions: u64,
/// }
///
/// #[kms_metric(secret_read, ctx, environment = "prod", secret_path = path)]
/// fn read_secret(ctx: &AuthContext, path: &str) {
///     // …
/// }
/// ```
///
/// The words on a field are the keys of an [annotation](crate::kms_metric). A struct implements the traits of the groups
/// that its words mention, and no others, so that the rest can be implemented by hand:
///
/// | group | words | needs |
/// |---|---|---|
/// | [`Organization`](crate::Organization) | `organization_id`, `organization_name` | both |
/// | [`Project`](crate::Project) | `project_id`, `project_name` | both |
/// | [`Actor`](crate::Actor) | `user_id`, `user_email`, `identity_id`, `identity_name` | any |
/// | [`Client`](crate::Client) | `client_address`, `user_agent_original` | the address |
///
/// Fields are text: `String`, `&str`, `Arc<str>`, `Box<str>`, `Cow<str>`, or whatever else implements `AsRef<str>`; the
/// address may be an `IpAddr` or a `SocketAddr` as well. One field can have several words. Tuple structs and generic
/// structs work; a field of a generic type gets the bound that it needs.
///
/// # What may be absent
///
/// A field whose type is written `Option<…>` may be absent. An actor's and the user agent then are. An organization or a
/// project whose id is an `Option`, and a client whose address is one, is absent as a whole where it is `None`, and
/// serves only the metrics that allow absence: its associated type is `Option<Organization<'_>>`. Its name may be an
/// `Option` too: the group is there where both are. An optional name beside an id that is always there is refused.
///
/// # Groups from a field that has them
///
/// A field that is a context itself supplies whole groups, by `organization`, `project`, `actor` and `client`; they are
/// as definite as they are there. From an `Option` they are absent where it is `None`:
///
/// ```
/// use kms_metrics::MetricContext;
/// # #[derive(MetricContext)]
/// # struct Session {
/// #     #[metric(organization_id, organization_name)]
/// #     organization: String,
/// #     #[metric(user_id)]
/// #     user: String,
/// # }
///
/// #[derive(MetricContext)]
/// struct Request {
///     #[metric(organization, actor)]
///     session: Option<Session>,
///     #[metric(client_address)]
///     peer: std::net::IpAddr,
///     #[metric(user_agent_original)]
///     user_agent: Option<String>,
/// }
/// ```
///
/// On the struct, `#[metric(crate = path)]` says where this crate is, when not at `::kms_metrics`.
pub use kms_metrics_macros::MetricContext;

/// Implements the trait [`ErrorType`](trait@crate::ErrorType) for an enum or a struct.
///
/// ```
/// use kms_metrics::ErrorType;
/// # #[derive(Debug, ErrorType)]
/// # struct PoolError;
///
/// #[derive(Debug, ErrorType)]
/// enum LoginError {
///     #[metric(error_type = "invalid_credentials")]
///     WrongPassword,
///     AccountLocked { until: u64 },
///     #[metric(error_type = "remote_error", name = "DirectoryRefused", status_code = 502)]
///     Directory(String),
///     #[metric(transparent)]
///     Pool(PoolError),
/// }
///
/// assert_eq!(LoginError::WrongPassword.error_type(), "invalid_credentials");
/// assert_eq!(LoginError::AccountLocked { until: 0 }.error_type(), "account_locked");
/// assert_eq!(LoginError::Directory("…".into()).status_code(), Some(502));
/// ```
///
/// | on a variant or a struct | |
/// |---|---|
/// | `error_type = "…"` | `error.type`: lower case, digits, `_` and `.`; without it the name in snake case |
/// | `name = "…"` | the short name, `name` in the sync counters |
/// | `status_code = …` | the HTTP status, 100 to 599 |
/// | `transparent` | all three come from the only field, whose type implements `ErrorType` |
///
/// All are literals, so an error's message cannot become a label. On an enum the first three are for all variants that
/// do not say it themselves, those that are transparent aside. Of several fields, the one that speaks for its variant is
/// marked itself: `#[metric(transparent)]` before the field. A generic field that is transparent gets its bound.
///
/// It stands beside thiserror's attributes, and shares none with them. On the type, `#[metric(crate = path)]` says where
/// this crate is, when not at `::kms_metrics`.
pub use kms_metrics_macros::ErrorType;

/// Implements the trait [`Outcome`](trait@crate::Outcome) for an enum whose variants each mean something, or for a struct
/// around a value that does.
///
/// ```
/// use kms_metrics::{ErrorType, Outcome, Verdict};
/// # #[derive(ErrorType)]
/// # struct DirectoryError;
///
/// #[derive(Outcome)]
/// enum Login {
///     #[metric(success)]
///     LoggedIn { session: String },
///     #[metric(failure = "invalid_credentials", status_code = 401)]
///     Refused,
///     #[metric(not_attempted)]
///     NoCredential,
///     #[metric(transparent)]
///     Delegated(Result<(), DirectoryError>),
/// }
///
/// assert_eq!(Login::NoCredential.verdict(), Verdict::not_attempted());
/// assert_eq!(Login::Refused.verdict(), Verdict::failure("invalid_credentials").with_status_code(401));
///
/// #[derive(Outcome)]
/// struct Reply<T>(#[metric(transparent)] Result<T, DirectoryError>, std::time::Duration);
///
/// assert_eq!(Reply(Ok(Login::NoCredential), std::time::Duration::ZERO).verdict(), Verdict::not_attempted());
/// ```
///
/// | on a variant or a struct | |
/// |---|---|
/// | `success` | it did what it was asked for |
/// | `failure = "…"` | it did not; the value is `error.type`, without it the name in snake case |
/// | `not_attempted` | there was nothing to attempt, and nothing is recorded |
/// | `transparent` | whatever the only field means, whose type implements `Outcome` |
/// | `status_code = …` | beside a success or a failure: the HTTP status, 100 to 599 |
/// | `name = "…"` | beside a failure: its short name |
///
/// A variant that says nothing does not compile: a new one is not a success by accident. Of several fields, the one that
/// speaks for its variant is marked itself: `#[metric(transparent)]` before the field. A generic field that is
/// transparent gets its bound: `Reply<T>` has an outcome where `Result<T, DirectoryError>` does, that is where `T` does.
///
/// On the type, `#[metric(crate = path)]` says where this crate is, when not at `::kms_metrics`.
pub use kms_metrics_macros::Outcome;
