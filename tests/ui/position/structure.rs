use kms_metrics::kms_metric;

#[kms_metric(secret_read, environment = "a", secret_path = "/", organization_id = "o", organization_name = "o", project_id = "p", project_name = "p")]
struct Secret;

fn main() {}
