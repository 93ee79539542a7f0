//! More series than a metric may have: labels degrade, totals stay exact, nothing is lost in silence.

use std::time::Duration;

use kms_metrics::Verdict;
use kms_metrics::records::SecretRead;
use kms_metrics::testing::{Capture, Point, capture};

const READS: &str = "kms.secret.read.count";
const LIMIT: usize = 10_000;

fn read(path: &str, project: &str, user: &str) {
    read_in("prod", "org-1", path, project, user);
}

fn read_in(environment: &str, organization: &str, path: &str, project: &str, user: &str) {
    SecretRead {
        organization_id: organization,
        organization_name: organization,
        project_id: project,
        project_name: project,
        environment,
        secret_path: path,
        secret_name: None,
        user_id: Some(user),
        user_email: None,
        identity_id: None,
        identity_name: None,
        user_agent_original: None,
        client_address: None,
    }
    .record(Verdict::success(), Duration::from_millis(1));
}

fn reads(capture: &Capture) -> Vec<Point> {
    let points = capture.points(READS);
    assert!(points.len() <= LIMIT, "{}", points.len());
    assert!(points.iter().all(|point| !point.attributes.contains_key("otel.metric.overflow")));
    points
}

fn total(points: &[Point]) -> u64 {
    points.iter().map(|point| point.count).sum()
}

#[test]
fn an_attackers_paths_lose_their_path_and_nobody_elses_labels() {
    let capture = capture();
    read("/known", "project-1", "user-1");
    for number in 0..LIMIT + 2_000 {
        read(&format!("/{number}"), "project-1", "attacker");
    }
    read("/known", "project-1", "user-1");
    read("/new", "project-2", "user-2");

    let points = reads(&capture);
    assert_eq!(total(&points), LIMIT as u64 + 2_003);
    let of = |path: &str| points.iter().filter(|point| point.attributes["kms.secret.path"] == path).collect::<Vec<_>>();
    assert_eq!(of("/known")[0].count, 2, "a series that was there keeps its labels");
    let degraded = of("__degraded__");
    let users: Vec<_> = degraded.iter().map(|point| point.attributes["kms.user.id"].as_str()).collect();
    assert_eq!(users.len(), 2, "{degraded:#?}");
    assert!(users.contains(&"attacker") && users.contains(&"user-2"), "only what is unbounded went");
    assert_eq!(total(&points) - degraded.iter().map(|point| point.count).sum::<u64>(), 7_500 + 1);

    let counted = capture.points("kms.telemetry.recordings.degraded");
    let counted: Vec<_> = counted.iter().filter(|it| it.attributes["kms.telemetry.metric"] == READS).collect();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].attributes["kms.telemetry.reason"], "unbounded");
    assert_eq!(counted[0].count, degraded.iter().map(|point| point.count).sum::<u64>());
}

#[test]
fn the_last_resort_is_one_series_and_its_total_is_exact() {
    let capture = capture();
    for number in 0..3 * LIMIT {
        let number = number.to_string();
        read_in(&number, &number, &number, &number, &number);
    }
    let points = reads(&capture);
    assert_eq!(total(&points), 3 * LIMIT as u64);
    let all_lost: Vec<_> =
        points.iter().filter(|point| point.attributes["kms.environment"] == "__degraded__").collect();
    assert_eq!(all_lost.len(), 1, "{all_lost:#?}");
    assert!(all_lost[0].count > 1);
    let series = capture.points("kms.telemetry.series");
    let series = series.iter().find(|it| it.attributes["kms.telemetry.metric"] == READS).unwrap();
    assert_eq!(series.sum, points.len() as f64);
}

#[test]
fn what_never_counts_makes_no_series() {
    let capture = capture();
    for number in 0..3 * LIMIT {
        let path = number.to_string();
        let recording = SecretRead {
            organization_id: "o",
            organization_name: "o",
            project_id: "p",
            project_name: "p",
            environment: "prod",
            secret_path: &path,
            secret_name: None,
            user_id: None,
            user_email: None,
            identity_id: None,
            identity_name: None,
            user_agent_original: None,
            client_address: None,
        }
        .start();
        recording.finish(Verdict::failure("not_found"));
    }
    assert_eq!(capture.points(READS), []);
    read("/a", "p", "u");
    assert_eq!(capture.point(READS).attributes["kms.secret.path"], "/a");
    let failures = capture.points("kms.secret.operation.duration");
    assert_eq!(failures.iter().map(|it| it.count).sum::<u64>(), 3 * LIMIT as u64 + 1);
}

#[test]
fn sets_that_are_known_in_advance_start_at_zero() {
    let capture = capture();
    assert_eq!(capture.points("kms.secret.operation.duration"), []);
    assert_eq!(
        capture.all_points("kms.secret.operation.duration").len(),
        3,
        "success, cancelled and panicked; a failure's type is the program's"
    );
    assert!(capture.all_points("kms.telemetry.recordings.dropped").len() >= 16);
}

#[test]
fn a_clients_long_values_are_cut_before_they_are_kept() {
    let capture = capture();
    let long = "é".repeat(100_000);
    read(&format!("{long}1"), "project-1", "user-1");
    read(&format!("{long}2"), "project-1", "user-1");
    let point = capture.point(READS);
    assert_eq!(point.count, 2, "what is cut off is not looked at");
    assert!(point.attributes["kms.secret.path"].ends_with("é…") && point.attributes["kms.secret.path"].len() <= 256);
}

#[test]
fn an_empty_value_and_no_value_are_one_series() {
    let capture = capture();
    let record = |name| {
        SecretRead {
            organization_id: "o",
            organization_name: "o",
            project_id: "p",
            project_name: "p",
            environment: "prod",
            secret_path: "/",
            secret_name: name,
            user_id: None,
            user_email: None,
            identity_id: None,
            identity_name: None,
            user_agent_original: None,
            client_address: None,
        }
        .record(Verdict::success(), Duration::ZERO);
    };
    record(None);
    record(Some(""));
    let point = capture.point(READS);
    assert_eq!(point.count, 2);
    assert!(!point.attributes.contains_key("kms.secret.name"), "Prometheus knows no empty labels");
}
