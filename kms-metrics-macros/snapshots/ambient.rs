#[kms_metric(secret_read, environment = "prod", secret_path = path; ambient)]
fn decrypt(path: &str, user: &str) -> Option<Vec<u8>> {
    keys().get(path)?.open(user)
}
