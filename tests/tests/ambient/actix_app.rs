//! Through actix-web and its middleware.

use std::future::pending;
use std::pin::pin;
use std::task::Waker;

use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::{App, HttpMessage as _, body::MessageBody, web};
use kms_metrics::http::Caller;
use kms_metrics::http::actix::Metrics;
use kms_metrics::{Project, testing};
use kms_metrics_tests::person;
use opentelemetry::context::FutureExt as _;

use super::*;

fn request(uri: &str) -> TestRequest {
    TestRequest::with_uri(uri).peer_addr("192.0.2.7:4711".parse().unwrap()).insert_header(("user-agent", "kms-cli/1.2"))
}

async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    others_run().await;
    assert_eq!(known(), "- - - 192.0.2.7");
    let caller = request.extensions().get::<Caller>().cloned().unwrap();
    caller.identify(&person());
    next.call(request).await
}

async fn read(project: web::Path<String>, caller: Caller) -> String {
    caller.project(Project { id: &project, name: "P" });
    others_run().await;
    deep(&project);
    others_run().await;
    known()
}

#[actix_web::test]
async fn requests_know_what_authentication_told_and_never_see_each_other() {
    let resource = web::resource("/{project}").get(read);
    let app = App::new().service(resource).wrap(from_fn(authenticate)).wrap(Metrics::new());
    let capture = testing::capture();
    let send =
        async |app: &_, uri| String::from_utf8(call_and_read_body(app, request(uri).to_request()).await.to_vec());
    let app = init_service(app).await;
    let answers = capture.scope(async { tokio::join!(send(&app, "/p-1"), send(&app, "/p-2")) }).await;
    let answers = [answers.0.unwrap(), answers.1.unwrap()];
    assert_eq!(answers, ["org-1 p-1 user-1 192.0.2.7", "org-1 p-2 user-1 192.0.2.7"]);
    assert_eq!(known(), NOTHING);

    let points = capture.points(READS);
    assert_eq!(points.len(), 2);
    for point in points {
        assert_eq!(point.attributes["kms.project.id"], point.attributes["kms.secret.path"]);
        assert_eq!(point.attributes["kms.user.email"], "jane.doe@example.com");
        assert_eq!(point.attributes["user_agent.original"], "kms-cli/1.2");
    }
}

#[actix_web::test]
async fn nothing_is_left_of_a_request_that_was_cancelled() {
    let app = App::new().service(web::resource("/").get(pending::<String>)).wrap(Metrics::new());
    let app = init_service(app).await;
    let _on = testing::capture();
    let call = pin!(app.call(request("/").to_request()));
    assert!(call.poll(&mut std::task::Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(known(), NOTHING);
}

struct Baggage;

#[actix_web::test]
async fn values_that_are_attached_around_the_middleware_stay() {
    let look = async || format!("{} {}", opentelemetry::Context::current().get::<Baggage>().is_some(), known());
    let app = App::new().service(web::resource("/").get(look)).wrap(Metrics::new());
    let app = init_service(app).await;
    let _on = testing::capture();
    let context = opentelemetry::Context::new().with_value(Baggage);
    let answer = call_and_read_body(&app, request("/").to_request()).with_context(context).await;
    assert_eq!(answer, "true - - - 192.0.2.7");
}
