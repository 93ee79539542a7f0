//! `#[derive(MetricContext)]`

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use kms_metrics::testing::{Point, capture};
use kms_metrics::{Actor, HasActor, MetricContext, kms_metric};
use kms_metrics_tests::{AuthContext, person};

const READS: &str = "kms.secret.read.count";
const ATTEMPTS: &str = "kms.auth.attempt.count";

fn attributes<const N: usize>(expected: [(&str, &str); N]) -> BTreeMap<String, String> {
    expected.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What an annotated function records of who, what for and from where, when its context is of that type.
macro_rules! recorded_with {
    ($metric:ident($($key:ident = $value:literal),*), $counter:expr, $ctx:expr, $type:ty) => {{
        #[kms_metric($metric, ctx $(, $key = $value)*)]
        fn call(ctx: &$type) {
            let _ = ctx;
        }
        let capture = capture();
        call(&$ctx);
        who(&capture.point($counter))
    }};
}

/// A read needs a definite organization and project.
macro_rules! read_with {
    ($ctx:expr, $type:ty) => {
        recorded_with!(secret_read(environment = "dev", secret_path = "/"), READS, $ctx, $type)
    };
}

/// A login needs a definite client.
macro_rules! log_in_with {
    ($ctx:expr, $type:ty) => {
        recorded_with!(auth_attempt(auth_method = "token"), ATTEMPTS, $ctx, $type)
    };
}

fn who(point: &Point) -> BTreeMap<String, String> {
    let mut attributes = point.attributes.clone();
    let not_who = ["kms.environment", "kms.secret.path", "kms.auth.method", "kms.auth.result"];
    attributes.retain(|key, _| !not_who.contains(&key.as_str()));
    attributes
}

#[derive(MetricContext)]
struct Request<'a> {
    #[metric(organization_id)]
    organization_id: String,
    #[metric(organization_name)]
    organization_name: &'a str,
    #[metric(project_id)]
    project_id: Arc<str>,
    #[metric(project_name)]
    project_name: Cow<'a, str>,
    #[metric(user_id)]
    user_id: Box<str>,
    #[metric(user_email)]
    user_email: Option<String>,
    #[metric(identity_id)]
    identity_id: Option<&'a str>,
    #[metric(identity_name)]
    identity_name: std::option::Option<Arc<str>>,
    #[metric(client_address)]
    peer: SocketAddr,
    #[metric(user_agent_original)]
    user_agent: Option<String>,
    #[expect(dead_code, reason = "not a word about metrics")]
    permissions: u64,
}

fn request() -> Request<'static> {
    Request {
        organization_id: "org-1".into(),
        organization_name: "Platform Engineering",
        project_id: "project-1".into(),
        project_name: "payments".into(),
        user_id: "user-1".into(),
        user_email: Some("jane.doe@example.com".into()),
        identity_id: None,
        identity_name: None,
        peer: "192.0.2.7:443".parse().unwrap(),
        user_agent: Some("kms-cli/1.0".into()),
        permissions: 7,
    }
}

