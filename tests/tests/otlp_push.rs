//! The push, to receivers on real sockets that behave and misbehave.

use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

use kms_metrics::config::Warning;
use kms_metrics::telemetry::{FlushError, ShutdownError, TelemetryBuilder};
use kms_metrics::{Telemetry, Verdict, records};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, metric};
use opentelemetry_sdk::metrics::Temporality;
use tracing::Level;

#[path = "telemetry_support/logs.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod logs;
#[path = "telemetry_support/receiver.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod receiver;
#[path = "telemetry_support/serial.rs"]
mod serial;

use logs::{listen, logged, logged_at};
use receiver::{Behaviour, Receiver};
use serial::{eventually, serial};

const LONG: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct-horse";
/// `kms:correct-horse`
const AUTHORIZATION: &str = "Basic a21zOmNvcnJlY3QtaG9yc2U=";

/// An hour between two pushes, so that only flushes push.
fn push(endpoint: impl Into<String>) -> TelemetryBuilder {
    Telemetry::builder().otlp(endpoint).otlp_basic_auth("kms", PASSWORD).otlp_push_interval(Duration::from_secs(3600))
}

fn record() {
    records::KmipOperation {
        organization_id: "o1",
        project_id: "p1",
        kmip_operation_type: "Locate",
        kmip_client_id: "c1",
        identity_id: None,
        identity_name: None,
        kmip_object_id: None,
        kmip_object_name: None,
        user_agent_original: None,
        client_address: None,
    }
    .record(Verdict::success(), Duration::from_millis(3));
}

fn failure(result: Result<(), FlushError>) -> String {
    match result {
        Err(FlushError::Export(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_carries_the_series_the_resource_and_the_credentials() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(format!("http://{}", receiver.address)).service_version("1.2.3").build().unwrap();
    record();
    telemetry.flush(LONG).unwrap();

    let received = receiver.last();
    assert_eq!(received.line, "POST /v1/metrics HTTP/1.1");
    assert_eq!(received.header("authorization"), Some(AUTHORIZATION));
    assert_eq!(received.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(received.sum("kms.kmip.operation.count", &[("kms.kmip.client.id", "c1")]), Some(1));
    assert!(received.metric("kms.kmip.operation.duration").is_some());
    assert_eq!(received.resource("service.name").as_deref(), Some("kms"));
    assert_eq!(received.resource("service.version").as_deref(), Some("1.2.3"));
    assert_eq!(received.resource("telemetry.sdk.name").as_deref(), Some("opentelemetry"));
    assert!(received.resource("service.instance.id").is_some_and(|id| id.len() == 36));
}

#[test]
fn the_programs_own_instruments_are_pushed_along() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).build().unwrap();
    telemetry.meter_provider().unwrap().meter("own").u64_counter("own").build().add(2, &[]);
    telemetry.flush(LONG).unwrap();
    assert_eq!(receiver.last().sum("own", &[]), Some(2));
}

#[test]
fn pushes_come_at_the_interval() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).otlp_push_interval(Duration::from_secs(1)).build().unwrap();
    eventually("three pushes", || receiver.received().len() >= 3);
    telemetry.shutdown_with_timeout(LONG).unwrap();
    let pushes = receiver.received().len();
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(receiver.received().len(), pushes, "a push after the shutdown");
}

#[test]
fn a_shutdown_pushes_what_was_recorded_last() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).build().unwrap();
    record();
    telemetry.shutdown_with_timeout(LONG).unwrap();
    assert_eq!(receiver.last().sum("kms.kmip.operation.count", &[]), Some(1));
}

#[test]
fn dropping_pushes_what_was_recorded_last() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).build().unwrap();
    record();
    drop(telemetry);
    eventually("the last push", || !receiver.received().is_empty());
    assert_eq!(receiver.last().sum("kms.kmip.operation.count", &[]), Some(1));
}

