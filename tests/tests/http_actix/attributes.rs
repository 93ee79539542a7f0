//! Who asked, from where, over what.

use std::net::SocketAddr;

use actix_service::map_config;
use actix_web::dev::AppConfig;
use actix_web::http::{Version, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage as _, HttpResponse, web};
use kms_metrics::http::actix::Metrics;
use kms_metrics::http::{Caller, PeerAddress, Scheme};
use kms_metrics::{Actor, Project, testing};

use super::*;

#[actix_web::test]
async fn scheme_and_version_come_from_the_request_or_the_middleware_and_nothing_from_headers() {
    let cases = [
        (Metrics::new(), "/", Version::HTTP_10, "http", "1.0"),
        (Metrics::new(), "/", Version::HTTP_09, "http", "0.9"),
        (Metrics::new(), "https://kms.example/", Version::HTTP_2, "https", "2"),
        (Metrics::new(), "ftp://kms.example/", Version::HTTP_11, "http", "1.1"),
        (Metrics::new().scheme(Scheme::Https), "/", Version::HTTP_11, "https", "1.1"),
        (Metrics::new().scheme(Scheme::Https), "http://kms.example/", Version::HTTP_3, "http", "3"),
    ];
    for (metrics, uri, version, scheme, expected_version) in cases {
        let request = get(uri)
            .version(version)
            .insert_header((header::HOST, "evil.example"))
            .insert_header(("x-forwarded-proto", "gopher"))
            .insert_header(("forwarded", "proto=gopher"));
        let capture = testing::capture();
        send(App::new().default_service(web::to(HttpResponse::Ok)).wrap(metrics), request).await.unwrap();
        let expected = [
            ("http.request.method", "GET"),
            ("url.scheme", scheme),
            ("network.protocol.version", expected_version),
            ("http.response.status_code", "200"),
        ];
        assert_attributes(&capture, CONVENTIONAL, &expected);
    }
}

#[actix_web::test]
async fn a_server_that_terminates_tls_is_https_unless_the_middleware_says_otherwise() {
    for (metrics, expected) in [(Metrics::new(), "https"), (Metrics::new().scheme(Scheme::Http), "http")] {
        let secure = |_: AppConfig| AppConfig::__priv_test_new(true, "kms".into(), ([127, 0, 0, 1], 443).into());
        let service = init_service(map_config(App::new().wrap(metrics), secure)).await;
        let capture = testing::capture();
        service.call(get("/").to_request()).await.unwrap();
        assert_eq!(once(&capture, CONVENTIONAL).attributes["url.scheme"], expected);
    }
}

async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(caller) = request.extensions().get::<Caller>() {
        caller.actor(Actor::user("u-1", "jane.doe@example.com"));
        caller.identify(&AuthContext);
        caller.auth_method("universal-auth");
    }
    next.call(request).await
}

#[actix_web::test]
async fn authentication_further_in_tells_who_is_asking() {
    let read = async |caller: Caller| {
        caller.project(Project { id: "p-3", name: "payments" });
        HttpResponse::Forbidden().finish()
    };
    let app = App::new().service(web::resource("/secrets").get(read)).wrap(from_fn(authenticate)).wrap(Metrics::new());
    let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
    let request = get("/secrets").peer_addr(peer).insert_header((header::USER_AGENT, "kms-cli/1.2"));
    let capture = testing::capture();
    send(app, request).await.unwrap();

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

#[actix_web::test]
async fn the_client_is_the_peer_and_no_header_says_otherwise() {
    let cases: [(&str, &str); 3] =
        [("192.0.2.7:1", "192.0.2.7"), ("[::ffff:192.0.2.7]:1", "192.0.2.7"), ("[2001:db8::1]:1", "2001:db8::1")];
    for (peer, expected) in cases {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = get("/").peer_addr(peer);
        for name in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            request = request.insert_header((name, "203.0.113.9"));
        }
        let capture = testing::capture();
        send(App::new().wrap(Metrics::new()), request).await.unwrap();
        assert_eq!(once(&capture, COUNT).attributes["client.address"], expected);
    }
}

#[actix_web::test]
async fn an_address_that_a_program_knows_better_wins_over_the_connections() {
    let proxied = App::new().wrap(Metrics::new()).wrap_fn(|request, inner| {
        request.extensions_mut().insert(PeerAddress([192, 0, 2, 7].into()));
        inner.call(request)
    });
    let capture = testing::capture();
    send(proxied, get("/").peer_addr(SocketAddr::from(([198, 51, 100, 1], 1)))).await.unwrap();
    assert_eq!(once(&capture, COUNT).attributes["client.address"], "192.0.2.7");
}

#[actix_web::test]
async fn a_user_agent_that_is_no_text_is_made_text_and_an_empty_one_is_absent() {
    for (sent, expected) in [(&b"agent \xc3\xa9 \xff"[..], Some("agent é \u{fffd}")), (&b""[..], None)] {
        let sent = header::HeaderValue::from_bytes(sent).unwrap();
        let capture = testing::capture();
        send(App::new().wrap(Metrics::new()), get("/").insert_header((header::USER_AGENT, sent))).await.unwrap();
        assert_eq!(once(&capture, COUNT).attributes.get("user_agent.original").map(String::as_str), expected);
    }
}

#[actix_web::test]
async fn without_a_middleware_the_extractor_gives_a_detached_slot() {
    let look = async |caller: Caller| {
        caller.actor(Actor::identity("id-7", "ci"));
        format!("{caller:?}")
    };
    let response = send(App::new().service(web::resource("/").to(look)), get("/")).await.unwrap();
    assert_eq!(actix_web::test::read_body(response).await, "Caller { attached: false, .. }");
}
