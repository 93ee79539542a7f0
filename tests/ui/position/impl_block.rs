use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

struct Api;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
impl Api {
    fn read(ctx: &AuthContext) {}
}

fn main() {}
