//! `#[cfg]`: on statements, on arguments, on twin functions, and on the annotation itself.

use kms_metrics::kms_metric;
use kms_metrics::testing::capture;
use kms_metrics_tests::{ApiError, AuthContext, person, ready};

use super::{READS, errors, read};

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "statements")]
async fn statements(ctx: &AuthContext) -> Result<usize, ApiError> {
    #[cfg(not(test))]
    return Err(this_does_not_exist());
    #[cfg(test)]
    let length = std::future::ready(ctx.organization_id.len()).await;
    #[cfg(not(test))]
    let length = "not a number";
    #[cfg(test)]
    if length == 0 {
        return Err(ApiError::NotFound);
    }
    Ok(length)
}

#[test]
fn cfg_on_statements() {
    assert_eq!(read(|| assert_eq!(ready(statements(&person())), Ok(5))), ["statements"]);
    let capture = capture();
    let nobody = AuthContext { organization_id: String::new(), ..person() };
    assert_eq!(ready(statements(&nobody)), Err(ApiError::NotFound));
    assert_eq!(errors(&capture), ["not_found"]);
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "arguments", secret_name = name)]
fn arguments(
    ctx: &AuthContext,
    #[cfg(test)] name: &str,
    #[cfg(not(test))] name: ThisDoesNotExist,
    #[cfg(not(test))] _more: u8,
    #[cfg_attr(test, expect(unused_variables, reason = "as an argument's attributes are passed on"))] unused: u8,
) -> usize {
    ctx.project_id.len() + name.len()
}

#[test]
fn cfg_on_arguments() {
    let capture = capture();
    assert_eq!(arguments(&person(), "name", 0), 13);
    assert_eq!(capture.point(READS).attributes["kms.secret.name"], "name");
}

#[cfg(test)]
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "in tests")]
fn twin_above(ctx: &AuthContext) -> usize {
    ctx.project_id.len()
}

#[cfg(not(test))]
#[kms_metric(secret_read, ctx, environment = "e", secret_path = "elsewhere")]
fn twin_above(ctx: &ThisDoesNotExist) -> usize {
    ctx.project_id.len()
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "in tests, below")]
#[cfg(test)]
fn twin_below(ctx: &AuthContext) -> usize {
    ctx.project_id.len()
}

#[kms_metric(secret_read, ctx, environment = "e", secret_path = "elsewhere")]
#[cfg(not(test))]
fn twin_below(ctx: &ThisDoesNotExist) -> usize {
    ctx.project_id.len()
}

#[test]
fn cfg_on_twin_functions() {
    assert_eq!(read(|| assert_eq!(twin_above(&person()), 9)), ["in tests"]);
    assert_eq!(read(|| assert_eq!(twin_below(&person()), 9)), ["in tests, below"]);
}

#[cfg_attr(test, kms_metric(secret_read, ctx, environment = "e", secret_path = "annotated"))]
#[cfg_attr(not(test), kms_metric(no_such_metric))]
fn with_a_conditional_annotation(ctx: &AuthContext) -> usize {
    ctx.project_id.len()
}

#[test]
fn an_annotation_can_be_conditional() {
    assert_eq!(read(|| assert_eq!(with_a_conditional_annotation(&person()), 9)), ["annotated"]);
}

/// Other attributes stay on the function: their lints and their effects.
#[kms_metric(integration_sync, ctx, integration = "i", integration_id = "1")]
#[inline(never)]
#[expect(clippy::needless_pass_by_value, reason = "the attributes below an annotation are passed on")]
#[track_caller]
fn under_more_attributes(ctx: AuthContext, line: &mut u32) {
    *line = std::panic::Location::caller().line() + u32::from(ctx.project_id.is_empty());
}

#[test]
fn the_attributes_of_a_function_stay() {
    let capture = capture();
    let mut line = 0;
    under_more_attributes(person(), &mut line);
    assert_eq!(line, line!() - 1);
    assert_eq!(capture.total("kms.secret_sync.duration"), 1);
}