#[test]
fn a_derived_context_supplies_every_attribute_of_its_fields() {
    assert_eq!(
        read_with!(request(), Request<'_>),
        attributes([
            ("client.address", "192.0.2.7"),
            ("kms.organization.id", "org-1"),
            ("kms.organization.name", "Platform Engineering"),
            ("kms.project.id", "project-1"),
            ("kms.project.name", "payments"),
            ("kms.user.email", "jane.doe@example.com"),
            ("kms.user.id", "user-1"),
            ("user_agent.original", "kms-cli/1.0"),
        ])
    );
}

#[test]
fn an_option_that_is_none_is_left_out_of_the_actor_and_the_client() {
    let request = Request { user_email: None, identity_name: Some("robot".into()), user_agent: None, ..request() };
    let found = read_with!(request, Request<'_>);
    assert_eq!(found["kms.identity.name"], "robot");
    for absent in ["kms.user.email", "user_agent.original", "kms.identity.id"] {
        assert!(!found.contains_key(absent), "{absent}");
    }
}

#[derive(MetricContext)]
struct Visitor {
    #[metric(organization_id)]
    organization_id: Option<String>,
    #[metric(organization_name)]
    organization_name: Option<&'static str>,
    #[metric(client_address)]
    peer: IpAddr,
    #[metric(user_id)]
    user: Option<String>,
}

#[test]
fn an_optional_group_is_there_where_all_of_it_is() {
    let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let visitor = |id: Option<&str>, organization_name| Visitor {
        organization_id: id.map(str::to_owned),
        organization_name,
        peer,
        user: None,
    };
    assert_eq!(
        log_in_with!(visitor(Some("org-1"), Some("One")), Visitor),
        attributes([
            ("client.address", "192.0.2.7"),
            ("kms.organization.id", "org-1"),
            ("kms.organization.name", "One")
        ])
    );
    let only_the_address = attributes([("client.address", "192.0.2.7")]);
    assert_eq!(log_in_with!(visitor(None, Some("One")), Visitor), only_the_address);
    assert_eq!(log_in_with!(visitor(Some("org-1"), None), Visitor), only_the_address);
    assert_eq!(visitor(None, None).actor(), Actor::default());
}

/// Whole groups from its fields, and the project from the position.
#[derive(MetricContext)]
struct Job<S>(
    #[metric(organization, actor, client)] S,
    #[metric(project_id, project_name)] &'static str,
    #[expect(dead_code, reason = "not a word about metrics")] u8,
)
where
    S: Debug;

#[test]
fn a_field_that_is_a_context_supplies_whole_groups() {
    let found = read_with!(Job(person(), "nightly", 0), Job<AuthContext>);
    assert_eq!(found["kms.organization.name"], "Platform Engineering");
    assert_eq!(found["kms.user.id"], "user-1");
    assert_eq!(found["client.address"], "192.0.2.7");
    assert_eq!((&*found["kms.project.id"], &*found["kms.project.name"]), ("nightly", "nightly"));
    // As definite as it is in the field, also through a pointer.
    assert_eq!(read_with!(Job(Arc::new(&person()), "nightly", 0), Job<Arc<&AuthContext>>), found);
}

#[derive(MetricContext)]
struct Connection {
    #[metric(organization, actor)]
    session: Option<AuthContext>,
    #[metric(client_address)]
    peer: String,
}

#[test]
fn an_absent_context_in_a_field_is_nobody() {
    let connection = |session| Connection { session, peer: "192.0.2.1".into() };
    assert_eq!(log_in_with!(connection(None), Connection), attributes([("client.address", "192.0.2.1")]));
    assert_eq!(log_in_with!(connection(Some(person())), Connection)["kms.user.id"], "user-1");
}

/// Only what is mentioned is implemented; the rest may be by hand.
#[derive(MetricContext)]
struct Tenant<N, A = Ipv4Addr>
where
    N: AsRef<str>,
{
    #[metric(organization_id, organization_name, project_id, project_name)]
    name: N,
    #[metric(client_address)]
    address: Option<A>,
}

impl<N: AsRef<str>, A> HasActor for Tenant<N, A> {
    fn actor(&self) -> Actor<'_> {
        Actor::identity(self.name.as_ref(), "by hand")
    }
}

#[test]
fn a_generic_context_gets_its_bounds_and_leaves_the_rest_to_hand() {
    let found = read_with!(Tenant { name: "acme", address: Some(Ipv4Addr::LOCALHOST) }, Tenant<&str>);
    assert_eq!(
        found,
        attributes([
            ("client.address", "127.0.0.1"),
            ("kms.identity.id", "acme"),
            ("kms.identity.name", "by hand"),
            ("kms.organization.id", "acme"),
            ("kms.organization.name", "acme"),
            ("kms.project.id", "acme"),
            ("kms.project.name", "acme"),
        ])
    );
    assert!(
        !read_with!(Tenant { name: String::from("acme"), address: None }, Tenant<String>)
            .contains_key("client.address")
    );
}
