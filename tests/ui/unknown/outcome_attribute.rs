use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(auth_attempt, ctx, auth_method = "ldap", auth_result = "success")]
fn log_in(ctx: &AuthContext) {}

fn main() {}
