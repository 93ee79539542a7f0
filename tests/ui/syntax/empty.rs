use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric]
fn read(ctx: &AuthContext) {}

#[kms_metric()]
fn list(ctx: &AuthContext) {}

fn main() {}
