//! Without an HTTP layer: what a program says itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use kms_metrics::records::{KmipOperation, SecretRead};
use kms_metrics::{Client, Organization, Project, Verdict, testing};
use kms_metrics_tests::{machine, person};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;

use super::*;

#[test]
fn outside_of_a_scope_everything_is_absent_and_what_is_required_is_unknown() {
    let capture = testing::capture();
    assert_eq!(known(), NOTHING);
    deep("/app");
    let attributes = capture.point(READS).attributes;
    for key in ["kms.organization.id", "kms.organization.name", "kms.project.id", "kms.project.name"] {
        assert_eq!(attributes[key], "unknown", "{key}");
    }
    for key in ["kms.user.id", "kms.identity.id", "client.address", "user_agent.original"] {
        assert!(!attributes.contains_key(key), "{key}");
    }
    assert_eq!(attributes["kms.secret.path"], "/app");
}

#[tokio::test]
async fn a_scope_says_what_its_context_knows() {
    let capture = testing::capture();
    capture.scope(Ambient::of(&person()).scope(async { deep("/app") })).await;
    let attributes = capture.point(READS).attributes;
    let expected = [
        ("kms.organization.id", "org-1"),
        ("kms.organization.name", "Platform Engineering"),
        ("kms.project.id", "project-1"),
        ("kms.project.name", "payments"),
        ("kms.user.id", "user-1"),
        ("kms.user.email", "jane.doe@example.com"),
        ("client.address", "192.0.2.7"),
        ("user_agent.original", "kms-cli/1.0"),
    ];
    for (key, value) in expected {
        assert_eq!(attributes[key], value, "{key}");
    }
}

#[kms_metric(kmip_operation, kmip_operation_type = "locate", kmip_client_id = "client-1"; ambient)]
async fn locate() -> Result<(), std::convert::Infallible> {
    others_run().await;
    Ok(())
}

#[kms_metric(auth_attempt, auth_method = "email"; ambient)]
fn login() -> bool {
    true
}

#[kms_metric(secret_read, organization_id = "by hand", environment = "prod", secret_path = "/"; ambient)]
fn half_by_hand() {}

#[tokio::test]
async fn every_metric_takes_what_it_has_room_for() {
    let capture = testing::capture();
    let call = async {
        locate().await.unwrap();
        login();
        half_by_hand();
    };
    capture.scope(Ambient::of(&machine()).scope(call)).await;
    let operation = capture.point(OPERATIONS).attributes;
    assert_eq!(operation["kms.organization.id"], "org-1");
    assert_eq!(operation["kms.identity.id"], "identity-1");
    assert_eq!(operation["client.address"], "192.0.2.7");
    let attempt = capture.point("kms.auth.attempt.count").attributes;
    assert_eq!(attempt["kms.organization.id"], "org-1");
    assert_eq!(attempt["client.address"], "192.0.2.7");
    let read = capture.point(READS).attributes;
    assert_eq!(read["kms.organization.id"], "by hand");
    assert_eq!(read["kms.project.id"], "project-1");
}

#[test]
fn a_client_that_nobody_knows_is_unknown_where_one_is_required() {
    let capture = testing::capture();
    login();
    assert_eq!(capture.point("kms.auth.attempt.count").attributes["client.address"], "unknown");
}

#[test]
fn a_record_by_hand_takes_it_too() {
    let capture = testing::capture();
    Ambient::of(&machine()).sync_scope(|| {
        let ambient = Ambient::current();
        let (organization, project) = (ambient.or_unknown().organization(), ambient.or_unknown().project());
        let client = ambient.client();
        SecretRead {
            environment: "prod",
            secret_path: "/app",
            secret_name: None,
            organization_id: organization.id,
            organization_name: organization.name,
            project_id: project.id,
            project_name: project.name,
            user_id: ambient.actor().user_id,
            user_email: ambient.actor().user_email,
            identity_id: ambient.actor().identity_id,
            identity_name: ambient.actor().identity_name,
            user_agent_original: client.as_ref().and_then(|client| client.user_agent),
            client_address: client.as_ref().map(|client| &*client.address),
        }
        .record(Verdict::success(), Duration::ZERO);
        let operation = KmipOperation {
            organization_id: organization.id,
            project_id: project.id,
            kmip_operation_type: "get",
            kmip_client_id: "client-1",
            kmip_object_id: None,
            kmip_object_name: None,
            identity_id: ambient.actor().identity_id,
            identity_name: ambient.actor().identity_name,
            user_agent_original: None,
            client_address: None,
        };
        operation.record(Verdict::success(), Duration::ZERO);
    });
    assert_eq!(capture.point(READS).attributes["kms.identity.name"], "prod-k8s-operator");
    assert_eq!(capture.point(OPERATIONS).attributes["kms.project.id"], "project-1");
}

