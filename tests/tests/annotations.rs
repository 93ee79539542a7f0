//! What an annotated function records.

use std::borrow::Cow;
use std::future::pending;

use kms_metrics::testing::capture;
use kms_metrics::{Outcome, Verdict, kms_metric};
use kms_metrics_tests::{ApiError, AuthContext, attributes, cancel, machine, only, person, ready};

const READS: &str = "kms.secret.read.count";
const READ_DURATION: &str = "kms.secret.operation.duration";
const ATTEMPTS: &str = "kms.auth.attempt.count";

struct Query {
    environment: String,
    path: String,
}

fn query() -> Query {
    Query { environment: "prod".into(), path: "/payments/db".into() }
}

#[kms_metric(secret_read, ctx, environment = &query.environment, secret_path = query.path, secret_name = name)]
async fn read_secret(ctx: &AuthContext, query: Query, name: Option<&str>) -> Result<String, ApiError> {
    if query.path == "/early" {
        return Ok("early".into());
    }
    let found = Some(query.path).filter(|path| path != "/missing");
    let path = found.ok_or(ApiError::NotFound)?;
    Ok(path)
}

#[test]
fn a_read_is_counted_with_every_attribute_and_timed_with_the_bounded_ones() {
    let capture = capture();
    assert_eq!(ready(read_secret(&person(), query(), Some("password"))), Ok("/payments/db".to_owned()));
    let point = capture.point(READS);
    assert_eq!(point.count, 1);
    assert_eq!(
        point.attributes,
        attributes([
            ("client.address", "192.0.2.7"),
            ("kms.environment", "prod"),
            ("kms.organization.id", "org-1"),
            ("kms.organization.name", "Platform Engineering"),
            ("kms.project.id", "project-1"),
            ("kms.project.name", "payments"),
            ("kms.secret.name", "password"),
            ("kms.secret.path", "/payments/db"),
            ("kms.user.email", "jane.doe@example.com"),
            ("kms.user.id", "user-1"),
            ("user_agent.original", "kms-cli/1.0"),
        ])
    );
    let duration = capture.point(READ_DURATION);
    assert_eq!(duration.count, 1);
    assert_eq!(duration.attributes, attributes([("kms.outcome", "success"), ("kms.secret.operation", "read")]));
    let bounds: Vec<_> = duration.buckets.iter().map(|(bound, _)| *bound).collect();
    assert_eq!(bounds, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, f64::INFINITY]);
}

#[test]
fn a_machine_is_an_identity_and_an_absent_attribute_is_left_out() {
    let capture = capture();
    ready(read_secret(&machine(), query(), None)).unwrap();
    let point = capture.point(READS);
    assert_eq!(only(&point, "kms.identity.name"), "prod-k8s-operator");
    for absent in ["kms.user.id", "kms.user.email", "kms.secret.name"] {
        assert!(!point.attributes.contains_key(absent), "{absent}");
    }
}

#[test]
fn an_early_return_is_recorded() {
    let capture = capture();
    ready(read_secret(&person(), Query { path: "/early".into(), ..query() }, None)).unwrap();
    assert_eq!(capture.point(READS).count, 1);
}

#[test]
fn a_question_mark_is_a_failure_with_its_error_type_and_not_a_read() {
    let capture = capture();
    let missing = Query { path: "/missing".into(), ..query() };
    assert_eq!(ready(read_secret(&person(), missing, None)), Err(ApiError::NotFound));
    assert_eq!(capture.points(READS), []);
    let duration = capture.point(READ_DURATION);
    assert_eq!(
        duration.attributes,
        attributes([("error.type", "not_found"), ("kms.outcome", "failure"), ("kms.secret.operation", "read")])
    );
}

#[kms_metric(auth_attempt, ctx, auth_method = "universal-auth")]
async fn hanging_login(ctx: AuthContext) -> Result<(), ApiError> {
    pending().await
}

#[test]
fn a_cancelled_login_is_a_failed_attempt() {
    let capture = capture();
    cancel(hanging_login(machine()));
    let point = capture.point(ATTEMPTS);
    assert_eq!((only(&point, "kms.auth.result"), only(&point, "error.type")), ("failure".into(), "cancelled".into()));
    let duration = capture.point("kms.auth.attempt.duration");
    assert_eq!(
        duration.attributes,
        attributes([
            ("error.type", "cancelled"),
            ("kms.auth.method", "universal-auth"),
            ("kms.auth.result", "failure")
        ])
    );
}

