#![deny(unused)]

use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
fn never_called(ctx: &AuthContext, unused: u8) -> u8 {
    let mut value = 7;
    value
}

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
#[must_use]
fn important(ctx: &AuthContext) -> u8 {
    ctx.organization_id.len() as u8
}

fn main() {
    important(&kms_metrics_tests::person());
}
