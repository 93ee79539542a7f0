//! Who asked, from where, over what.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::{StatusCode, Version, header};
use kms_metrics::http::{Caller, MetricsLayer, PeerAddress, Scheme};
use kms_metrics::{Actor, Project, testing};
use tower::{Layer, ServiceExt, service_fn};

use super::*;

#[tokio::test]
async fn scheme_and_version_come_from_the_request_or_the_layer_and_nothing_from_the_host_header() {
    let cases = [
        (MetricsLayer::new(), "/", Version::HTTP_10, "http", "1.0"),
        (MetricsLayer::new(), "/", Version::HTTP_09, "http", "0.9"),
        (MetricsLayer::new(), "https://kms.example/", Version::HTTP_2, "https", "2"),
        (MetricsLayer::new(), "ftp://kms.example/", Version::HTTP_11, "http", "1.1"),
        (MetricsLayer::new().scheme(Scheme::Https), "/", Version::HTTP_11, "https", "1.1"),
        (MetricsLayer::new().scheme(Scheme::Https), "http://kms.example/", Version::HTTP_3, "http", "3"),
    ];
    for (layer, uri, version, scheme, expected_version) in cases {
        let mut request = plain(uri);
        *request.version_mut() = version;
        request.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
        request.headers_mut().insert("x-forwarded-proto", "gopher".parse().unwrap());
        let capture = testing::capture();
        let service = layer.layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(()))));
        capture.scope(service.oneshot(request)).await.unwrap();
        let expected = [
            ("http.request.method", "GET"),
            ("url.scheme", scheme),
            ("network.protocol.version", expected_version),
            ("http.response.status_code", "200"),
        ];
        assert_attributes(&capture, CONVENTIONAL, &expected);
    }
}

async fn authenticate(request: Request, next: Next) -> Response {
    if let Some(caller) = request.extensions().get::<Caller>() {
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        caller.identify(&AuthContext);
        caller.auth_method("universal-auth");
    }
    next.run(request).await
}

#[tokio::test]
async fn authentication_further_in_tells_who_is_asking() {
    let read = async |caller: Caller| {
        caller.project(Project { id: "p-3", name: "payments" });
        StatusCode::FORBIDDEN
    };
    let app = Router::new()
        .route("/secrets", get(read))
        .layer(from_fn(authenticate))
        .layer(MetricsLayer::new())
        .layer(Extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711)))));
    let mut request = request("GET", "/secrets");
    request.headers_mut().insert(header::USER_AGENT, "kms-cli/1.2".parse().unwrap());
    let capture = testing::capture();
    capture.scope(app.oneshot(request)).await.unwrap();

    let who = [
        ("http.request.method", "GET"),
        ("http.route", "/secrets"),
        ("kms.organization.id", "org-1"),
        ("kms.organization.name", "Acme"),
        ("kms.project.id", "p-3"),
        ("kms.project.name", "payments"),
        ("kms.identity.id", "id-7"),
        ("kms.identity.name", "ci"),
    ];
    let method_and_status = [("kms.auth.method", "universal-auth"), ("http.response.status_code", "403")];
    let client = [("user_agent.original", "kms-cli/1.2"), ("client.address", "192.0.2.7")];
    assert_attributes(&capture, COUNT, &[&who[..], &method_and_status, &client].concat());
    let duration = once(&capture, DURATION).attributes;
    assert!(!duration.contains_key("client.address") && !duration.contains_key("user_agent.original"));
    assert_eq!(duration["http.response.status_code"], "403");
    let error = once(&capture, ERRORS).attributes;
    assert_eq!(error["error.type"], "auth_error");
    assert_eq!(error["kms.identity.id"], "id-7");
    assert_eq!(error["client.address"], "192.0.2.7");
}

#[tokio::test]
async fn the_duration_of_the_guide_has_the_tenant_but_not_the_client() {
    let app = Router::new()
        .route("/", get(async |caller: Caller| caller.identify(&AuthContext)))
        .layer(MetricsLayer::new())
        .layer(Extension(PeerAddress([192, 0, 2, 7].into())));
    let capture = testing::capture();
    capture.scope(app.oneshot(request("GET", "/"))).await.unwrap();
    let expected = [
        ("http.request.method", "GET"),
        ("http.route", "/"),
        ("http.response.status_code", "200"),
        ("kms.organization.id", "org-1"),
        ("kms.organization.name", "Acme"),
        ("kms.identity.id", "id-7"),
        ("kms.identity.name", "ci"),
    ];
    assert_attributes(&capture, DURATION, &expected);
}

#[tokio::test]
async fn the_client_is_the_peer_and_no_header_says_otherwise() {
    let cases: [(&str, &str); 3] =
        [("192.0.2.7:1", "192.0.2.7"), ("[::ffff:192.0.2.7]:1", "192.0.2.7"), ("[2001:db8::1]:1", "2001:db8::1")];
    for (peer, expected) in cases {
        let mut request = plain("/");
        request.extensions_mut().insert(PeerAddress::from(peer.parse::<SocketAddr>().unwrap()));
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([198, 51, 100, 1], 1))));
        for name in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            request.headers_mut().insert(name, "203.0.113.9".parse().unwrap());
        }
        let capture = testing::capture();
        let service = MetricsLayer::new().layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(()))));
        capture.scope(service.oneshot(request)).await.unwrap();
        assert_eq!(once(&capture, COUNT).attributes["client.address"], expected);
    }
}

#[tokio::test]
async fn a_user_agent_that_is_no_text_is_made_text_and_an_empty_one_is_absent() {
    for (sent, expected) in [(&b"agent \xc3\xa9 \xff"[..], Some("agent é \u{fffd}")), (&b""[..], None)] {
        let mut request = plain("/");
        request.headers_mut().insert(header::USER_AGENT, sent.try_into().unwrap());
        let capture = testing::capture();
        let service = MetricsLayer::new().layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(()))));
        capture.scope(service.oneshot(request)).await.unwrap();
        assert_eq!(once(&capture, COUNT).attributes.get("user_agent.original").map(String::as_str), expected);
    }
}
