//! One annotated function, and nothing but the standard library beside kms-metrics.
//!
//! ```text
//! OTEL_TELEMETRY_COLLECTION_ENABLED=true OTEL_EXPORT_TYPE=prometheus cargo run --example minimal
//! ```

use std::io::Error;

use kms_metrics::{ErrorType, Telemetry, kms_metric};

struct NotFound;

impl ErrorType for NotFound {
    fn error_type(&self) -> &'static str {
        "not_found"
    }
}

#[kms_metric(
    secret_read,
    organization_id = "org-1",
    organization_name = "Example",
    project_id = "project-1",
    project_name = "Minimal",
    environment = "dev",
    secret_path = "/",
    secret_name = name,
    identity_id = "identity-1",
    identity_name = "minimal"
)]
fn read_secret(name: &str) -> Result<&'static str, NotFound> {
    if name == "GREETING" { Ok("hello") } else { Err(NotFound) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::from_env()?;
    for name in ["GREETING", "GREETING", "FAREWELL"] {
        match read_secret(name) {
            Ok(value) => println!("{name} is {value:?}"),
            Err(NotFound) => println!("{name} does not exist"),
        }
    }
    match telemetry.prometheus_address() {
        Some(address) => println!("curl -s 127.0.0.1:{}/metrics, until Enter is pressed", address.port()),
        None => return Ok(()),
    }
    std::io::stdin().read_line(&mut String::new()).map_err(Error::other)?;
    Ok(telemetry.shutdown()?)
}
