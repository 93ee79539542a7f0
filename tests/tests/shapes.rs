//! Functions of all shapes: what they record, and that their expansion is clean under every lint there is.

#![deny(clippy::pedantic, clippy::nursery, unused)]

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use kms_metrics::kms_metric;
use kms_metrics::testing::capture;
use kms_metrics_tests::{ApiError, AuthContext, person, ready};

const READS: &str = "kms.secret.read.count";

/// What was recorded, as `path` or `path:error.type`.
fn recorded(call: impl FnOnce()) -> Vec<String> {
    let capture = capture();
    call();
    let reads = capture.points(READS).into_iter().flat_map(|read| {
        let path = read.attributes["kms.secret.path"].clone();
        (0..read.count).map(move |_| path.clone())
    });
    let failures = capture.points("kms.secret.operation.duration").into_iter().flat_map(|duration| {
        let error = duration.attributes.get("error.type").cloned();
        (0..duration.count).filter_map(move |_| error.as_ref().map(|error| format!("!{error}")))
    });
    let mut all: Vec<_> = reads.chain(failures).collect();
    all.sort();
    all
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "generic", secret_name = %name)]
fn generic<'a, T: Display + ?Sized, const N: usize>(
    ctx: &AuthContext,
    name: &T,
    list: &'a mut [String; N],
) -> Option<&'a mut String> {
    list.iter_mut().find(|it| **it == ctx.organization_id || name.to_string() == **it)
}

#[test]
fn a_generic_function_with_a_borrowed_return() {
    assert_eq!(
        recorded(|| {
            let mut list = ["a".to_owned(), "b".to_owned()];
            generic(&person(), "b", &mut list).unwrap().push('!');
            assert_eq!(list[1], "b!");
        }),
        ["generic"]
    );
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "unsafe")]
unsafe fn not_safe(ctx: &AuthContext, byte: *const u8) -> (u8, usize) {
    // SAFETY: the only caller passes a reference.
    (unsafe { *byte }, ctx.project_id.len())
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "extern")]
extern "C" fn foreign(ctx: &AuthContext, number: u8) -> u8 {
    number.wrapping_add(u8::try_from(ctx.project_id.len()).unwrap_or(0))
}

