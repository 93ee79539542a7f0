use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/"; outcome = |returned| returned.is_some())]
fn read(ctx: &AuthContext) -> Option<u8> {
    None
}

fn main() {}
