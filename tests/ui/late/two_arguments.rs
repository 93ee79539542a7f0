use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = |ret, more| ret)]
fn read(ctx: AuthContext) -> String {
    ctx.organization_id
}

fn main() {}