#[test]
fn groups_are_said_one_by_one_and_taken_back() {
    let _on = testing::capture();
    let ambient = Ambient::default()
        .with_organization(Organization { id: "o", name: "O" })
        .with_project(Project { id: "p", name: "P" })
        .with_actor(Actor::identity("i", "I"))
        .with_client(Client { address: "192.0.2.9".into(), user_agent: None });
    let inner = || Ambient::current().with_project(None).with_actor(Actor::user("u", "u@example.com"));
    ambient.sync_scope(|| {
        assert_eq!(known(), "o p i 192.0.2.9");
        inner().sync_scope(|| assert_eq!(known(), "o - u 192.0.2.9"));
        Ambient::current().with_organization(None).with_client(None).sync_scope(|| assert_eq!(known(), "- p i -"));
        Ambient::default().sync_scope(|| assert_eq!(known(), NOTHING));
        assert_eq!(known(), "o p i 192.0.2.9");
    });
    assert_eq!(known(), NOTHING);
}

#[test]
fn an_address_of_any_length_is_kept_whole() {
    let _on = testing::capture();
    for length in [0, 46, 47, 300] {
        let address = "x".repeat(length);
        let client = Client { address: address.as_str().into(), user_agent: Some("kms-cli") };
        let ambient = Ambient::default().with_client(client.clone());
        assert_eq!(ambient.client(), Some(client.clone()));
        assert_eq!(ambient.or_unknown().client(), client);
    }
}

#[tokio::test]
async fn two_scopes_on_one_thread_never_see_each_other() {
    let capture = testing::capture();
    let call = async |project: &str, path: &str| {
        let expected = format!("org-1 {project} user-1 192.0.2.7");
        for _ in 0..3 {
            assert_eq!(known(), expected);
            deep(path);
            others_run().await;
        }
    };
    let scope = |project: &'static str| {
        Ambient::of(&person()).with_project(Project { id: project, name: "P" }).scope(call(project, project))
    };
    capture
        .scope(async {
            tokio::join!(scope("p-1"), scope("p-2"), async {
                for _ in 0..3 {
                    assert_eq!(known(), NOTHING);
                    others_run().await;
                }
            });
        })
        .await;
    assert_eq!(all(&capture, READS, "kms.project.id"), ["p-1", "p-2"]);
    assert_eq!(all(&capture, READS, "kms.secret.path"), ["p-1", "p-2"]);
}

#[tokio::test]
async fn a_snapshot_stays_as_it_was() {
    let _on = testing::capture();
    let before = Ambient::of(&person());
    let after = before.clone().with_actor(Actor::identity("id-7", "ci"));
    assert_eq!(before.actor().user_id, Some("user-1"));
    assert_eq!(after.actor(), Actor::identity("id-7", "ci"));
    assert_eq!(after.organization(), before.organization());
}

#[tokio::test]
async fn a_panic_leaves_the_scope() {
    let _on = testing::capture();
    let caught = catch_unwind(AssertUnwindSafe(|| Ambient::of(&person()).sync_scope(|| panic!("in a call"))));
    assert!(caught.is_err());
    assert_eq!(known(), NOTHING);
    // On this thread, as the runtime has no other.
    assert!(tokio::spawn(Ambient::of(&person()).scope(async { panic!("in a future") })).await.is_err());
    assert_eq!(known(), NOTHING);
}

#[derive(Debug, PartialEq)]
struct Baggage(&'static str);

fn baggage() -> Option<&'static str> {
    Context::map_current(|context| context.get::<Baggage>().map(|baggage| baggage.0))
}

#[tokio::test]
async fn other_values_of_the_context_stay() {
    let _on = testing::capture();
    let inner = Ambient::of(&person()).scope(async {
        assert_eq!(baggage(), Some("outer"));
        others_run().await;
        assert_eq!(baggage(), Some("outer"));
        let _more = Context::current_with_value(Baggage("inner")).attach();
        assert_eq!(baggage(), Some("inner"));
        assert_eq!(known(), "org-1 project-1 user-1 192.0.2.7");
    });
    // It was made before, where there was none.
    assert_eq!(baggage(), None);
    inner.with_context(Context::new().with_value(Baggage("outer"))).await;
    assert_eq!(baggage(), None);
}

#[test]
fn it_can_be_asked_for_while_the_context_is_looked_at() {
    let _on = testing::capture();
    Ambient::of(&person()).sync_scope(|| {
        Context::map_current(|_| {
            assert_eq!(known(), "org-1 project-1 user-1 192.0.2.7");
            assert_eq!(deep("/app"), 4);
        });
    });
}

#[test]
fn it_prints_no_values() {
    let _on = testing::capture();
    let ambient = Ambient::of(&person());
    assert_eq!(format!("{ambient:?} {:?}", ambient.or_unknown()), "Ambient { .. } AmbientOrUnknown { .. }");
    assert_eq!(format!("{:?}", ambient.scope(async {})), "Scope { .. }");
}
