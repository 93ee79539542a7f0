use kms_metrics::kms_metric;
use kms_metrics_tests::AuthContext;

#[kms_metric(kmip_operation, ctx, kmip_operation_type = "get", kmip_client_id = client)]
fn get(ctx: &AuthContext, client: u64) {}

fn main() {}
