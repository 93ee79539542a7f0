//! What the middleware for actix-web promises: what the tower layer does.

mod attributes;
mod endings;
mod handlers;
#[path = "../http_support/mod.rs"]
mod http_support;
mod routes;
mod served;

use actix_web::body::MessageBody;
use actix_web::dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error};

use http_support::*;

fn request(method: &str, uri: &str) -> TestRequest {
    TestRequest::with_uri(uri).method(method.parse().unwrap())
}

fn get(uri: &str) -> TestRequest {
    request("GET", uri)
}

/// Sends one request to an application, on this thread.
async fn send<T, B>(app: App<T>, request: TestRequest) -> Result<ServiceResponse<B>, Error>
where
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>,
    T: 'static,
    B: MessageBody,
{
    init_service(app).await.call(request.to_request()).await
}
