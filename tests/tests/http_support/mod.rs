//! What is promised of every HTTP server, whichever framework: the table of requests, and what is recorded of one.

use std::collections::BTreeMap;

use kms_metrics::testing::{Capture, Point};
use kms_metrics::{Actor, HasActor, HasOrganization, Organization};

pub(crate) const COUNT: &str = "kms.http.server.request.count";
pub(crate) const DURATION: &str = "kms.http.server.request.duration";
pub(crate) const ERRORS: &str = "kms.http.server.error.count";
pub(crate) const CONVENTIONAL: &str = "http.server.request.duration";

/// The one point of a metric: one series, and one recording in it.
#[track_caller]
pub(crate) fn once(capture: &Capture, metric: &str) -> Point {
    let point = capture.point(metric);
    assert_eq!(point.count, 1, "{metric}: {point:?}");
    point
}

#[track_caller]
pub(crate) fn assert_attributes(capture: &Capture, metric: &str, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> = expected.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    assert_eq!(once(capture, metric).attributes, expected, "{metric}");
}

/// That one request was recorded, in all its metrics, with this method, route, status and error classes.
#[track_caller]
pub(crate) fn assert_request(capture: &Capture, method: &str, route: Option<&str>, status: &str, errors: (&str, &str)) {
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

/// Method, URI, route, status, the two error classes.
pub(crate) type Case<'a> = (&'a str, &'a str, Option<&'a str>, &'a str, (&'a str, &'a str));

const SECRET: &str = "/api/{project}/secrets/{name}";

/// To a server that has `/status/CODE`, answering GET and HEAD, and `/api/{project}/secrets/{name}` in two levels of
/// nesting, answering GET with 200 and DELETE with 204.
pub(crate) const REQUESTS: &[Case<'_>] = &[
    ("GET", "/status/200", Some("/status/200"), "200", ("", "")),
    ("HEAD", "/status/200", Some("/status/200"), "200", ("", "")),
    ("GET", "/status/302", Some("/status/302"), "302", ("", "")),
    ("GET", "/status/400", Some("/status/400"), "400", ("client_error", "")),
    ("GET", "/status/401", Some("/status/401"), "401", ("auth_error", "")),
    ("GET", "/status/403", Some("/status/403"), "403", ("auth_error", "")),
    ("GET", "/status/404", Some("/status/404"), "404", ("client_error", "")),
    ("GET", "/status/429", Some("/status/429"), "429", ("rate_limit_error", "")),
    ("GET", "/status/499", Some("/status/499"), "499", ("cancelled", "")),
    ("GET", "/status/500", Some("/status/500"), "500", ("server_error", "500")),
    ("GET", "/status/503", Some("/status/503"), "503", ("server_error", "503")),
    ("GET", "/api/p-1/secrets/KEY", Some(SECRET), "200", ("", "")),
    ("DELETE", "/api/p-1/secrets/KEY?env=dev", Some(SECRET), "204", ("", "")),
    ("POST", "/api/p-1/secrets/KEY", Some(SECRET), "405", ("client_error", "")),
    ("PURGE", "/api/p-1/secrets/KEY", Some(SECRET), "405", ("client_error", "")),
    ("GET", "/api/p-1/other", None, "404", ("client_error", "")),
    ("GET", "/etc/passwd", None, "404", ("client_error", "")),
    ("PROPFIND", "/", None, "404", ("client_error", "")),
];

/// The value of `http.request.method` of one of [`REQUESTS`].
pub(crate) fn recorded_method(method: &str) -> &str {
    if matches!(method, "GET" | "HEAD" | "DELETE" | "POST") { method } else { "_OTHER" }
}

pub(crate) struct AuthContext;

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
