//! Annotated functions as frameworks and other attributes want them, and in places that are hard on a macro. Each test
//! is about what was recorded.

#![deny(clippy::pedantic, clippy::nursery, unused)]
#![allow(
    clippy::future_not_send,
    clippy::needless_pass_by_value,
    clippy::unused_async,
    reason = "guards and captures belong to their thread and are dropped on purpose; frameworks want `async`"
)]

mod axum_handlers;
mod conditional;
mod grpc_service;
mod guards;
mod scopes;

use kms_metrics::testing::{Capture, capture};

const READS: &str = "kms.secret.read.count";
const READ_DURATION: &str = "kms.secret.operation.duration";

/// The secret paths that were read, sorted.
fn paths(capture: &Capture) -> Vec<String> {
    sorted(capture, READS, "kms.secret.path")
}

/// The classes of the reads that failed, sorted.
fn errors(capture: &Capture) -> Vec<String> {
    sorted(capture, READ_DURATION, "error.type")
}

/// An attribute's value, once for each time that it was recorded.
fn sorted(capture: &Capture, instrument: &str, attribute: &str) -> Vec<String> {
    let points = capture.points(instrument).into_iter();
    let mut values: Vec<_> = points
        .flat_map(|point| {
            let times = usize::try_from(point.count).unwrap();
            let value = point.attributes.get(attribute).cloned();
            value.into_iter().flat_map(move |value| std::iter::repeat_n(value, times))
        })
        .collect();
    values.sort();
    values
}

/// The secret paths that a call reads.
fn read(call: impl FnOnce()) -> Vec<String> {
    let capture = capture();
    call();
    paths(&capture)
}
