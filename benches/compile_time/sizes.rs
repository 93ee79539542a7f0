//! What an annotation adds to the future of an `async fn` with an argument of a kilobyte.

use kms_metrics::{ErrorType, kms_metric};

#[derive(Debug)]
struct NotFound;

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not found")
    }
}

impl ErrorType for NotFound {
    fn error_type(&self) -> &'static str {
        "not_found"
    }
}

type Kilobyte = [u8; 1024];

async fn plain(large: Kilobyte) -> Result<u8, NotFound> {
    std::future::ready(()).await;
    large.first().copied().ok_or(NotFound)
}

#[kms_metric(
    secret_read,
    organization_id = "o",
    organization_name = "o",
    project_id = "p",
    project_name = "p",
    environment = "e",
    secret_path = "/"
)]
async fn annotated(large: Kilobyte) -> Result<u8, NotFound> {
    std::future::ready(()).await;
    large.first().copied().ok_or(NotFound)
}

#[kms_metric(
    secret_read, organization_id = "o", organization_name = "o", project_id = "p", project_name = "p",
    environment = "e", secret_path = "/", secret_name = |found| found.as_ref().ok().map(|_| "found")
)]
async fn with_a_late_attribute(large: Kilobyte) -> Result<u8, NotFound> {
    std::future::ready(()).await;
    large.first().copied().ok_or(NotFound)
}

#[kms_metric(
    secret_read, organization_id = "o", organization_name = "o", project_id = "p", project_name = "p",
    environment = "e", secret_path = "/", secret_name = |_found| large.first().filter(|it| **it > 0).map(|_| "argument")
)]
async fn with_a_late_look_at_the_argument(large: Kilobyte) -> Result<u8, NotFound> {
    std::future::ready(()).await;
    large.first().copied().ok_or(NotFound)
}

#[tracing::instrument(skip_all, err)]
async fn instrumented(large: Kilobyte) -> Result<u8, NotFound> {
    std::future::ready(()).await;
    large.first().copied().ok_or(NotFound)
}

/// The sizes in bytes; the plain one is the first.
pub(crate) fn measure() -> [(&'static str, usize); 5] {
    let large = || [0; 1024];
    [
        ("plain", size_of_val(&plain(large()))),
        ("kms_metric", size_of_val(&annotated(large()))),
        ("kms_metric, an attribute from the returned value", size_of_val(&with_a_late_attribute(large()))),
        ("kms_metric, an attribute from the argument, late", size_of_val(&with_a_late_look_at_the_argument(large()))),
        ("tracing::instrument, err", size_of_val(&instrumented(large()))),
    ]
}