#[kms_metric(auth_attempt, ctx, auth_method = "universal-auth")]
fn panicking_login(ctx: &AuthContext) -> Result<(), ApiError> {
    panic!("{ctx:?}")
}

#[test]
fn a_panic_is_recorded_and_goes_on() {
    let capture = capture();
    let result = std::panic::catch_unwind(|| panicking_login(&machine()));
    assert!(result.is_err());
    assert_eq!(only(&capture.point(ATTEMPTS), "error.type"), "panicked");
}

#[kms_metric(
    auth_attempt,
    auth_method = "ldap",
    client_address = "192.0.2.7",
    organization_id = None,
    organization_name = None
)]
fn anonymous() {}

#[test]
fn a_nullable_attribute_can_be_none() {
    let capture = capture();
    anonymous();
    let point = capture.point(ATTEMPTS);
    assert_eq!(
        point.attributes,
        attributes([("client.address", "192.0.2.7"), ("kms.auth.method", "ldap"), ("kms.auth.result", "success")])
    );
}

struct Kmip {
    objects: Vec<String>,
    ctx: AuthContext,
}

impl Kmip {
    #[kms_metric(
        kmip_operation, self.ctx,
        kmip_operation_type = "get",
        kmip_client_id = Cow::Borrowed("client-1"),
        kmip_object_id = |object| object.as_ref().map(|object| object.as_str()),
    )]
    fn last(&mut self) -> Option<&mut String> {
        self.objects.last_mut()
    }
}

#[test]
fn a_method_may_return_a_borrow_of_itself() {
    let capture = capture();
    let mut kmip = Kmip { objects: vec!["object-1".into()], ctx: machine() };
    kmip.last().unwrap().push('!');
    let point = capture.point("kms.kmip.operation.count");
    assert_eq!(
        point.attributes,
        attributes([
            ("client.address", "192.0.2.7"),
            ("kms.identity.id", "identity-1"),
            ("kms.identity.name", "prod-k8s-operator"),
            ("kms.kmip.client.id", "client-1"),
            ("kms.kmip.object.id", "object-1"),
            ("kms.kmip.operation.type", "get"),
            ("kms.organization.id", "org-1"),
            ("kms.project.id", "project-1"),
            ("user_agent.original", "kms-cli/1.0"),
        ])
    );
    assert_eq!(kmip.objects, ["object-1!"]);
}

#[kms_metric(secret_sync, destination = "aws-secrets-manager", sync_id = %id, project_id = ctx.project_id)]
fn sync(ctx: &AuthContext, id: u32, status: u16) -> Result<(), ApiError> {
    if status == 200 { Ok(()) } else { Err(ApiError::Remote(status)) }
}

#[test]
fn a_failed_sync_is_an_error_with_its_class_name_and_status() {
    let capture = capture();
    sync(&person(), 7, 200).unwrap();
    assert_eq!(capture.points("secret_sync_sync_secrets_errors"), []);
    sync(&person(), 7, 503).unwrap_err();
    let point = capture.point("secret_sync_sync_secrets_errors");
    assert_eq!(
        point.attributes,
        attributes([
            ("destination", "aws-secrets-manager"),
            ("name", "RemoteRefused"),
            ("projectId", "project-1"),
            ("status", "503"),
            ("syncId", "7"),
            ("type", "remote_error"),
            ("version", "1"),
        ])
    );
    let outcomes = capture.points("kms.secret_sync.duration");
    let mut outcomes: Vec<_> = outcomes
        .iter()
        .map(|it| {
            (only(it, "kms.secret_sync.operation"), only(it, "kms.secret_sync.destination"), only(it, "kms.outcome"))
        })
        .collect();
    outcomes.sort();
    let sync = || ("sync".to_owned(), "aws-secrets-manager".to_owned());
    assert_eq!(outcomes, [(sync().0, sync().1, "failure".to_owned()), (sync().0, sync().1, "success".to_owned())]);
}

#[kms_metric(integration_sync, ctx, integration = "github", integration_id = "int-1")]
fn nightly(ctx: &AuthContext, fail: bool) {
    assert!(!fail, "{ctx:?}");
}

#[test]
fn a_function_that_returns_nothing_succeeds_or_panics() {
    let capture = capture();
    nightly(&person(), false);
    assert_eq!(capture.total("integration_secret_sync_errors"), 0);
    assert!(std::panic::catch_unwind(|| nightly(&person(), true)).is_err());
    let point = capture.point("integration_secret_sync_errors");
    assert_eq!(only(&point, "type"), "panicked");
    assert_eq!(only(&point, "integrationId"), "int-1");
}

