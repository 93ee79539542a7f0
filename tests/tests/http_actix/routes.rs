//! Methods, routes and statuses, and that every request counts once.

use actix_web::http::StatusCode;
use actix_web::{HttpMessage as _, HttpResponse, guard, web};
use kms_metrics::http::actix::Metrics;
use kms_metrics::http::{Caller, Route};
use kms_metrics::testing;

use super::*;

/// What [`REQUESTS`] are for: two levels of nesting, and handlers with every class of status.
fn api(routes: &mut web::ServiceConfig) {
    for code in [200, 302, 400, 401, 403, 404, 429, 499, 500, 503] {
        let answer = move || async move { HttpResponse::new(StatusCode::from_u16(code).unwrap()) };
        let status = web::resource(format!("/status/{code}"));
        routes.service(status.route(web::get().to(answer)).route(web::head().to(answer)));
    }
    let secret = web::resource("/{name}")
        .route(web::get().to(async || "value"))
        .route(web::delete().to(async || HttpResponse::NoContent()));
    routes.service(web::scope("/api").service(web::scope("/{project}/secrets").service(secret)));
}

#[actix_web::test]
async fn every_request_is_recorded_once_with_its_route_and_its_class() {
    for (method, uri, route, status, errors) in REQUESTS {
        let capture = testing::capture();
        let app = App::new().configure(api).wrap(Metrics::new());
        let response = send(app, request(method, uri)).await.unwrap();
        assert_eq!(response.status().as_str(), *status, "{method} {uri}");
        assert_request(&capture, recorded_method(method), *route, status, *errors);
    }
}

#[actix_web::test]
async fn the_default_of_a_scope_is_unmatched() {
    let known = web::resource("/known").to(async || "");
    let scope = web::scope("/api").service(known).default_service(web::to(HttpResponse::NotFound));
    let capture = testing::capture();
    send(App::new().service(scope).wrap(Metrics::new()), get("/api/secret-path")).await.unwrap();
    assert_request(&capture, "GET", None, "404", ("client_error", ""));
}

#[actix_web::test]
async fn routes_that_guards_tell_apart_are_told_apart() {
    let header = |value| guard::Header("x-version", value);
    let app = App::new()
        .service(web::resource("/{old}").guard(header("1")).to(async || "1"))
        .service(web::resource("/{new}").guard(header("2")).to(async || "2"))
        .wrap(Metrics::new());
    let capture = testing::capture();
    send(app, get("/x").insert_header(("x-version", "2"))).await.unwrap();
    assert_request(&capture, "GET", Some("/{new}"), "200", ("", ""));
}

#[actix_web::test]
async fn a_program_may_say_its_route_before_or_behind_the_middleware() {
    let cases: [(Option<&'static str>, Option<&'static str>, &str); 5] = [
        (None, None, "/{tail:.*}"),
        (Some("/before/{id}"), None, "/before/{id}"),
        (None, Some("/behind/{id}"), "/behind/{id}"),
        (Some("/before/{id}"), Some("/behind/{id}"), "/behind/{id}"),
        (Some(""), Some(""), "/{tail:.*}"),
    ];
    for (before, behind, expected) in cases {
        let handler = move |caller: Caller| async move {
            if let Some(route) = behind {
                caller.route(route);
            }
            ""
        };
        let app = App::new().service(web::resource("/{tail:.*}").to(handler)).wrap(Metrics::new());
        let app = app.wrap_fn(move |request, inner| {
            if let Some(route) = before {
                request.extensions_mut().insert(Route::from(route));
            }
            inner.call(request)
        });
        let capture = testing::capture();
        send(app, get("/before/1")).await.unwrap();
        assert_request(&capture, "GET", Some(expected), "200", ("", ""));
    }
}

#[actix_web::test]
async fn a_middleware_inside_a_middleware_records_nothing() {
    let secret = web::resource("/{name}").to(async || "value").wrap(Metrics::new());
    let app = App::new().service(web::scope("/api").service(secret).wrap(Metrics::new())).wrap(Metrics::new());
    let capture = testing::capture();
    send(app, get("/api/KEY")).await.unwrap();
    assert_request(&capture, "GET", Some("/api/{name}"), "200", ("", ""));
}

#[actix_web::test]
async fn a_middleware_around_a_scope_measures_the_scope() {
    let secret = web::resource("/{name}").to(async || "value");
    let scope = web::scope("/api").service(secret).wrap(Metrics::new());
    let service = init_service(App::new().service(scope).service(web::resource("/health").to(async || ""))).await;
    let capture = testing::capture();
    service.call(get("/health").to_request()).await.unwrap();
    assert!(capture.points(COUNT).is_empty());
    service.call(get("/api/KEY").to_request()).await.unwrap();
    assert_request(&capture, "GET", Some("/api/{name}"), "200", ("", ""));
}

#[actix_web::test]
async fn two_requests_of_one_kind_are_one_series_counted_twice() {
    let capture = testing::capture();
    let service = init_service(App::new().configure(api).wrap(Metrics::new())).await;
    for _ in 0..2 {
        service.call(get("/status/200").to_request()).await.unwrap();
    }
    for metric in [COUNT, DURATION, CONVENTIONAL] {
        assert_eq!(capture.point(metric).count, 2, "{metric}");
    }
}
