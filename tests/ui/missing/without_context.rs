use kms_metrics::kms_metric;

#[kms_metric(secret_read, environment = "prod", secret_path = "/")]
fn read() {}

fn main() {}
