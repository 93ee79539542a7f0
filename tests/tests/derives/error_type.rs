//! `#[derive(ErrorType)]`

use kms_metrics::testing::capture;
use kms_metrics::{ErrorType, kms_metric};
use kms_metrics_tests::{ApiError, AuthContext, person};

use crate::{REMOVAL_ERRORS, only};

#[derive(Debug, ErrorType, thiserror::Error)]
#[metric(status_code = 500)]
enum LoginError {
    #[error("wrong password")]
    #[metric(error_type = "invalid_credentials", status_code = 401)]
    WrongPassword,
    #[error("locked for {minutes} minutes")]
    AccountLocked { minutes: u8 },
    #[error("the directory answered {0}")]
    #[metric(error_type = "remote_error", name = "DirectoryRefused")]
    Directory(String),
    #[error("the pool")]
    #[metric(transparent)]
    Pool(#[from] PoolError),
    #[error("the pool, while {doing}")]
    PoolWhile {
        doing: &'static str,
        #[source]
        #[metric(transparent)]
        error: Box<PoolError>,
    },
    #[error(transparent)]
    #[metric(error_type = "io")]
    Io(#[from] std::io::Error),
}

#[derive(Debug, ErrorType, thiserror::Error)]
#[error("no connection")]
#[metric(error_type = "dependency_unavailable", name = "PoolExhausted", status_code = 503)]
struct PoolError;

fn removal_of<E: ErrorType>(error: E) -> (String, String, String) {
    #[kms_metric(secret_removal, ctx, destination = "vault", sync_id = "s")]
    fn remove<E: ErrorType>(ctx: &AuthContext, error: E) -> Result<(), E> {
        let _ = ctx;
        Err(error)
    }
    let capture = capture();
    assert!(remove(&person(), error).is_err());
    let point = capture.point(REMOVAL_ERRORS);
    let part = |key| only(&point, key).to_owned();
    (part("type"), part("name"), part("status"))
}

#[test]
fn a_derived_error_says_its_class_its_name_and_its_status() {
    let says = |error: LoginError| removal_of(error);
    let said = |kind: &str, name: &str, status: &str| (kind.to_owned(), name.to_owned(), status.to_owned());
    assert_eq!(says(LoginError::WrongPassword), said("invalid_credentials", "", "401"));
    assert_eq!(says(LoginError::AccountLocked { minutes: 5 }), said("account_locked", "", "500"));
    assert_eq!(says(LoginError::Directory("no".into())), said("remote_error", "DirectoryRefused", "500"));
    assert_eq!(says(std::io::Error::other("disk").into()), said("io", "", "500"));
    assert_eq!(says(PoolError.into()), said("dependency_unavailable", "PoolExhausted", "503"));
    let boxed = LoginError::PoolWhile { doing: "reading", error: Box::new(PoolError) };
    assert_eq!(says(boxed), said("dependency_unavailable", "PoolExhausted", "503"));
}

#[test]
fn thiserrors_attributes_still_do_what_they_did() {
    assert_eq!(LoginError::AccountLocked { minutes: 5 }.to_string(), "locked for 5 minutes");
    assert!(std::error::Error::source(&LoginError::from(PoolError)).is_some());
}

#[derive(ErrorType)]
#[metric(error_type = "kmip")]
enum KmipError<E> {
    Decoding,
    #[metric(error_type = "_OTHER")]
    Vendor(#[expect(dead_code, reason = "skipped by the derive")] u32),
    #[metric(transparent)]
    Store(E),
}

#[derive(ErrorType)]
struct NotFound;

#[derive(ErrorType)]
#[metric(transparent)]
struct Wrapped {
    inner: NotFound,
}

#[derive(ErrorType)]
struct WithContext<E>(&'static str, #[metric(transparent)] E);

#[derive(ErrorType)]
enum Never {}

#[derive(ErrorType)]
enum Chain<E> {
    #[metric(transparent)]
    While(Box<Chain<E>>),
    After(#[expect(dead_code, reason = "skipped by the derive")] &'static str, #[metric(transparent)] Box<Self>),
    #[metric(transparent)]
    First(E),
}

#[test]
fn a_class_comes_from_the_variant_the_type_or_the_field() {
    assert_eq!(KmipError::<ApiError>::Decoding.error_type(), "kmip");
    assert_eq!(KmipError::<ApiError>::Vendor(1).error_type(), "_OTHER");
    let store = KmipError::Store(ApiError::Remote(503));
    assert_eq!(
        (store.error_type(), store.error_name(), store.status_code()),
        ("remote_error", Some("RemoteRefused"), Some(503))
    );
    assert_eq!(NotFound.error_type(), "not_found");
    assert_eq!(Wrapped { inner: NotFound }.error_type(), "not_found");
    let error = WithContext("reading", ApiError::NotFound);
    assert_eq!((error.0, error.error_type(), error.status_code()), ("reading", "not_found", Some(404)));
    let chain = Chain::While(Box::new(Chain::After("reading", Box::new(Chain::First(NotFound)))));
    assert_eq!(chain.error_type(), "not_found");
    assert!(None::<Never>.is_none_or(|never| never.error_type().is_empty()));
}
