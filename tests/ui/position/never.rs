use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
fn serve(ctx: &AuthContext) -> ! {
    panic!("{ctx:?}")
}

fn main() {}