#[test]
fn exports_are_counted() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).build().unwrap();
    telemetry.flush(LONG).unwrap();
    let first = receiver.last();
    assert_eq!(first.sum("kms.telemetry.export.attempts", &[]), Some(0));
    assert_eq!(first.sum("kms.telemetry.export.failures", &[("kms.telemetry.reason", "wrong_credentials")]), Some(0));

    receiver.behave(Behaviour::Status(401));
    telemetry.flush(LONG).unwrap_err();
    receiver.behave(Behaviour::Accept);
    telemetry.flush(LONG).unwrap();
    let last = receiver.last();
    assert_eq!(last.sum("kms.telemetry.export.attempts", &[]), Some(2));
    assert_eq!(last.sum("kms.telemetry.export.failures", &[("kms.telemetry.reason", "wrong_credentials")]), Some(1));
    assert_eq!(last.sum("kms.telemetry.export.failures", &[]), Some(1));
    assert!(last.metric("kms.telemetry.export.last_success").is_some());
}

#[test]
fn an_outage_is_logged_when_it_begins_and_when_it_ends() {
    let _serial = serial();
    listen();
    let receiver = Receiver::start(Behaviour::Status(401));
    let telemetry = push(receiver.endpoint()).otlp_push_interval(Duration::from_secs(1)).build().unwrap();
    eventually("four refused pushes", || receiver.received().len() >= 4);

    let warnings = logged_at(Level::WARN);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    for word in ["wrong credentials", "OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "_PASSWORD", &receiver.endpoint()] {
        assert!(warnings[0].contains(word), "{word}: {}", warnings[0]);
    }
    assert_eq!(logged_at(Level::ERROR), Vec::<String>::new());

    receiver.behave(Behaviour::Accept);
    eventually("the end of the outage", || logged_at(Level::INFO).iter().any(|line| line.contains("works again")));
    let end = logged_at(Level::INFO).into_iter().find(|line| line.contains("works again")).unwrap();
    assert!(end.contains(" failed exports") && end.contains("wrong credentials"), "{end}");

    receiver.behave(Behaviour::Status(404));
    eventually("the next outage", || logged_at(Level::WARN).len() == 2);
    assert!(logged_at(Level::WARN)[1].contains("path not found"));
    drop(telemetry);
}

#[test]
fn a_new_reason_within_an_outage_is_logged_once_and_quietly() {
    let _serial = serial();
    listen();
    let receiver = Receiver::start(Behaviour::Status(404));
    let telemetry = push(receiver.endpoint()).build().unwrap();
    for status in [404, 401, 404, 401, 401] {
        receiver.behave(Behaviour::Status(status));
        telemetry.flush(LONG).unwrap_err();
    }
    assert_eq!(logged_at(Level::WARN).len(), 1);
    let changes = logged_at(Level::INFO).into_iter().filter(|line| line.contains("still fails")).count();
    assert_eq!(changes, 1);
}

#[test]
fn a_panicking_callback_ends_the_push_and_is_said_once() {
    let _serial = serial();
    listen();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(receiver.endpoint()).otlp_push_interval(Duration::from_secs(1)).build().unwrap();
    let meter = telemetry.meter_provider().unwrap().meter("own");
    let _registered = meter.u64_observable_gauge("bad").with_callback(|_| panic!("on purpose")).build();
    eventually("the error", || !logged_at(Level::ERROR).is_empty());

    let failure = failure(telemetry.flush(LONG));
    let ended = telemetry.shutdown_with_timeout(LONG);
    let Err(ShutdownError::Export(last)) = ended else { panic!("{ended:?}") };
    let errors = logged_at(Level::ERROR);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains(&receiver.endpoint()), "{errors:#?}");
    for text in [&errors[0], &failure, &last] {
        assert!(text.contains("callback of an observable instrument") && text.contains("restart"), "{text}");
    }
}

