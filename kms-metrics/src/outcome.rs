//! What a returned value means: success, or failure with an `error.type`.
//!
//! A handler's `Ok` is not always a success (a login that answers `Ok(Response::unauthorized())`), and a failure is
//! only useful with a class that a dashboard can group by. Two traits say both:
//!
//! - [`ErrorType`] on the error: its `error.type`, from a closed set.
//! - [`Outcome`] on a returned value that can mean failure although it is not an `Err`.
//!
//! The names follow OpenTelemetry's [`error.type`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/).

use std::convert::Infallible;

/// How a call ended, as the value of `kms.outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It did what it was asked for.
    Success,
    /// It ran to its end and did not do what it was asked for.
    Failure,
    /// Its future was dropped before it was ready.
    Cancelled,
    /// It panicked.
    Panicked,
    /// There was nothing to attempt, so nothing is recorded: an authentication middleware that found no credential
    /// of its kind.
    NotAttempted,
}

impl Ending {
    /// The value of `kms.outcome`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
            Self::NotAttempted => "not_attempted",
        }
    }
}

/// What one call amounted to: how it ended and, for failures, why.
///
/// All names are `&'static str`, so that a message, which is never from a closed set, cannot become a label by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    ending: Ending,
    error_type: Option<&'static str>,
    error_name: Option<&'static str>,
    status_code: Option<u16>,
}

impl Verdict {
    const fn new(ending: Ending, error_type: Option<&'static str>) -> Self {
        Self { ending, error_type, error_name: None, status_code: None }
    }

    /// The call did what it was asked for.
    #[must_use]
    pub const fn success() -> Self {
        Self::new(Ending::Success, None)
    }

    /// The call failed, for the reason `error_type`: a member of a closed set, never a message.
    #[must_use]
    pub const fn failure(error_type: &'static str) -> Self {
        Self::new(Ending::Failure, Some(error_type))
    }

    /// The call was given up before it ended; `error.type` is `cancelled`.
    #[must_use]
    pub const fn cancelled() -> Self {
        Self::new(Ending::Cancelled, Some("cancelled"))
    }

    /// The call panicked; `error.type` is `panicked`.
    #[must_use]
    pub const fn panicked() -> Self {
        Self::new(Ending::Panicked, Some("panicked"))
    }

    /// There was nothing to attempt; nothing is recorded.
    #[must_use]
    pub const fn not_attempted() -> Self {
        Self::new(Ending::NotAttempted, None)
    }

    /// What an HTTP status means to a server: below 400 a success; 401 and 403 `auth_error`, 429 `rate_limit_error`,
    /// 499 `cancelled`, the other 4xx `client_error`, everything from 500 on `server_error`.
    #[must_use]
    pub const fn from_http_status(status: u16) -> Self {
        let verdict = match status {
            0..400 => Self::success(),
            401 | 403 => Self::failure("auth_error"),
            429 => Self::failure("rate_limit_error"),
            499 => Self::cancelled(),
            400..500 => Self::failure("client_error"),
            _ => Self::failure("server_error"),
        };
        verdict.with_status_code(status)
    }

    /// With the HTTP status that was answered, or that a remote answered with.
    #[must_use]
    pub const fn with_status_code(mut self, status: u16) -> Self {
        self.status_code = Some(status);
        self
    }

    /// With another `error.type`.
    #[must_use]
    pub const fn with_error_type(mut self, error_type: &'static str) -> Self {
        self.error_type = Some(error_type);
        self
    }

    /// With the error's short name: a member of a closed set, finer than its type.
    #[must_use]
    pub const fn with_error_name(mut self, name: &'static str) -> Self {
        self.error_name = Some(name);
        self
    }

    /// How the call ended.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    /// Why it did not succeed.
    #[must_use]
    pub const fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    /// The error's short name.
    #[must_use]
    pub const fn error_name(&self) -> Option<&'static str> {
        self.error_name
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status_code(&self) -> Option<u16> {
        self.status_code
    }
}

/// An error that names its class.
///
/// ```
/// use kms_metrics::ErrorType;
///
/// enum LoginError {
///     WrongPassword,
///     Locked,
///     Database(std::io::Error),
/// }
///
/// impl ErrorType for LoginError {
///     fn error_type(&self) -> &'static str {
///         match self {
///             Self::WrongPassword => "invalid_credentials",
///             Self::Locked => "account_locked",
///             Self::Database(_) => "dependency_unavailable",
///         }
///     }
/// }
/// ```
///
/// The catalogue's values for authentication are `invalid_credentials`, `expired_token`, `invalid_token`,
/// `mfa_failed`, `account_locked`, `rate_limited`, `not_configured`, `dependency_unavailable` and `internal_error`; a
/// program may add its own.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` does not say its `error.type`",
    label = "this function returns `Err({Self})`, and its metrics need the class of the failure",
    note = "implement `kms_metrics::ErrorType` for `{Self}`",
    note = "or say it in the annotation, behind a semicolon: `; outcome = |returned| …`, an expression of type `kms_metrics::Verdict`"
)]
pub trait ErrorType {
    /// The class of the error, the value of `error.type` (and of `type` in the sync counters): from a closed set,
    /// never a message.
    fn error_type(&self) -> &'static str;

