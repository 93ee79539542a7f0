#![deny(unused)]

use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
fn never_called(ctx: &AuthContext, unused: u8) -> u8 {
    let mut value = 7;
    value
}

fn main() {}
