//! What the tower layer promises: every request once, with the attributes of the catalogue, however it ends.

mod attributes;
mod endings;
#[path = "../http_support/mod.rs"]
mod http_support;
mod routes;

use axum::body::Body;
use axum::extract::Request;

use http_support::*;

fn request(method: &str, uri: &str) -> Request {
    Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
}

/// A request that an inner service accepts whatever its body.
fn plain(uri: &str) -> http::Request<()> {
    http::Request::builder().uri(uri).body(()).unwrap()
}
