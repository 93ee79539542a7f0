use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/")]
async fn read(ctx: &AuthContext) -> Option<u8> {
    let number: u8 = "seven";
    if number > 7 {
        return "more";
    }
    Some("less")
}

fn main() {}
