use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

struct Name(String);

#[kms_metric(secret_read, ctx, environment = "a", secret_path = "/", secret_name = name)]
fn read(ctx: &AuthContext, name: Name) {}

fn main() {}
