use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

struct Failed;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
fn read(ctx: &AuthContext) -> Result<(), Failed> {
    Err(Failed)
}

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
async fn list(ctx: &AuthContext) -> Result<u8, Failed> {
    Err(Failed)
}

fn main() {}
