//! When arguments are dropped, and what leaves an inner block only.

use std::cell::RefCell;
use std::rc::Rc;

use kms_metrics::kms_metric;
use kms_metrics::testing::capture;
use kms_metrics_tests::{ApiError, AuthContext, cancel, person, ready};

use super::{errors, paths, read};

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn note(&self, event: &str) {
        self.0.borrow_mut().push(event.into());
    }

    fn guard(&self, name: &'static str) -> Guard {
        Guard(self.clone(), name)
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Says when it is dropped.
struct Guard(Log, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "sync")]
fn guarded(ctx: &AuthContext, _guard: Guard, log: &Log) -> Result<usize, ApiError> {
    let _inner = log.guard("inner");
    log.note("body");
    if ctx.project_id.is_empty() {
        return Err(ApiError::NotFound);
    }
    Ok(ctx.project_id.len())
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "async")]
async fn guarded_async(ctx: &AuthContext, _guard: Guard, log: &Log, polls: usize) -> Result<usize, ApiError> {
    let _inner = log.guard("inner");
    for _ in 0..polls {
        yield_once().await;
    }
    log.note("body");
    if ctx.project_id.is_empty() {
        return Err(ApiError::NotFound);
    }
    Ok(ctx.project_id.len())
}

#[kms_metric(integration_sync, ctx, integration = "i", integration_id = "1")]
fn guarded_without_a_return(ctx: &AuthContext, _guard: Guard, log: &Log) {
    log.note(&ctx.project_id);
}

#[test]
fn a_guard_among_the_arguments_is_dropped_after_the_body() {
    let (log, ctx) = (Log::default(), person());
    let nobody = AuthContext { project_id: String::new(), ..person() };
    assert_eq!(read(|| assert_eq!(guarded(&ctx, log.guard("guard"), &log), Ok(9))), ["sync"]);
    assert_eq!(log.take(), ["body", "inner", "guard"]);
    assert!(guarded(&nobody, log.guard("guard"), &log).is_err());
    assert_eq!(log.take(), ["body", "inner", "guard"]);

    assert_eq!(read(|| assert_eq!(ready(guarded_async(&ctx, log.guard("guard"), &log, 0)), Ok(9))), ["async"]);
    assert_eq!(log.take(), ["body", "inner", "guard"]);
    assert!(ready(guarded_async(&nobody, log.guard("guard"), &log, 0)).is_err());
    assert_eq!(log.take(), ["body", "inner", "guard"]);

    guarded_without_a_return(&ctx, log.guard("guard"), &log);
    assert_eq!(log.take(), ["project-1", "guard"]);
}

#[test]
fn a_guard_among_the_arguments_of_a_cancelled_call_is_dropped_last() {
    let (log, ctx) = (Log::default(), person());
    let capture = capture();
    cancel(guarded_async(&ctx, log.guard("guard"), &log, 1));
    assert_eq!(log.take(), ["inner", "guard"]);
    drop(guarded_async(&ctx, log.guard("guard"), &log, 1));
    assert_eq!(log.take(), ["guard"]);
    assert_eq!((paths(&capture), errors(&capture)), (vec![], vec!["cancelled".to_owned()]));
}

struct Pair {
    left: Guard,
    right: Guard,
}

/// Uses its arguments in an order of its own, and one of them not at all.
macro_rules! use_in_disorder {
    ($ctx:ident, $first:ident, $left:ident, $right:ident, $last:ident) => {{
        $left.0.note($right.1);
        $first.0.note($last.1);
        if $ctx.project_id.is_empty() {
            return Err(ApiError::NotFound);
        }
        Ok($ctx.project_id.len())
    }};
}

type Length = Result<usize, ApiError>;

fn plain(ctx: &AuthContext, first: Guard, Pair { left, right }: Pair, _unused: Guard, last: Guard) -> Length {
    use_in_disorder!(ctx, first, left, right, last)
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "order")]
fn annotated(ctx: &AuthContext, first: Guard, Pair { left, right }: Pair, _unused: Guard, last: Guard) -> Length {
    use_in_disorder!(ctx, first, left, right, last)
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "order")]
async fn in_async(ctx: &AuthContext, first: Guard, Pair { left, right }: Pair, _unused: Guard, last: Guard) -> Length {
    if ctx.organization_id.is_empty() {
        yield_once().await;
    }
    use_in_disorder!(ctx, first, left, right, last)
}

/// A lock that is declared before the file that it protects is released after the file is closed.
#[test]
fn arguments_are_dropped_in_the_order_of_the_plain_function() {
    let log = Log::default();
    let hangs = AuthContext { organization_id: String::new(), ..person() };
    let fails = AuthContext { project_id: String::new(), ..person() };
    let pair = || Pair { left: log.guard("left"), right: log.guard("right") };
    let [first, unused, last] = ["first", "unused", "last"].map(|name| || log.guard(name));
    for ctx in [person(), fails] {
        let returned = plain(&ctx, first(), pair(), unused(), last());
        let order = log.take();
        assert_eq!(order, ["right", "last", "last", "unused", "right", "left", "first"]);
        assert_eq!(annotated(&ctx, first(), pair(), unused(), last()), returned);
        assert_eq!(log.take(), order);
        assert_eq!(ready(in_async(&ctx, first(), pair(), unused(), last())), returned);
        assert_eq!(log.take(), order);
    }
    cancel(in_async(&hangs, first(), pair(), unused(), last()));
    assert_eq!(log.take(), ["last", "unused", "right", "left", "first"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "nested", secret_name = |sum| sum.as_ref().ok().map(|sum| if *sum > 3 { "large" } else { "small" }))]
async fn nested(ctx: &AuthContext, numbers: Vec<Result<usize, ApiError>>) -> Result<usize, ApiError> {
    let limit = ctx.project_id.len();
    let small = |number: &usize| -> bool {
        if *number > limit {
            return false;
        }
        true
    };
    let sum = async {
        let mut sum = 0;
        for number in numbers {
            let number = number?;
            if !small(&number) {
                return Ok::<_, ApiError>(usize::MAX);
            }
            yield_nothing().await;
            sum += number;
        }
        Ok(sum)
    };
    let sum = sum.await.or_else(|error| {
        if error == ApiError::NotFound {
            return Ok(0);
        }
        Err(error)
    })?;
    Ok(std::future::ready(sum).await)
}

async fn yield_nothing() {
    std::future::ready(()).await;
}

#[test]
fn what_leaves_an_inner_block_does_not_leave_the_function() {
    let capture = capture();
    let ctx = person();
    assert_eq!(ready(nested(&ctx, vec![Ok(1), Ok(2)])), Ok(3));
    assert_eq!(ready(nested(&ctx, vec![Ok(100)])), Ok(usize::MAX));
    assert_eq!(ready(nested(&ctx, vec![Ok(1), Err(ApiError::NotFound)])), Ok(0));
    assert_eq!(ready(nested(&ctx, vec![Err(ApiError::Remote(502))])), Err(ApiError::Remote(502)));
    assert_eq!(super::sorted(&capture, super::READS, "kms.secret.name"), ["large", "small", "small"]);
    assert_eq!(errors(&capture), ["remote_error"]);
}
