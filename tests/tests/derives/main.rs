//! What derived contexts, errors and outcomes record.

mod context;
mod error_type;
mod hygiene;
mod outcome;

use kms_metrics::testing::Point;

const REMOVAL_ERRORS: &str = "secret_sync_remove_secrets_errors";

fn only<'a>(point: &'a Point, key: &str) -> &'a str {
    point.attributes.get(key).map_or("", String::as_str)
}
