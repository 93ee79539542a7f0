use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

trait Api {
    #[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
    fn read(&self, ctx: &AuthContext);
}

fn main() {}
