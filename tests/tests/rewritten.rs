//! Functions that another attribute has rewritten before the annotation sees them.

#![deny(clippy::pedantic, clippy::nursery, unused)]

use std::pin::Pin;

use async_trait::async_trait;
use kms_metrics::kms_metric;
use kms_metrics::testing::{Capture, capture};
use kms_metrics_tests::{ApiError, AuthContext, cancel, person, ready};

fn paths(capture: &Capture) -> Vec<String> {
    let points = capture.points("kms.secret.read.count");
    points.into_iter().map(|point| point.attributes["kms.secret.path"].clone()).collect()
}

fn errors(capture: &Capture) -> Vec<String> {
    let points = capture.points("kms.secret.operation.duration");
    points.into_iter().filter_map(|point| point.attributes.get("error.type").cloned()).collect()
}

#[async_trait]
trait SecretReader: Sync {
    async fn read(&self, ctx: AuthContext, path: String) -> Result<Box<dyn ToString + Send>, ApiError>;

    fn ctx(&self) -> &AuthContext;

    #[kms_metric(secret_read, self.ctx(), environment = "e", secret_path = "default", secret_name = |found| *found)]
    async fn default_method(&self, name: &str) -> Option<&'static str>
    where
        Self: Sized,
    {
        std::future::ready(()).await;
        (name == "known").then_some("known")
    }
}

struct Store(AuthContext);

#[async_trait]
impl SecretReader for Store {
    #[kms_metric(secret_read, ctx, environment = "e", secret_path = path)]
    async fn read(&self, ctx: AuthContext, path: String) -> Result<Box<dyn ToString + Send>, ApiError> {
        if path == "/hang" {
            std::future::pending::<()>().await;
        }
        if ctx.project_id == self.0.project_id && path == "/early" {
            return Ok(Box::new(7));
        }
        let path = Some(path).filter(|path| path != "/none").ok_or(ApiError::NotFound)?;
        Ok(Box::new(path))
    }

    fn ctx(&self) -> &AuthContext {
        &self.0
    }
}

#[test]
fn an_async_trait_method_is_recorded_when_its_future_runs() {
    let capture = capture();
    let store = Store(person());
    let future = store.read(person(), "/a".into());
    drop(future);
    assert_eq!(paths(&capture), [""; 0], "a future that never ran was no call");
    assert_eq!(ready(store.read(person(), "/a".into())).unwrap().to_string(), "/a");
    assert_eq!(ready(store.read(person(), "/early".into())).unwrap().to_string(), "7");
    let mut read = paths(&capture);
    read.sort();
    assert_eq!(read, ["/a", "/early"]);
    assert!(ready(store.read(person(), "/none".into())).is_err());
    cancel(store.read(person(), "/hang".into()));
    let mut failed = errors(&capture);
    failed.sort();
    assert_eq!(failed, ["cancelled", "not_found"]);
}

#[test]
fn a_default_method_of_an_async_trait_is_recorded() {
    let capture = capture();
    assert_eq!(ready(Store(person()).default_method("known")), Some("known"));
    assert_eq!(capture.point("kms.secret.read.count").attributes["kms.secret.name"], "known");
}

/// As `#[async_trait]` would write it, with statements of its own before the block.
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "boxed")]
fn boxed<'a>(ctx: &'a AuthContext, log: &'a mut Vec<&'static str>) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    log.push("before the future");
    Box::pin(async move {
        log.push("in the future");
        std::future::ready(ctx.organization_id.len()).await
    })
}

#[test]
fn what_stands_before_a_boxed_block_stays_where_it_is() {
    let capture = capture();
    let ctx = person();
    let mut log = Vec::new();
    drop(boxed(&ctx, &mut log));
    assert_eq!(log, ["before the future"]);
    assert_eq!(paths(&capture), [""; 0]);
    assert_eq!(ready(boxed(&ctx, &mut log)), 5);
    assert_eq!(log, ["before the future", "before the future", "in the future"]);
    assert_eq!(paths(&capture), ["boxed"]);
}

#[maybe_async::must_be_sync]
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "sync")]
async fn made_sync(ctx: &AuthContext) -> Result<usize, ApiError> {
    let length = step(ctx.organization_id.len()).await?;
    Ok(length)
}

#[maybe_async::must_be_sync]
#[expect(clippy::missing_const_for_fn, reason = "maybe_async makes it a plain function")]
async fn step(number: usize) -> Result<usize, ApiError> {
    if number > 0 { Ok(number) } else { Err(ApiError::NotFound) }
}

#[maybe_async::must_be_async]
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "async")]
async fn stays_async(ctx: &AuthContext) -> Result<usize, ApiError> {
    Ok(std::future::ready(ctx.organization_id.len()).await)
}

#[test]
fn maybe_async_in_both_its_forms() {
    let capture = capture();
    assert_eq!(made_sync(&person()), Ok(5));
    assert_eq!(ready(stays_async(&person())), Ok(5));
    let mut read = paths(&capture);
    read.sort();
    assert_eq!(read, ["async", "sync"]);
}
