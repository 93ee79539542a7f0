//! A gRPC service, as tonic's generated traits ask for it: the context in the request's extensions, a `Status` for every
//! error.

use kms_metrics::testing::capture;
use kms_metrics::{
    Actor, Client, ErrorType, HasActor, HasClient, HasOrganization, HasProject, Organization, Project, Verdict,
    kms_metric,
};
use kms_metrics_tests::{AuthContext, cancel, machine, ready};
use tonic::{Code, Request, Response, Status};

use super::{READ_DURATION, READS, errors, paths};

#[derive(Debug)]
struct GetRequest {
    path: String,
}

#[derive(Debug, PartialEq)]
struct Secret(&'static str);

/// What tonic generates from a service's definition.
#[tonic::async_trait]
trait Secrets: Send + Sync + 'static {
    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Secret>, Status>;
    async fn get_typed(&self, request: Request<GetRequest>) -> Result<Response<Secret>, Status>;
}

/// A closed set of classes for gRPC's codes. `Status` is a foreign type, so the annotation names this function.
fn verdict(returned: &Result<Response<Secret>, Status>) -> Verdict {
    let Err(status) = returned else { return Verdict::success() };
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => Verdict::failure("auth_error"),
        Code::ResourceExhausted => Verdict::failure("rate_limit_error"),
        Code::NotFound => Verdict::failure("not_found"),
        Code::Cancelled => Verdict::cancelled(),
        Code::Ok => Verdict::success(),
        _ => Verdict::failure("server_error"),
    }
}

/// The service's own error: classes for the metrics, a `Status` for the wire.
#[derive(Debug)]
struct ServiceError(Status);

impl ErrorType for ServiceError {
    fn error_type(&self) -> &'static str {
        match self.0.code() {
            Code::NotFound => "not_found",
            _ => "internal_error",
        }
    }
}

impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Self {
        error.0
    }
}

/// What an interceptor has put into the extensions, with a stand-in for requests that came around it.
struct Caller<'a>(Option<&'a AuthContext>);

impl<'a> Caller<'a> {
    fn of<T>(request: &'a Request<T>) -> Self {
        Self(request.extensions().get())
    }
}

impl HasOrganization for Caller<'_> {
    type Organization<'a>
        = Organization<'a>
    where
        Self: 'a;
    fn organization(&self) -> Organization<'_> {
        self.0.map_or(Organization { id: "unknown", name: "unknown" }, HasOrganization::organization)
    }
}

impl HasProject for Caller<'_> {
    type Project<'a>
        = Project<'a>
    where
        Self: 'a;
    fn project(&self) -> Project<'_> {
        self.0.map_or(Project { id: "unknown", name: "unknown" }, HasProject::project)
    }
}

impl HasActor for Caller<'_> {
    fn actor(&self) -> Actor<'_> {
        self.0.map(HasActor::actor).unwrap_or_default()
    }
}

impl HasClient for Caller<'_> {
    type Client<'a>
        = Option<Client<'a>>
    where
        Self: 'a;
    fn client(&self) -> Option<Client<'_>> {
        self.0.map(HasClient::client)
    }
}

struct Service;

#[tonic::async_trait]
impl Secrets for Service {
    #[kms_metric(
        secret_read, Caller::of(&request), environment = "prod", secret_path = request.get_ref().path;
        outcome = verdict
    )]
    async fn get(&self, request: Request<GetRequest>) -> Result<Response<Secret>, Status> {
        let (_metadata, extensions, GetRequest { path }) = request.into_parts();
        if extensions.get::<AuthContext>().is_none() {
            return Err(Status::unauthenticated("no credential"));
        }
        match &*path {
            "/missing" => Err(Status::not_found(path)),
            "/broken" => Err(Status::data_loss(path)),
            "/hang" => std::future::pending().await,
            _ => Ok(Response::new(Secret("s3cret"))),
        }
    }

    async fn get_typed(&self, request: Request<GetRequest>) -> Result<Response<Secret>, Status> {
        Ok(typed(request).await?)
    }
}

#[kms_metric(secret_read, Caller::of(&request), environment = "prod", secret_path = request.get_ref().path)]
async fn typed(request: Request<GetRequest>) -> Result<Response<Secret>, ServiceError> {
    let found = std::future::ready(request.into_inner().path != "/missing").await;
    found.then(|| Response::new(Secret("typed"))).ok_or_else(|| ServiceError(Status::not_found("no such secret")))
}

fn request(path: &str) -> Request<GetRequest> {
    let mut request = Request::new(GetRequest { path: path.into() });
    request.extensions_mut().insert(machine());
    request
}

#[test]
fn a_grpc_method_is_recorded_with_the_caller_from_its_extensions() {
    let capture = capture();
    assert_eq!(ready(Service.get(request("/app"))).unwrap().into_inner(), Secret("s3cret"));
    let read = capture.point(READS).attributes;
    assert_eq!((&*read["kms.secret.path"], &*read["kms.identity.id"]), ("/app", "identity-1"));
    assert_eq!((&*read["kms.organization.id"], &*read["client.address"]), ("org-1", "192.0.2.7"));
}

#[test]
fn a_status_is_mapped_to_a_closed_set() {
    let capture = capture();
    for path in ["/missing", "/broken"] {
        assert!(ready(Service.get(request(path))).is_err());
    }
    let anonymous = ready(Service.get(Request::new(GetRequest { path: "/app".into() })));
    assert_eq!(anonymous.unwrap_err().code(), Code::Unauthenticated);
    cancel(Service.get(request("/hang")));
    assert_eq!(errors(&capture), ["auth_error", "cancelled", "not_found", "server_error"]);
    assert_eq!(paths(&capture), [""; 0]);
}

#[test]
fn an_error_of_ones_own_says_its_class_and_becomes_a_status() {
    let capture = capture();
    assert_eq!(ready(Service.get_typed(request("/app"))).unwrap().into_inner(), Secret("typed"));
    assert_eq!(ready(Service.get_typed(request("/missing"))).unwrap_err().code(), Code::NotFound);
    assert_eq!((paths(&capture), errors(&capture)), (vec!["/app".to_owned()], vec!["not_found".to_owned()]));
    assert_eq!(capture.total(READ_DURATION), 2);
}
