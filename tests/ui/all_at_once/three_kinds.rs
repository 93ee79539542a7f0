use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, secert_path = "/", colour = "red", secret_name = "a", secret_name = "b")]
fn read(ctx: &AuthContext) {}

fn main() {}