/// An answer whose `Ok` can mean failure.
enum Answer {
    Done,
    Refused,
}

impl Outcome for Answer {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Done => Verdict::success(),
            Self::Refused => Verdict::failure("refused"),
        }
    }
}

#[kms_metric(secret_removal, ctx, destination = "vault", sync_id = "s")]
fn remove(ctx: &AuthContext, done: bool) -> Result<Option<Answer>, ApiError> {
    let _ = ctx;
    Ok(Some(if done { Answer::Done } else { Answer::Refused }))
}

#[test]
fn an_ok_that_means_failure_is_a_failure() {
    let capture = capture();
    remove(&person(), true).unwrap();
    assert_eq!(capture.total("secret_sync_remove_secrets_errors"), 0);
    remove(&person(), false).unwrap();
    assert_eq!(only(&capture.point("secret_sync_remove_secrets_errors"), "type"), "refused");
}

#[kms_metric(secret_import, ctx, destination = "vault", sync_id = "s")]
fn import(ctx: &AuthContext, outer: bool) -> Result<Result<u8, ApiError>, ApiError> {
    let _ = ctx;
    if outer { Err(ApiError::NotFound) } else { Ok(Err(ApiError::Remote(500))) }
}

#[test]
fn an_error_inside_an_ok_is_a_failure() {
    let capture = capture();
    import(&person(), false).unwrap().unwrap_err();
    assert_eq!(only(&capture.point("secret_sync_import_secrets_errors"), "type"), "remote_error");
}

struct Opaque;

#[kms_metric(
    secret_read, ctx, environment = "dev", secret_path = "/";
    outcome = |returned| if returned.is_ok() { Verdict::success() } else { Verdict::failure("opaque") },
    count = always
)]
fn overridden(ctx: &AuthContext, ok: bool) -> Result<(), Opaque> {
    let _ = ctx;
    if ok { Ok(()) } else { Err(Opaque) }
}

#[test]
fn the_annotation_can_say_what_the_outcome_is_and_what_counts() {
    let capture = capture();
    assert!(overridden(&person(), false).is_err());
    assert_eq!(capture.point(READS).count, 1);
    assert_eq!(only(&capture.point(READ_DURATION), "error.type"), "opaque");
}

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/", organization_name = "by hand")]
fn by_hand(ctx: &AuthContext) {
    let _ = ctx;
}

#[test]
fn a_value_by_hand_wins_over_the_context() {
    let capture = capture();
    by_hand(&person());
    let point = capture.point(READS);
    assert_eq!(only(&point, "kms.organization.name"), "by hand");
    assert_eq!(only(&point, "kms.organization.id"), "org-1");
}

#[kms_metric(auth_attempt, ctx, auth_method = "token"; outcome = |_found| Verdict::not_attempted())]
fn no_credential(ctx: &AuthContext) -> Option<()> {
    let _ = ctx;
    None
}

#[test]
fn no_attempt_records_nothing() {
    let capture = capture();
    assert!(no_credential(&person()).is_none());
    assert_eq!(capture.points(ATTEMPTS), []);
    assert_eq!(capture.points("kms.auth.attempt.duration"), []);
}

#[test]
fn without_telemetry_the_expressions_are_not_evaluated() {
    #[kms_metric(secret_read, ctx, environment = panics(), secret_path = "/")]
    fn read(ctx: &AuthContext) -> u8 {
        let _ = ctx;
        7
    }
    fn panics() -> String {
        panic!("evaluated")
    }
    // Another test of this binary may be capturing, which turns recording on for the process.
    if !kms_metrics::is_enabled() {
        assert_eq!(read(&person()), 7);
    }
}

#[test]
fn captures_may_end_in_any_order() {
    let first = capture();
    let second = capture();
    drop(first);
    by_hand(&person());
    assert_eq!(second.total(READS), 1);
}

#[test]
fn captures_nest_and_threads_do_not_see_each_other() {
    let outer = capture();
    by_hand(&person());
    {
        let inner = capture();
        by_hand(&person());
        std::thread::spawn(|| by_hand(&person())).join().unwrap();
        assert_eq!(inner.total(READS), 1);
    }
    assert_eq!(outer.total(READS), 1);
    let elsewhere = outer.scope(async { by_hand(&person()) });
    let given_up = outer.scope(hanging_login(machine()));
    std::thread::spawn(move || {
        ready(elsewhere);
        cancel(given_up);
    })
    .join()
    .unwrap();
    assert_eq!((outer.total(READS), outer.total(ATTEMPTS)), (2, 1));
}
