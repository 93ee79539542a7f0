use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_reed, ctx)]
fn read(ctx: &AuthContext) {}

fn main() {}
