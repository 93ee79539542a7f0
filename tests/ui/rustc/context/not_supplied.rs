use kms_metrics::kms_metric;

struct Session;

#[kms_metric(secret_read, session, environment = "a", secret_path = "/", organization_id = "o", organization_name = "o")]
fn read(session: &Session) {}

fn main() {}
