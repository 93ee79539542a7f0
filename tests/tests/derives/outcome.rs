//! `#[derive(Outcome)]`

use std::fmt::Debug;

use kms_metrics::testing::{Capture, capture};
use kms_metrics::{Outcome, Verdict, kms_metric};
use kms_metrics_tests::{ApiError, AuthContext, person};

use crate::{REMOVAL_ERRORS, only};

const ATTEMPTS: &str = "kms.auth.attempt.count";
const READ_DURATION: &str = "kms.secret.operation.duration";

#[derive(Outcome)]
enum Login {
    #[metric(success)]
    LoggedIn {
        #[expect(dead_code, reason = "skipped by the derive")]
        user: &'static str,
    },
    #[metric(failure = "invalid_credentials", status_code = 401, name = "WrongPassword")]
    Refused(u8),
    #[metric(failure)]
    AccountLocked,
    #[metric(not_attempted)]
    NoCredential,
    #[metric(transparent)]
    Directory(Result<Verdict, ApiError>),
    Cached {
        #[metric(transparent)]
        before: Option<Verdict>,
        #[expect(dead_code, reason = "skipped by the derive")]
        age: u8,
    },
}

#[kms_metric(auth_attempt, ctx, auth_method = "ldap")]
fn log_in(ctx: &AuthContext, login: Login) -> Result<Login, ApiError> {
    let _ = ctx;
    Ok(login)
}

fn attempt(login: Login) -> Capture {
    let capture = capture();
    assert!(log_in(&person(), login).is_ok());
    capture
}

#[test]
fn a_derived_outcome_says_what_an_ok_means() {
    let result = |login| {
        let point = attempt(login).point(ATTEMPTS);
        (only(&point, "kms.auth.result").to_owned(), only(&point, "error.type").to_owned())
    };
    let failure = |class: &str| ("failure".to_owned(), class.to_owned());
    let success = ("success".to_owned(), String::new());
    assert_eq!(result(Login::LoggedIn { user: "jane" }), success);
    assert_eq!(result(Login::Refused(3)), failure("invalid_credentials"));
    assert_eq!(result(Login::AccountLocked), failure("account_locked"));
    assert_eq!(result(Login::Directory(Err(ApiError::NotFound))), failure("not_found"));
    assert_eq!(result(Login::Directory(Ok(Verdict::success()))), success);
    assert_eq!(result(Login::Cached { before: Some(Verdict::failure("stale")), age: 1 }), failure("stale"));
}

#[test]
fn a_variant_that_is_no_attempt_records_nothing() {
    assert_eq!(attempt(Login::NoCredential).points(ATTEMPTS), []);
}

#[test]
fn a_variants_status_and_name_are_recorded() {
    #[kms_metric(secret_removal, ctx, destination = "vault", sync_id = "s")]
    fn remove(ctx: &AuthContext) -> Login {
        let _ = ctx;
        Login::Refused(1)
    }
    let capture = capture();
    assert!(matches!(remove(&person()), Login::Refused(1)));
    let point = capture.point(REMOVAL_ERRORS);
    assert_eq!(
        (only(&point, "type"), only(&point, "name"), only(&point, "status")),
        ("invalid_credentials", "WrongPassword", "401")
    );
}

/// `Outcome` where the result inside has one.
#[derive(Outcome)]
struct Reply<T, E>(#[metric(transparent)] Result<T, E>)
where
    E: Debug;

#[derive(Outcome)]
#[metric(transparent)]
struct Named {
    answer: Reply<(), ApiError>,
}

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/")]
fn reply<T>(ctx: &AuthContext, answer: T) -> T
where
    T: Outcome,
{
    let _ = ctx;
    answer
}

#[test]
fn a_struct_around_an_outcome_means_what_is_inside() {
    fn class<T: Outcome>(answer: T) -> String {
        let capture = capture();
        reply(&person(), answer);
        only(&capture.point(READ_DURATION), "error.type").to_owned()
    }
    let ok = || Reply::<(), ApiError>(Ok(()));
    let failed = || Reply::<(), _>(Err(ApiError::NotFound));
    assert_eq!(class(ok()), "");
    assert_eq!(class(failed()), "not_found");
    assert_eq!(class(Named { answer: failed() }), "not_found");
    assert_eq!(class(Reply::<_, ApiError>(Ok(failed()))), "not_found");
}
