use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(kmip_operation, ctx, kmip_operation_type = "get", kmip_client_id = "c", user_id = "u")]
fn get(ctx: &AuthContext) {}

fn main() {}
