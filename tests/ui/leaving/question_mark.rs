use kms_metrics::kms_metric;
use kms_metrics_tests::{ApiError, AuthContext};

#[kms_metric(
    secret_read,
    ctx.as_ref().ok_or(ApiError::NotFound)?,
    environment = "a",
    secret_path = match path { Some(path) => path, None => return Ok(()) },
    secret_name = path.and_then(|path| path.split('/').next()?.strip_prefix("a"))
)]
fn read(ctx: Option<AuthContext>, path: Option<&str>) -> Result<(), ApiError> {
    Ok(())
}

fn main() {}