#[test]
fn an_unsafe_and_a_foreign_function() {
    // SAFETY: it is a reference.
    assert_eq!(recorded(|| assert_eq!(unsafe { not_safe(&person(), &7) }.0, 7)), ["unsafe"]);
    assert_eq!(recorded(|| assert_eq!(foreign(&person(), 1), 10)), ["extern"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "opaque")]
async fn opaque(ctx: &AuthContext, name: impl Into<String>) -> Result<impl Iterator<Item = char>, ApiError> {
    let name: String = name.into();
    if name.is_empty() {
        return Err(ApiError::NotFound);
    }
    std::future::ready(ctx).await;
    Ok(name.chars().rev().collect::<Vec<_>>().into_iter())
}

#[test]
fn an_opaque_return_inside_a_result() {
    assert_eq!(recorded(|| assert_eq!(ready(opaque(&person(), "ab")).unwrap().collect::<String>(), "ba")), ["opaque"]);
    assert_eq!(recorded(|| assert!(ready(opaque(&person(), "")).is_err())), ["!not_found"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "dyn")]
async fn coerced(ctx: &AuthContext, number: bool) -> Result<Box<dyn Display>, ApiError> {
    std::future::ready(ctx).await;
    if number {
        return Ok(Box::new(7));
    }
    Ok(Box::new("seven"))
}

#[test]
fn a_dyn_coercion_in_the_tail_and_in_a_return() {
    assert_eq!(recorded(|| assert_eq!(ready(coerced(&person(), true)).unwrap().to_string(), "7")), ["dyn"]);
    assert_eq!(recorded(|| assert_eq!(ready(coerced(&person(), false)).unwrap().to_string(), "seven")), ["dyn"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "recursion")]
async fn countdown(ctx: &AuthContext, from: u8) -> u8 {
    if from == 0 { 0 } else { Box::pin(countdown(ctx, from - 1)).await + 1 }
}

#[test]
fn a_recursive_function_counts_each_call() {
    assert_eq!(recorded(|| assert_eq!(ready(countdown(&person(), 2)), 2)), ["recursion"; 3]);
}

struct Store {
    ctx: AuthContext,
    names: Vec<String>,
}

fn store() -> Store {
    Store { ctx: person(), names: vec!["first".into(), "last".into()] }
}

impl Store {
    #[kms_metric(secret_read, self.ctx, environment = "e", secret_path = "value")]
    fn by_value(self) -> Vec<String> {
        self.names
    }

    #[kms_metric(secret_read, self.ctx, environment = "e", secret_path = "arc")]
    async fn by_arc(self: Arc<Self>) -> usize {
        std::future::ready(()).await;
        self.names.len()
    }

    #[kms_metric(secret_read, self.ctx, environment = "e", secret_path = "mut")]
    async fn by_mut(&mut self, extra: &mut Vec<String>) -> Option<&mut String> {
        extra.push("extra".into());
        std::future::ready(()).await;
        self.names.append(extra);
        self.names.last_mut()
    }

    #[kms_metric(secret_read, ctx, environment = "e", secret_path = "associated")]
    fn associated(ctx: &AuthContext) -> usize {
        ctx.organization_id.len()
    }
}

#[test]
fn methods_with_every_kind_of_self() {
    assert_eq!(recorded(|| assert_eq!(store().by_value().len(), 2)), ["value"]);
    assert_eq!(recorded(|| assert_eq!(ready(Arc::new(store()).by_arc()), 2)), ["arc"]);
    assert_eq!(recorded(|| assert_eq!(ready(store().by_mut(&mut vec![])).unwrap(), "extra")), ["mut"]);
    assert_eq!(recorded(|| assert_eq!(Store::associated(&person()), 5)), ["associated"]);
}

struct Pair {
    left: String,
    right: Option<String>,
}

#[kms_metric(secret_read, ctx, environment = left, secret_path = "patterns", secret_name = right)]
fn patterns(ctx: &AuthContext, Pair { left, right }: Pair, mut count: u8, _: u8) -> Result<String, ApiError> {
    let Some(right) = right else {
        return Err(ApiError::NotFound);
    };
    count += 1;
    let first = || -> Result<char, ApiError> { right.chars().next().ok_or(ApiError::NotFound) };
    Ok(format!("{}{left}{}{count}", ctx.project_id, first()?))
}

#[test]
fn patterns_in_arguments_and_returns_of_inner_closures() {
    let pair = |right: Option<&str>| Pair { left: "l".into(), right: right.map(str::to_owned) };
    assert_eq!(
        recorded(|| assert_eq!(patterns(&person(), pair(Some("r")), 1, 2).unwrap(), "project-1lr2")),
        ["patterns"]
    );
    assert_eq!(recorded(|| assert!(patterns(&person(), pair(None), 1, 2).is_err())), ["!not_found"]);
    assert_eq!(recorded(|| assert!(patterns(&person(), pair(Some("")), 1, 2).is_err())), ["!not_found"]);
}

trait Reader {
    async fn read(&self, path: &str) -> Result<String, ApiError>;

    #[kms_metric(secret_read, self.ctx(), environment = "e", secret_path = "default")]
    fn default_method(&self) -> usize {
        self.ctx().organization_id.len()
    }

    fn ctx(&self) -> &AuthContext;
}

impl Reader for Store {
    #[kms_metric(secret_read, self.ctx, environment = "e", secret_path = path)]
    async fn read(&self, path: &str) -> Result<String, ApiError> {
        std::future::ready(()).await;
        self.names.iter().find(|it| *it == path).cloned().ok_or(ApiError::NotFound)
    }

    fn ctx(&self) -> &AuthContext {
        &self.ctx
    }
}

#[test]
fn trait_methods_and_default_methods() {
    assert_eq!(recorded(|| assert!(ready(store().read("first")).is_ok())), ["first"]);
    assert_eq!(recorded(|| assert!(ready(store().read("none")).is_err())), ["!not_found"]);
    assert_eq!(recorded(|| assert_eq!(store().default_method(), 5)), ["default"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "outer")]
#[kms_metric(kmip_operation, ctx, kmip_operation_type = "get", kmip_client_id = "c")]
async fn twice(ctx: &AuthContext) -> usize {
    Store::associated(ctx) + std::future::ready(1).await
}

#[test]
fn several_annotations_and_annotated_calls_inside() {
    let capture = capture();
    assert_eq!(ready(twice(&person())), 6);
    assert_eq!(capture.total("kms.kmip.operation.count"), 1);
    let mut paths: Vec<_> =
        capture.points(READS).into_iter().map(|it| it.attributes["kms.secret.path"].clone()).collect();
    paths.sort();
    assert_eq!(paths, ["associated", "outer"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "inner")]
async fn inner_attributes(ctx: &AuthContext, unused: u8) -> usize {
    #![allow(unused_variables)]
    #![allow(clippy::no_effect_underscore_binding)]
    let _nothing = 7;
    std::future::ready(ctx.organization_id.len()).await
}

#[test]
fn attributes_inside_the_body() {
    assert_eq!(recorded(|| assert_eq!(ready(inner_attributes(&person(), 7)), 5)), ["inner"]);
}

macro_rules! give_up {
    () => {
        return Err(ApiError::NotFound)
    };
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "macro")]
async fn with_a_macro(ctx: &AuthContext) -> Result<(), ApiError> {
    if std::future::ready(ctx.organization_id.len()).await > 1 {
        give_up!();
    }
    Ok(())
}

#[test]
fn a_macro_that_returns() {
    assert_eq!(recorded(|| assert!(ready(with_a_macro(&person())).is_err())), ["!not_found"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "before", secret_name = names.first())]
fn moves_and_changes(ctx: AuthContext, mut names: Vec<String>) -> (AuthContext, Vec<String>) {
    names.clear();
    (ctx, names)
}

#[test]
fn values_are_taken_before_the_body_changes_or_moves_them() {
    let capture = capture();
    assert!(moves_and_changes(person(), vec!["name".into()]).1.is_empty());
    assert_eq!(capture.point(READS).attributes["kms.secret.name"], "name");
}

#[test]
fn an_annotated_future_stays_send() {
    const fn is_send<T: Send>(value: T) -> T {
        value
    }
    let ctx = person();
    let future: Pin<Box<dyn Future<Output = u8> + Send + '_>> = Box::pin(is_send(countdown_once(&ctx)));
    assert_eq!(recorded(|| assert_eq!(ready(future), 1)), ["send"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "send")]
async fn countdown_once(ctx: &AuthContext) -> u8 {
    std::future::ready(ctx).await;
    1
}

#[expect(clippy::large_types_passed_by_value, reason = "that is what is measured")]
async fn plain(ctx: &AuthContext, large: [u64; 128]) -> Result<u64, ApiError> {
    std::future::ready(ctx).await;
    large.first().copied().ok_or(ApiError::NotFound)
}

#[expect(clippy::large_types_passed_by_value, reason = "that is what is measured")]
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "large")]
async fn annotated(ctx: &AuthContext, large: [u64; 128]) -> Result<u64, ApiError> {
    std::future::ready(ctx).await;
    large.first().copied().ok_or(ApiError::NotFound)
}

#[test]
fn an_annotation_makes_a_future_little_larger() {
    let ctx = person();
    let plain = size_of_val(&plain(&ctx, [0; 128]));
    let annotated = size_of_val(&annotated(&ctx, [0; 128]));
    assert!(annotated <= plain + 64, "{annotated} bytes, and {plain} without an annotation");
}