    /// The error's short name, finer than its class and from a closed set too; the value of `name` in the sync
    /// counters.
    fn error_name(&self) -> Option<&'static str> {
        None
    }

    /// The HTTP status that was answered, or that a remote answered with.
    fn status_code(&self) -> Option<u16> {
        None
    }
}

impl ErrorType for Infallible {
    fn error_type(&self) -> &'static str {
        match *self {}
    }
}

impl<E: ErrorType + ?Sized> ErrorType for &E {
    fn error_type(&self) -> &'static str {
        (**self).error_type()
    }
    fn error_name(&self) -> Option<&'static str> {
        (**self).error_name()
    }
    fn status_code(&self) -> Option<u16> {
        (**self).status_code()
    }
}

impl<E: ErrorType + ?Sized> ErrorType for Box<E> {
    fn error_type(&self) -> &'static str {
        (**self).error_type()
    }
    fn error_name(&self) -> Option<&'static str> {
        (**self).error_name()
    }
    fn status_code(&self) -> Option<u16> {
        (**self).status_code()
    }
}

/// A returned value that can mean failure.
///
/// Implement it for a type of your own that a handler returns as `Ok` although the operation failed. A type without
/// it, returned as it is or as `Ok`, is a success.
pub trait Outcome {
    /// What the value means.
    fn verdict(&self) -> Verdict;
}

impl Outcome for Verdict {
    fn verdict(&self) -> Verdict {
        *self
    }
}

impl Outcome for () {
    fn verdict(&self) -> Verdict {
        Verdict::success()
    }
}

impl<T: Outcome + ?Sized> Outcome for &T {
    fn verdict(&self) -> Verdict {
        (**self).verdict()
    }
}

/// `Some` is what its value says, `None` a success.
impl<T: Outcome> Outcome for Option<T> {
    fn verdict(&self) -> Verdict {
        self.as_ref().map_or(Verdict::success(), Outcome::verdict)
    }
}

impl<T: Outcome, E: ErrorType> Outcome for Result<T, E> {
    fn verdict(&self) -> Verdict {
        match self {
            Ok(value) => value.verdict(),
            Err(error) => error_verdict(error),
        }
    }
}

#[cfg(any(feature = "http", feature = "axum"))]
impl Outcome for http::StatusCode {
    fn verdict(&self) -> Verdict {
        Verdict::from_http_status(self.as_u16())
    }
}

/// As an error: HTTP's class of the status, and the status. One that is no error's is OpenTelemetry's `_OTHER`.
#[cfg(any(feature = "http", feature = "axum"))]
impl ErrorType for http::StatusCode {
    fn error_type(&self) -> &'static str {
        Verdict::from_http_status(self.as_u16()).error_type().unwrap_or("_OTHER")
    }

    fn status_code(&self) -> Option<u16> {
        Some(self.as_u16())
    }
}

#[cfg(any(feature = "http", feature = "axum"))]
impl<B> Outcome for http::Response<B> {
    fn verdict(&self) -> Verdict {
        self.status().verdict()
    }
}

/// As handlers answer with a status and a body.
#[cfg(any(feature = "http", feature = "axum"))]
impl<B> Outcome for (http::StatusCode, B) {
    fn verdict(&self) -> Verdict {
        self.0.verdict()
    }
}

/// As handlers answer with a status, headers and a body.
#[cfg(any(feature = "http", feature = "axum"))]
impl<H, B> Outcome for (http::StatusCode, H, B) {
    fn verdict(&self) -> Verdict {
        self.0.verdict()
    }
}

#[cfg(feature = "actix")]
impl Outcome for actix_web::http::StatusCode {
    fn verdict(&self) -> Verdict {
        Verdict::from_http_status(self.as_u16())
    }
}

#[cfg(feature = "actix")]
impl<B> Outcome for actix_web::HttpResponse<B> {
    fn verdict(&self) -> Verdict {
        self.status().verdict()
    }
}

/// Of an annotated middleware function.
#[cfg(feature = "actix")]
impl<B> Outcome for actix_web::dev::ServiceResponse<B> {
    fn verdict(&self) -> Verdict {
        self.status().verdict()
    }
}

/// By the status that it is answered with; an error that is no error's status (a redirect) is `_OTHER`.
#[cfg(feature = "actix")]
impl ErrorType for actix_web::Error {
    fn error_type(&self) -> &'static str {
        let status = self.as_response_error().status_code();
        Verdict::from_http_status(status.as_u16()).error_type().unwrap_or("_OTHER")
    }

    fn status_code(&self) -> Option<u16> {
        Some(self.as_response_error().status_code().as_u16())
    }
}

/// What an error means.
pub(crate) fn error_verdict<E: ErrorType + ?Sized>(error: &E) -> Verdict {
    let verdict = Verdict { error_name: error.error_name(), ..Verdict::failure(error.error_type()) };
    match error.status_code() {
        Some(status) => verdict.with_status_code(status),
        None => verdict,
    }
}