#[test]
fn every_failure_is_said_in_words_that_help() {
    let _serial = serial();
    for (behaviour, words) in [
        (Behaviour::Status(401), "wrong credentials"),
        (Behaviour::Status(403), "wrong credentials"),
        (Behaviour::Status(404), "path not found"),
        (Behaviour::Status(413), "too large"),
        (Behaviour::Status(400), "refuses what it is sent"),
        (Behaviour::Status(500), "see its logs"),
        (Behaviour::Status(503), "not available"),
        (Behaviour::Status(429), "less often"),
        (Behaviour::Reject { data_points: 3 }, "3 data points"),
        (Behaviour::WebPage, "no OTLP receiver"),
        (Behaviour::Endless, "no OTLP receiver"),
        (Behaviour::Reset, "connection was lost"),
    ] {
        let receiver = Receiver::start(behaviour.clone());
        let telemetry = push(receiver.endpoint()).build().unwrap();
        let failure = failure(telemetry.flush(LONG));
        assert!(failure.contains(words), "{behaviour:?}: {failure}");
        receiver.behave(Behaviour::Accept);
        telemetry.flush(LONG).unwrap();
        telemetry.shutdown_with_timeout(LONG).unwrap();
    }
}

#[test]
fn a_closed_port_is_said() {
    let _serial = serial();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let telemetry = push(format!("http://{closed}")).build().unwrap();
    let failure = failure(telemetry.flush(LONG));
    assert!(failure.contains("nothing listens there"), "{failure}");
}

#[test]
fn an_unknown_host_is_said() {
    let _serial = serial();
    let telemetry = push("http://otel-collector.invalid:4318").build().unwrap();
    let failure = failure(telemetry.flush(LONG));
    assert!(failure.contains("does not resolve"), "{failure}");
}

#[test]
fn a_redirect_is_a_failure_and_not_followed() {
    let _serial = serial();
    let elsewhere = Receiver::start(Behaviour::Accept);
    let receiver = Receiver::start(Behaviour::Redirect { to: elsewhere.endpoint() });
    let telemetry = push(receiver.endpoint()).build().unwrap();
    let failure = failure(telemetry.flush(LONG));
    assert!(failure.contains("redirects"), "{failure}");
    assert!(elsewhere.received().is_empty());
}

#[test]
fn a_passing_failure_is_tried_again_within_the_same_export() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Status(503));
    let telemetry = push(receiver.endpoint()).build().unwrap();
    let recovery = receiver.clone();
    let recovering = thread::spawn(move || {
        eventually("a second attempt", || recovery.received().len() >= 2);
        recovery.behave(Behaviour::Accept);
    });
    telemetry.flush(LONG).unwrap();
    recovering.join().unwrap();

    receiver.behave(Behaviour::Status(401));
    let before = receiver.received().len();
    telemetry.flush(LONG).unwrap_err();
    assert_eq!(receiver.received().len(), before + 1, "wrong credentials do not get better");
}

