use kms_metrics::kms_metric;

#[kms_metric(auth_attempt, auth_method = "ldap", client_address = "192.0.2.7")]
fn log_in() {}

fn main() {}
