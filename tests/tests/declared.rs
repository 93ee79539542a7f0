//! Metrics that a program declares itself.

#![deny(clippy::pedantic, clippy::nursery, unused)]

use std::time::Duration;

use kms_metrics::testing::capture;
use kms_metrics::{Verdict, kms_metric};
use kms_metrics_tests::{ApiError, AuthContext, machine, person, ready};

mod metrics {
    //! The program's catalogue.

    kms_metrics::metrics! {
        attributes {
            /// How long the lease lasts
            acme.lease.ttl: bounded;
            /// Static or dynamic
            acme.lease.kind: bounded;
            /// What is leased
            acme.lease.resource: unbounded;
            /// Who rotates
            acme.rotation.trigger: bounded, argument trigger;
        }

        buckets minutes [60, 300, 900];

        operation lease_created LeaseCreated {
            /// Leases created
            counter "acme.lease.count" "{lease}" on success {
                required kms.organization.id, acme.lease.resource;
                optional kms.user.id, kms.identity.id, acme.lease.ttl;
            }

            /// Time to create a lease, by outcome
            histogram "acme.lease.duration" "s" guide {
                required acme.lease.kind = "dynamic", kms.outcome;
                optional error.type;
            }
        }

        operation rotation Rotation {
            /// Rotations that failed
            counter "acme.rotation.errors" "{error}" on failure { required acme.rotation.trigger, error.type; }

            /// Time to rotate
            histogram "acme.rotation.duration" "s" minutes { required acme.rotation.trigger; }
        }
    }
}

#[kms_metric(metrics::LeaseCreated, ctx, acme_lease_resource = resource)]
async fn lease(ctx: &AuthContext, resource: &str) -> Result<usize, ApiError> {
    if resource.is_empty() {
        return Err(ApiError::NotFound);
    }
    std::future::ready(Ok(ctx.organization_id.len())).await
}

#[test]
fn a_declared_metric_is_counted_and_timed_like_a_built_in_one() {
    let capture = capture();
    assert_eq!(ready(lease(&person(), "db/readonly")), Ok(5));
    let point = capture.point("acme.lease.count");
    assert_eq!(point.count, 1);
    let expected =
        [("acme.lease.resource", "db/readonly"), ("kms.organization.id", "org-1"), ("kms.user.id", "user-1")];
    assert_eq!(point.attributes, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    let duration = capture.point("acme.lease.duration");
    assert_eq!(duration.attributes["acme.lease.kind"], "dynamic");
    assert_eq!(duration.attributes["kms.outcome"], "success");

    assert!(ready(lease(&machine(), "")).is_err());
    assert_eq!(capture.total("acme.lease.count"), 1);
    assert_eq!(capture.total("acme.lease.duration"), 2);
}

struct Rotator(AuthContext);

impl Rotator {
    #[kms_metric(
        metrics::Rotation, trigger = |rotated| if rotated.is_ok() { "timer" } else { "nobody" };
        count = always
    )]
    fn rotate(&mut self, ok: bool) -> Result<&mut String, ApiError> {
        if ok { Ok(&mut self.0.project_id) } else { Err(ApiError::Remote(500)) }
    }
}

#[test]
fn late_values_options_and_methods_work_with_declared_metrics() {
    let capture = capture();
    let mut rotator = Rotator(person());
    rotator.rotate(true).unwrap().push('!');
    assert!(rotator.rotate(false).is_err());
    let mut triggers: Vec<_> = capture.points("acme.rotation.errors").into_iter().map(|it| it.attributes).collect();
    triggers.sort();
    assert_eq!(triggers[0]["acme.rotation.trigger"], "nobody");
    assert_eq!(triggers[0]["error.type"], "remote_error");
    assert_eq!(triggers[1]["acme.rotation.trigger"], "timer");
    let duration = capture.points("acme.rotation.duration");
    assert_eq!(
        duration[0].buckets.iter().map(|(bound, _)| *bound).collect::<Vec<_>>(),
        [60.0, 300.0, 900.0, f64::INFINITY]
    );
}

#[test]
fn a_declared_metric_is_recorded_by_hand_and_limited_too() {
    let capture = capture();
    for number in 0..11_000 {
        let resource = number.to_string();
        let lease = metrics::LeaseCreated {
            organization_id: "o",
            user_id: None,
            identity_id: None,
            acme_lease_ttl: Some("1h"),
            acme_lease_resource: &resource,
        };
        lease.record(Verdict::success(), Duration::from_millis(1));
    }
    let points = capture.points("acme.lease.count");
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 11_000);
    assert!(points.len() <= 10_000 && points.iter().all(|it| !it.attributes.contains_key("otel.metric.overflow")));
    assert!(points.iter().any(|it| it.attributes["acme.lease.resource"] == "__degraded__"));
    let series = capture.points("kms.telemetry.series");
    assert!(series.iter().any(|it| it.attributes["kms.telemetry.metric"] == "acme.lease.count"));
}

mod elsewhere {
    kms_metrics::metrics! {
        attributes {
            /// What is leased
            acme.lease.resource: unbounded;
        }

        operation lease_created_elsewhere LeaseCreatedElsewhere {
            /// Leases created
            counter "acme.lease.count" "{lease}" on success { required acme.lease.resource; }
        }
    }
}

#[test]
fn two_declarations_of_one_instrument_share_its_limit() {
    let capture = capture();
    for number in 0..9_000 {
        let resource = number.to_string();
        elsewhere::LeaseCreatedElsewhere { acme_lease_resource: &resource }.record(Verdict::success(), Duration::ZERO);
        metrics::LeaseCreated {
            organization_id: "o",
            user_id: None,
            identity_id: None,
            acme_lease_ttl: None,
            acme_lease_resource: &resource,
        }
        .record(Verdict::success(), Duration::ZERO);
    }
    let points = capture.points("acme.lease.count");
    assert!(points.len() <= 10_000 && points.iter().all(|it| !it.attributes.contains_key("otel.metric.overflow")));
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 18_000);
}

#[test]
fn declared_metrics_have_their_json() {
    let json: serde_json::Value =
        serde_json::from_str(&kms_metrics::catalogue::to_json_of(metrics::INSTRUMENTS)).unwrap();
    let names: Vec<_> = json.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme.lease.count", "acme.lease.duration", "acme.rotation.errors", "acme.rotation.duration"]);
    assert_eq!(json[0]["short_name"], "lease_created");
    assert_eq!(json[0]["attributes"][0]["argument"], "acme_lease_resource");
}