#[test]
fn differences_are_pushed_when_asked_for() {
    let _serial = serial();
    for (temporality, expected) in [
        (Temporality::Cumulative, [AggregationTemporality::Cumulative, AggregationTemporality::Cumulative]),
        (Temporality::Delta, [AggregationTemporality::Delta, AggregationTemporality::Delta]),
        (Temporality::LowMemory, [AggregationTemporality::Delta, AggregationTemporality::Delta]),
    ] {
        let receiver = Receiver::start(Behaviour::Accept);
        let telemetry = push(receiver.endpoint()).otlp_temporality(temporality).build().unwrap();
        let meter = telemetry.meter_provider().unwrap().meter("own");
        meter.u64_counter("counter").build().add(1, &[]);
        meter.f64_histogram("histogram").build().record(1.0, &[]);
        telemetry.flush(LONG).unwrap();
        let found = ["counter", "histogram"].map(|name| match receiver.last().metric(name).unwrap().data {
            Some(metric::Data::Sum(sum)) => sum.aggregation_temporality(),
            Some(metric::Data::Histogram(histogram)) => histogram.aggregation_temporality(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "{temporality:?}");
    }
}

#[test]
fn credentials_appear_in_no_log_error_or_debug() {
    let _serial = serial();
    listen();
    let secrets = [PASSWORD, AUTHORIZATION, AUTHORIZATION.strip_prefix("Basic ").unwrap()];
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let receiver = Receiver::start(Behaviour::Status(401));
    let mut shown = vec![format!("{:?}", push(receiver.endpoint()))];
    for endpoint in [receiver.endpoint(), format!("http://{closed}/?key={PASSWORD}")] {
        let telemetry = push(endpoint).build().unwrap();
        let error = telemetry.flush(LONG).unwrap_err();
        shown.push(format!("{telemetry:?} {error} {error:?} {:?}", telemetry.meter_provider()));
    }
    shown.push(format!("{:?}", push("http://kms:correct-horse@c").build().unwrap_err()));
    shown.extend(logged().iter().map(|line| format!("{line:?}")));
    assert!(shown.len() > 6, "{shown:#?}");
    for text in shown {
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
}

#[test]
fn credentials_over_plain_http_are_a_warning_unless_they_stay_on_this_machine() {
    let _serial = serial();
    let telemetry = push("http://otel-collector.invalid:4318").build().unwrap();
    assert_eq!(telemetry.warnings(), [Warning::CredentialsInTheClear { host: "otel-collector.invalid".to_owned() }]);
    drop(telemetry);
    let telemetry = push("http://localhost:1").build().unwrap();
    assert_eq!(telemetry.warnings(), []);
}

/// Where the process of the next test pushes to; without it that test does nothing.
const CHILD_ENDPOINT: &str = "KMS_METRICS_TEST_ENDPOINT";

#[test]
fn in_a_process_with_opentelemetrys_own_variables() {
    let Some(endpoint) = std::env::var_os(CHILD_ENDPOINT) else { return };
    let telemetry = push(endpoint.into_string().unwrap()).build().unwrap();
    record();
    telemetry.flush(LONG).unwrap();
}

#[test]
fn opentelemetrys_own_variables_add_headers_and_change_nothing_else() {
    let receiver = Receiver::start(Behaviour::Accept);
    let elsewhere = Receiver::start(Behaviour::Accept);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_with_opentelemetrys_own_variables"])
        .env(CHILD_ENDPOINT, receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20stolen,x-tenant=a,content-length=7,host=elsewhere")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", elsewhere.address))
        .env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", elsewhere.endpoint())
        .env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        .env("OTEL_METRIC_EXPORT_INTERVAL", "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");

    let received = receiver.received();
    let first = &received[0];
    assert_eq!(first.header("authorization"), Some(AUTHORIZATION));
    assert_eq!(first.header("x-tenant"), Some("a"));
    assert_eq!(first.header("host"), Some(receiver.address.to_string().as_str()));
    assert_eq!(first.header("content-type"), Some("application/x-protobuf"));
    let Some(metric::Data::Sum(sum)) = first.metric("kms.kmip.operation.count").unwrap().data else { panic!() };
    assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Cumulative);
    assert!(elsewhere.received().is_empty());
    // One by the flush, and one at the end.
    assert!(received.len() <= 2, "{} pushes", received.len());
}

#[test]
fn the_usual_proxy_variables_are_honoured() {
    let proxy = Receiver::start(Behaviour::Accept);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_with_opentelemetrys_own_variables"])
        .env(CHILD_ENDPOINT, "http://otel-collector.invalid:4318")
        .env("HTTP_PROXY", format!("http://{}", proxy.address))
        .env_remove("http_proxy")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    assert_eq!(proxy.received()[0].line, "POST http://otel-collector.invalid:4318/v1/metrics HTTP/1.1");
}

#[test]
fn what_is_to_stay_on_this_machine_is_never_sent_through_a_proxy() {
    let proxy = Receiver::start(Behaviour::Accept);
    let receiver = Receiver::start(Behaviour::Accept);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_with_opentelemetrys_own_variables"])
        .env(CHILD_ENDPOINT, receiver.endpoint())
        .env("HTTP_PROXY", format!("http://{}", proxy.address))
        .env_remove("http_proxy")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    assert!(proxy.received().is_empty());
    assert_eq!(receiver.received()[0].header("authorization"), Some(AUTHORIZATION));
}
