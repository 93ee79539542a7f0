//! The example server as an operator meets it: a process, its output, its scrape, its push.

mod contract;
mod exposition;
#[path = "../telemetry_support/receiver.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod receiver;
#[path = "../telemetry_support/scrape.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod scrape;
mod server;

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use contract::{Found, check};
use receiver::{Behaviour, Receiver};
use server::Server;

/// Long enough on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What belongs to the other way of exporting.
const ONLY_PULLED: &[&str] = &["kms.telemetry.scrape.duration", "kms.telemetry.scrape.size"];

fn eventually<T>(what: &str, mut check: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match check() {
            Ok(value) => return value,
            Err(problem) => assert!(Instant::now() < deadline, "{what}: {problem}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_demo_feeds_every_instrument_and_a_scrape_shows_what_the_catalogue_says() {
    let mut server = Server::start(&["--demo"], &server::pull());
    let metrics = server.metrics_address();
    let found = eventually("every instrument has data", || {
        let found = exposition::parse(&scrape::get(metrics, "/metrics").body);
        found.missing(&[]).map(|()| found)
    });
    check(&found);
    assert_eq!(server.stop(), Some(0));
}

#[test]
#[ignore = "needs bash and curl; scripts/test-curl-lines runs it"]
fn the_printed_curl_lines_feed_every_instrument() {
    let mut server = Server::start(&[], &server::pull());
    let lines = server.curl_lines();
    assert!(lines.lines().filter(|line| line.contains("curl ")).count() > 20, "{lines}");
    let shell = Command::new("bash").arg("-euc").arg(&lines).output();
    let output = shell.expect("bash and curl, as the lines are for");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = exposition::parse(&scrape::get(server.metrics_address(), "/metrics").body);
    found.missing(&[]).unwrap();
    check(&found);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn the_same_series_are_pushed_to_a_receiver_with_the_guides_credentials() {
    let receiver = Receiver::start(Behaviour::Accept);
    let mut server = Server::start(&["--demo"], &server::push(&receiver.endpoint()));
    let found = eventually("every instrument is pushed", || {
        let push = receiver.received().pop().ok_or("nothing was received")?;
        assert_eq!(push.header("authorization"), Some("Basic a21zOmttcw=="));
        let found = Found::from_push(&push.push());
        found.missing(ONLY_PULLED).map(|()| found)
    });
    check(&found);
    let before = receiver.received().len();
    assert_eq!(server.stop(), Some(0));
    assert!(receiver.received().len() > before, "the last metrics are pushed at the end");
}

#[test]
fn wrong_credentials_are_said_once_and_hurt_nothing_else() {
    let receiver = Receiver::start(Behaviour::Status(401));
    let mut server = Server::start(&["--demo"], &server::push(&receiver.endpoint()));
    eventually("some pushes were refused", || {
        let pushes = receiver.received().len();
        if pushes >= 4 { Ok(()) } else { Err(format!("{pushes} pushes")) }
    });
    let status = scrape::get(server.address(), "/healthz").status;
    assert_eq!(status, 200);
    let _exit = server.stop();
    let log = server.log();
    let said = log.lines().filter(|line| line.contains("pushing metrics to") && line.contains("wrong credentials"));
    assert_eq!(said.count(), 1, "once per outage, not once per interval: {log}");
    assert!(!log.contains("a21zOmttcw"), "{log}");
}

#[test]
fn a_wrong_configuration_ends_it_with_code_2_before_there_is_a_database() {
    let mut server = Server::start(
        &[],
        &[
            ("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"),
            ("OTEL_EXPORT_TYPE", "otlp"),
            ("OTEL_EXPORT_OTLP_ENDPOINT", "http://kms:s3cret@collector:4318"),
            ("OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "kms"),
            ("OTEL_OTLP_PUSH_INTERVAL", "soon"),
        ],
    );
    assert_eq!(server.wait(), Some(2));
    let log = server.log();
    for variable in ["OTEL_EXPORT_OTLP_ENDPOINT", "OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "OTEL_OTLP_PUSH_INTERVAL"] {
        assert!(log.contains(variable), "{log}");
    }
    assert!(!log.contains("s3cret"), "{log}");
    assert!(!server.data().exists());
}

#[test]
fn a_taken_metrics_port_is_logged_and_it_serves_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut environment = server::pull();
    environment.retain(|(name, _)| *name != "OTEL_EXPORTER_PROMETHEUS_PORT");
    environment.push(("OTEL_EXPORTER_PROMETHEUS_PORT", &port));
    let mut server = Server::start(&[], &environment);
    assert_eq!(scrape::get(server.address(), "/healthz").status, 200);
    assert_eq!(server.stop(), Some(0));
    assert!(server.log().contains(&port), "{}", server.log());
}
