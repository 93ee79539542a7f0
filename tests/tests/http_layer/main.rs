//! What the tower layer promises: every request once, with the attributes of the catalogue, however it ends.

mod attributes;
mod endings;
mod routes;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use kms_metrics::testing::{Capture, Point};
use kms_metrics::{Actor, HasActor, HasOrganization, Organization};

const COUNT: &str = "kms.http.server.request.count";
const DURATION: &str = "kms.http.server.request.duration";
const ERRORS: &str = "kms.http.server.error.count";
const CONVENTIONAL: &str = "http.server.request.duration";

/// The one point of a metric: one series, and one recording in it.
#[track_caller]
fn once(capture: &Capture, metric: &str) -> Point {
    let point = capture.point(metric);
    assert_eq!(point.count, 1, "{metric}: {point:?}");
    point
}

#[track_caller]
fn assert_attributes(capture: &Capture, metric: &str, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> = expected.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    assert_eq!(once(capture, metric).attributes, expected, "{metric}");
}

/// That one request was recorded, in all its metrics, with this method, route, status and error classes.
#[track_caller]
fn assert_request(capture: &Capture, method: &str, route: Option<&str>, status: &str, errors: (&str, &str)) {
    let (class, conventional_class) = errors;
    let guide = [
        ("http.request.method", method),
        ("http.route", route.unwrap_or("unknown")),
        ("http.response.status_code", status),
    ];
    assert_attributes(capture, COUNT, &guide);
    assert_attributes(capture, DURATION, &guide);
    if class.is_empty() {
        assert!(capture.points(ERRORS).is_empty());
    } else {
        assert_attributes(capture, ERRORS, &[guide[0], guide[1], ("error.type", class)]);
    }
    let mut conventional =
        vec![("http.request.method", method), ("url.scheme", "http"), ("network.protocol.version", "1.1")];
    conventional.extend(route.map(|route| ("http.route", route)));
    if conventional_class != "cancelled" {
        conventional.push(("http.response.status_code", status));
    }
    if !conventional_class.is_empty() {
        conventional.push(("error.type", conventional_class));
    }
    assert_attributes(capture, CONVENTIONAL, &conventional);
}

fn request(method: &str, uri: &str) -> Request {
    Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
}

/// A request that an inner service accepts whatever its body.
fn plain(uri: &str) -> http::Request<()> {
    http::Request::builder().uri(uri).body(()).unwrap()
}

struct AuthContext;

impl HasOrganization for AuthContext {
    type Organization<'a> = Organization<'a>;
    fn organization(&self) -> Organization<'_> {
        Organization { id: "org-1", name: "Acme" }
    }
}

impl HasActor for AuthContext {
    fn actor(&self) -> Actor<'_> {
        Actor::identity("id-7", "ci")
    }
}
