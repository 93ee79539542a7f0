//! A server on actix-web: the middleware, one annotated handler, and an extractor that says who is asking.
//!
//! ```text
//! OTEL_TELEMETRY_COLLECTION_ENABLED=true OTEL_EXPORT_TYPE=prometheus cargo run --example actix
//! curl -H 'Authorization: Bearer ci' 127.0.0.1:8080/api/secrets/GREETING
//! curl 127.0.0.1:9464/metrics
//! ```

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::error::{ErrorNotFound, ErrorUnauthorized};
use actix_web::http::header;
use actix_web::{App, Error, FromRequest, HttpMessage as _, HttpRequest, HttpServer, get, web};
use kms_metrics::http::{Caller, actix::Metrics};
use kms_metrics::{Actor, Client, HasActor, HasClient, HasOrganization, HasProject, Organization, Project};
use kms_metrics::{Telemetry, kms_metric};

/// A machine that has said its name: a real server would check a token.
struct Machine {
    name: String,
    address: Option<IpAddr>,
}

impl FromRequest for Machine {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(name) = token.and_then(|token| token.strip_prefix("Bearer ")) else {
            return ready(Err(ErrorUnauthorized("who is asking?\n")));
        };
        let machine = Self { name: name.to_owned(), address: request.peer_addr().map(|peer| peer.ip()) };
        if let Some(caller) = request.extensions().get::<Caller>() {
            caller.identify(&machine);
            caller.auth_method("token-auth");
        }
        ready(Ok(machine))
    }
}

impl HasOrganization for Machine {
    type Organization<'a> = Organization<'a>;
    fn organization(&self) -> Organization<'_> {
        Organization { id: "org-1", name: "Example" }
    }
}

impl HasProject for Machine {
    type Project<'a> = Project<'a>;
    fn project(&self) -> Project<'_> {
        Project { id: "project-1", name: "actix" }
    }
}

impl HasActor for Machine {
    fn actor(&self) -> Actor<'_> {
        Actor { identity_name: Some(&self.name), ..Actor::default() }
    }
}

impl HasClient for Machine {
    type Client<'a> = Option<Client<'a>>;
    fn client(&self) -> Option<Client<'_>> {
        self.address.map(|address| Client { address: address.into(), user_agent: None })
    }
}

#[get("/secrets/{name}")]
#[kms_metric(secret_read, machine, environment = "dev", secret_path = "/", secret_name = name.as_str())]
async fn read_secret(machine: Machine, name: web::Path<String>) -> Result<String, Error> {
    match name.as_str() {
        "GREETING" => Ok(format!("hello, {}\n", machine.name)),
        name => Err(ErrorNotFound(format!("there is no {name}\n"))),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::from_env()?;
    // With half-closed connections allowed, actix-web serves clients that have hung up to the end.
    HttpServer::new(|| App::new().service(web::scope("/api").service(read_secret)).wrap(Metrics::new()))
        .h1_allow_half_closed(false)
        .bind(("127.0.0.1", 8080))?
        .run()
        .await?;
    Ok(telemetry.shutdown()?)
}
