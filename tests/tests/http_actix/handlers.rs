//! Annotated handlers: above and below the attributes that make a route, and what they return.

#![deny(clippy::pedantic, clippy::nursery, unused)]
#![allow(clippy::future_not_send, reason = "actix-web's requests stay on their thread")]

use actix_web::error::{ErrorForbidden, InternalError};
use actix_web::http::StatusCode;
use actix_web::{HttpMessage as _, HttpResponse, Responder, get, post, route, routes, web};
use kms_metrics::{ErrorType as _, Outcome as _, Verdict, kms_metric, testing};
use kms_metrics_tests::{AuthContext, machine, person};

use super::{App, COUNT, Error, ServiceResponse, TestRequest, request, send};
use actix_web::dev::Service as _;
use kms_metrics::http::actix::Metrics;

const READS: &str = "kms.secret.read.count";
const DURATIONS: &str = "kms.secret.operation.duration";

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/above", secret_name = name.as_str())]
#[get("/above/{name}")]
async fn above(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

#[get("/below/{name}")]
#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/below", secret_name = name.as_str())]
async fn below(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/post/above", secret_name = name.as_str())]
#[post("/post/above/{name}")]
async fn post_above(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

/// Documented, as an application's handlers are.
#[post("/post/below/{name}", name = "post")]
#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/post/below", secret_name = name.as_str())]
async fn post_below(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/route/above", secret_name = name.as_str())]
#[route("/route/above/{name}", method = "GET", method = "POST")]
async fn route_above(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

#[routes]
#[get("/routes/below/{name}")]
#[post("/routes/below/{name}")]
#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/routes/below", secret_name = name.as_str())]
async fn routes_below(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/routes/above", secret_name = name.as_str())]
#[routes]
#[get("/routes/above/{name}")]
#[post("/routes/above/{name}")]
async fn routes_above(ctx: web::ReqData<AuthContext>, name: web::Path<String>) -> Result<HttpResponse, Error> {
    answer(&ctx, &name)
}

fn answer(ctx: &AuthContext, name: &str) -> Result<HttpResponse, Error> {
    match name {
        "FORBIDDEN" => Ok(HttpResponse::Forbidden().finish()),
        "FAILS" => Err(ErrorForbidden(ctx.project_id.clone())),
        name => Ok(HttpResponse::Ok().body(name.to_owned())),
    }
}

/// An application whose authentication puts the context into the request.
async fn sent(request: TestRequest) -> ServiceResponse {
    let app = App::new()
        .service((above, below, post_above, post_below, route_above, routes_below, routes_above))
        .wrap_fn(|request, inner| {
            request.extensions_mut().insert(machine());
            inner.call(request)
        })
        .wrap(Metrics::new());
    send(app, request).await.unwrap()
}

#[actix_web::test]
async fn an_annotation_counts_above_and_below_the_attribute_that_makes_the_route() {
    let cases = [
        ("GET", "/above"),
        ("GET", "/below"),
        ("POST", "/post/above"),
        ("POST", "/post/below"),
        ("GET", "/route/above"),
        ("POST", "/route/above"),
        ("POST", "/routes/below"),
        ("POST", "/routes/above"),
    ];
    for (method, path) in cases {
        let capture = testing::capture();
        let response = sent(request(method, &format!("{path}/KEY"))).await;
        assert_eq!(response.status(), StatusCode::OK, "{method} {path}");
        let read = capture.point(READS);
        assert_eq!(read.count, 1);
        assert_eq!(read.attributes["kms.secret.path"], path);
        assert_eq!(read.attributes["kms.secret.name"], "KEY");
        assert_eq!(read.attributes["kms.identity.id"], "identity-1");
        assert_eq!(capture.point(COUNT).attributes["http.route"], format!("{path}/{{name}}"));
    }
}

#[actix_web::test]
async fn what_a_handler_returns_decides_above_and_below() {
    for path in ["/above", "/below"] {
        for name in ["FORBIDDEN", "FAILS"] {
            let capture = testing::capture();
            let response = sent(request("GET", &format!("{path}/{name}"))).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            assert!(capture.points(READS).is_empty());
            let duration = capture.point(DURATIONS).attributes;
            assert_eq!(duration["error.type"], "auth_error", "{path} {name}");
            assert_eq!(duration["kms.outcome"], "failure");
        }
    }
}

#[get("/shared")]
#[kms_metric(secret_read, ctx, environment = "dev", secret_path = "/shared")]
async fn opaque(ctx: web::Data<AuthContext>) -> impl Responder {
    ctx.organization_id.clone()
}

#[actix_web::test]
async fn a_context_may_be_shared_data_and_a_return_opaque() {
    let capture = testing::capture();
    send(App::new().app_data(web::Data::new(person())).service(opaque), request("GET", "/shared")).await.unwrap();
    assert_eq!(capture.point(READS).attributes["kms.user.id"], "user-1");
}

#[actix_web::test]
async fn statuses_responses_and_errors_say_what_they_mean() {
    for status in [200, 302, 401, 404, 429, 499, 500] {
        let expected = Verdict::from_http_status(status);
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(status.verdict(), expected);
        assert_eq!(HttpResponse::new(status).verdict(), expected);
        let response = TestRequest::default().to_srv_response(HttpResponse::new(status));
        assert_eq!(response.verdict(), expected);
        let error = Error::from(InternalError::new("said to nobody", status));
        assert_eq!(error.error_type(), expected.error_type().unwrap_or("_OTHER"));
        assert_eq!(error.status_code(), Some(status.as_u16()));
    }
}
