//! How requests end: answered, failed, cancelled, panicked; and when.

use std::convert::Infallible;
use std::future::{Future, Ready, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::error::{ErrorServiceUnavailable, ErrorUnauthorized, InternalError};
use actix_web::rt::time::sleep;
use actix_web::{HttpResponse, web};
use kms_metrics::http::Caller;
use kms_metrics::http::actix::Metrics;
use kms_metrics::testing;

use super::*;

/// Polls a future once, which must not end it.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[actix_web::test]
async fn a_streaming_body_does_not_lengthen_the_duration() {
    let head = Duration::from_millis(60);
    let body = Duration::from_millis(700);
    let stream = move || async move {
        sleep(head).await;
        HttpResponse::Ok().streaming(futures_util::stream::once(async move {
            sleep(body).await;
            Ok::<_, Infallible>(web::Bytes::from_static(b"late"))
        }))
    };
    let capture = testing::capture();
    let app = App::new().service(web::resource("/stream").to(stream)).wrap(Metrics::new());
    let answer = send(app, get("/stream")).await.unwrap();
    assert_eq!(actix_web::test::read_body(answer).await, "late");
    for metric in [DURATION, CONVENTIONAL] {
        let seconds = once(&capture, metric).sum;
        assert!((head.as_secs_f64()..body.as_secs_f64()).contains(&seconds), "{metric}: {seconds}");
    }
}

#[actix_web::test]
async fn an_error_of_a_handler_or_an_extractor_is_the_response_it_becomes() {
    let handler = async |path: web::Path<u8>| Err::<&str, _>(ErrorServiceUnavailable(path));
    let app = || App::new().service(web::resource("/{number}").to(handler)).wrap(Metrics::new());
    let capture = testing::capture();
    send(app(), get("/7")).await.unwrap();
    assert_request(&capture, "GET", Some("/{number}"), "503", ("server_error", "503"));
    let capture = testing::capture();
    send(app(), get("/seven")).await.unwrap();
    assert_request(&capture, "GET", Some("/{number}"), "404", ("client_error", ""));
}

#[actix_web::test]
async fn an_error_of_a_middleware_further_in_counts_with_its_status_and_passes_unchanged() {
    let refuse = |status| match status {
        "401" => ErrorUnauthorized("who?"),
        _ => InternalError::from_response("taken", HttpResponse::Conflict().finish()).into(),
    };
    for (status, class) in [("401", "auth_error"), ("409", "client_error")] {
        let app = App::new()
            .service(web::resource("/secrets/{name}").to(async || "value"))
            .wrap_fn(move |_, _| std::future::ready(Err::<ServiceResponse, _>(refuse(status))))
            .wrap(Metrics::new());
        let capture = testing::capture();
        let answer = send(app, get("/secrets/KEY")).await;
        assert_eq!(answer.unwrap_err().error_response().status().as_str(), status);
        assert_request(&capture, "GET", Some("/secrets/{name}"), status, (class, ""));
    }
}

#[actix_web::test]
async fn a_request_dropped_before_its_answer_is_cancelled() {
    let slow = web::resource("/{name}").to(pending::<&str>);
    let app = App::new().service(web::scope("/slow").service(slow)).wrap(Metrics::new());
    let service = init_service(app).await;
    let capture = testing::capture();
    {
        let mut call = pin!(service.call(get("/slow/KEY").to_request()));
        poll_once(call.as_mut());
        assert!(capture.points(COUNT).is_empty());
    }
    assert_request(&capture, "GET", Some("/slow/{name}"), "499", ("cancelled", "cancelled"));
}

#[actix_web::test]
async fn a_request_dropped_before_its_first_poll_is_cancelled() {
    let service = init_service(App::new().wrap(Metrics::new())).await;
    let capture = testing::capture();
    drop(service.call(get("/").to_request()));
    assert_request(&capture, "GET", None, "499", ("cancelled", "cancelled"));
}

#[actix_web::test]
async fn a_cancelled_request_has_what_was_known_of_it() {
    let read = async |caller: Caller| {
        caller.identify(&AuthContext);
        pending::<&str>().await
    };
    let service = init_service(App::new().service(web::resource("/slow").to(read)).wrap(Metrics::new())).await;
    let capture = testing::capture();
    poll_once(pin!(service.call(get("/slow").to_request())));
    assert_eq!(once(&capture, COUNT).attributes["kms.organization.id"], "org-1");
    assert_eq!(once(&capture, ERRORS).attributes["kms.identity.name"], "ci");
}

#[actix_web::test]
async fn a_panic_goes_on_and_is_a_server_error() {
    let panics = async || -> &'static str { panic!("in the handler") };
    let service = init_service(App::new().service(web::resource("/panics").to(panics)).wrap(Metrics::new())).await;
    let capture = testing::capture();
    let caught = catch_unwind(AssertUnwindSafe(|| poll_once(pin!(service.call(get("/panics").to_request())))));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"in the handler"));
    assert_request(&capture, "GET", Some("/panics"), "500", ("server_error", "500"));
}

#[actix_web::test]
async fn a_panic_before_there_is_a_future_is_a_server_error() {
    let app = App::new()
        .wrap_fn(|_, _| -> Ready<Result<ServiceResponse, Error>> { panic!("in the call") })
        .wrap(Metrics::new());
    let service = init_service(app).await;
    let capture = testing::capture();
    let caught = catch_unwind(AssertUnwindSafe(|| drop(service.call(get("/").to_request()))));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"in the call"));
    assert_request(&capture, "GET", None, "500", ("server_error", "500"));
}
