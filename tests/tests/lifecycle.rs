//! From the start of telemetry to its end, from every kind of runtime, with receivers that hang.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kms_metrics::telemetry::{FlushError, RenderError, ShutdownError, TelemetryBuilder};
use kms_metrics::{InitError, Telemetry, Verdict, is_enabled, records};

#[path = "telemetry_support/logs.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod logs;
#[path = "telemetry_support/receiver.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod receiver;
#[path = "telemetry_support/scrape.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod scrape;
#[path = "telemetry_support/serial.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod serial;

use receiver::{Behaviour, Receiver};
use scrape::get;
use serial::serial;

/// What a test asks for, and what it allows on a machine that is busy with other things. Without a deadline of our own a
/// hung receiver would take the SDK's five seconds, or the export's ten.
const SHORT: Duration = Duration::from_millis(300);
const ALLOWED: Duration = Duration::from_secs(4);
const LONG: Duration = Duration::from_secs(60);

fn pull() -> TelemetryBuilder {
    Telemetry::builder().prometheus().prometheus_host("127.0.0.1").prometheus_port(0)
}

fn push(receiver: &Receiver) -> TelemetryBuilder {
    Telemetry::builder().otlp(receiver.endpoint()).otlp_push_interval(Duration::from_secs(3600))
}

fn record() {
    records::SecretSync { destination: "aws", sync_id: "s1", project_id: "p1" }
        .record(Verdict::failure("timeout"), Duration::from_millis(3));
}

/// Runs `test` where there is no runtime, and inside of both kinds.
fn everywhere(test: impl Fn(&str)) {
    test("no runtime");
    let current_thread = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    current_thread.block_on(async { test("a current-thread runtime") });
    let multi_thread = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    multi_thread.block_on(async { test("a multi-thread runtime") });
}

fn in_time<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = f();
    assert!(started.elapsed() < ALLOWED, "{what} took {:?}", started.elapsed());
    result
}

#[test]
fn telemetry_that_is_off_does_nothing_and_is_in_nobodys_way() {
    let _serial = serial();
    let off = Telemetry::builder().build().unwrap();
    let also_off = Telemetry::builder()
        .vars(|name| (name == "OTEL_TELEMETRY_COLLECTION_ENABLED").then_some("false"))
        .build()
        .unwrap();
    assert!(!off.is_on() && !is_enabled());
    assert!(off.meter_provider().is_none() && off.prometheus_address().is_none() && off.warnings().is_empty());
    assert_eq!(off.render(), Err(RenderError::NotPrometheus));
    assert_eq!(off.flush(SHORT), Ok(()));
    let live = pull().build().unwrap();
    assert!(live.is_on());
    assert_eq!((off.shutdown(), also_off.shutdown()), (Ok(()), Ok(())));
    drop((off, also_off));
    assert!(is_enabled(), "what was off has ended what is live");
}

#[test]
fn a_second_telemetry_is_refused_until_the_first_is_shut_down() {
    let _serial = serial();
    let first = pull().build().unwrap();
    assert!(matches!(pull().build(), Err(InitError::AlreadyInitialized)));
    record();
    assert!(
        first.render().unwrap().contains("secret_sync_sync_secrets_errors_total{"),
        "the refused one broke the first"
    );

    first.shutdown_with_timeout(LONG).unwrap();
    let second = pull().build().unwrap();
    let exposition = second.render().unwrap();
    assert!(!exposition.contains("secret_sync_sync_secrets_errors_total{"), "{exposition}");
    drop(first);
    record();
    assert!(
        second.render().unwrap().contains("secret_sync_sync_secrets_errors_total{"),
        "the first took the second along"
    );
}

#[test]
fn a_failed_start_leaves_nothing_behind() {
    let _serial = serial();
    assert!(matches!(Telemetry::builder().otlp("ftp://c").build(), Err(InitError::Config(_))));
    let refused = pull().prometheus_host("192.0.2.1").build();
    assert!(matches!(refused, Err(InitError::Bind { .. })), "{refused:?}");
    assert!(!is_enabled());
    assert!(pull().build().unwrap().is_on());
}

#[test]
fn a_shutdown_gives_the_port_back() {
    let _serial = serial();
    let first = pull().build().unwrap();
    let address: SocketAddr = first.prometheus_address().unwrap();
    assert_eq!(get(address, "/metrics").status, 200);
    first.shutdown_with_timeout(LONG).unwrap();
    assert_eq!(first.prometheus_address(), None);
    let second = pull().prometheus_port(address.port()).build().unwrap();
    assert_eq!(get(second.prometheus_address().unwrap(), "/metrics").status, 200);
}

#[test]
fn after_a_shutdown_recordings_go_nowhere_and_nothing_breaks() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(&receiver).build().unwrap();
    let running = records::SecretSync { destination: "aws", sync_id: "s1", project_id: "p1" }.start();
    telemetry.shutdown_with_timeout(LONG).unwrap();
    let pushes = receiver.received().len();

    assert!(!is_enabled() && !telemetry.is_on());
    record();
    running.finish(Verdict::failure("timeout"));
    assert_eq!(telemetry.flush(SHORT), Err(FlushError::ShutDown));
    assert_eq!(telemetry.shutdown(), Ok(()));
    assert_eq!(telemetry.shutdown_with_timeout(Duration::ZERO), Ok(()));
    drop(telemetry);
    assert_eq!(receiver.received().len(), pushes);
}

#[test]
fn after_a_shutdown_there_is_no_exposition() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    telemetry.shutdown_with_timeout(LONG).unwrap();
    assert_eq!(telemetry.render(), Err(RenderError::ShutDown));
}

#[test]
fn a_flush_keeps_its_deadline_when_the_receiver_hangs() {
    let _serial = serial();
    everywhere(|place| {
        let receiver = Receiver::start(Behaviour::Hang);
        let telemetry = push(&receiver).build().unwrap();
        let flushed = in_time(place, || telemetry.flush(SHORT));
        assert_eq!(flushed, Err(FlushError::TimedOut(SHORT)), "{place}");
        let _ended = telemetry.shutdown_with_timeout(SHORT);
    });
}

#[test]
fn a_shutdown_keeps_its_deadline_when_the_receiver_hangs() {
    let _serial = serial();
    everywhere(|place| {
        let receiver = Receiver::start(Behaviour::Hang);
        let telemetry = push(&receiver).build().unwrap();
        let ended = in_time(place, || telemetry.shutdown_with_timeout(SHORT));
        assert_eq!(ended, Err(ShutdownError::TimedOut(SHORT)), "{place}");
        // And the next one can begin at once.
        let next = push(&Receiver::start(Behaviour::Accept)).build().unwrap();
        next.shutdown_with_timeout(LONG).unwrap();
    });
}

#[test]
fn a_shutdown_waits_for_a_slow_receiver_as_long_as_it_is_told() {
    let _serial = serial();
    // The SDK itself gives up after five seconds.
    let receiver = Receiver::start(Behaviour::Slow(Duration::from_secs(6)));
    let telemetry = push(&receiver).build().unwrap();
    assert_eq!(telemetry.shutdown_with_timeout(LONG), Ok(()));
}

#[test]
fn dropping_takes_no_longer_than_its_deadline_when_the_receiver_hangs() {
    let _serial = serial();
    everywhere(|place| {
        let receiver = Receiver::start(Behaviour::Hang);
        let telemetry = push(&receiver).build().unwrap();
        in_time(place, || drop(telemetry));
    });
}

#[test]
fn everything_works_from_every_kind_of_runtime() {
    let _serial = serial();
    everywhere(|place| {
        let receiver = Receiver::start(Behaviour::Accept);
        let telemetry = push(&receiver).build().unwrap();
        record();
        telemetry.flush(LONG).unwrap();
        assert_eq!(receiver.last().sum("secret_sync_sync_secrets_errors", &[]), Some(1), "{place}");
        // The last of what holds the client is dropped in here.
        let provider = telemetry.meter_provider().unwrap().clone();
        telemetry.shutdown_with_timeout(LONG).unwrap();
        drop((telemetry, provider));

        let telemetry = pull().build().unwrap();
        record();
        assert!(telemetry.render().unwrap().contains("secret_sync_sync_secrets_errors_total{"), "{place}");
        telemetry.shutdown_with_timeout(LONG).unwrap();
    });
}

#[test]
fn telemetry_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Telemetry>();
}

#[test]
fn a_failed_last_push_is_said() {
    let _serial = serial();
    let receiver = Receiver::start(Behaviour::Status(401));
    let telemetry = push(&receiver).build().unwrap();
    let ended = telemetry.shutdown_with_timeout(LONG);
    assert!(matches!(&ended, Err(ShutdownError::Export(why)) if why.contains("wrong credentials")), "{ended:?}");
}

#[test]
fn the_start_says_what_is_exported_where() {
    let _serial = serial();
    logs::listen();
    let telemetry = pull().build().unwrap();
    let address = telemetry.prometheus_address().unwrap();
    let told = logs::logged_at(tracing::Level::INFO);
    assert_eq!(told.iter().filter(|line| line.contains(&format!("http://{address}/metrics"))).count(), 1, "{told:#?}");
    drop(telemetry);

    let receiver = Receiver::start(Behaviour::Accept);
    let telemetry = push(&receiver).build().unwrap();
    let told = logs::logged_at(tracing::Level::INFO);
    assert_eq!(told.iter().filter(|line| line.contains(&receiver.endpoint())).count(), 1, "{told:#?}");
    drop(telemetry);
}

#[test]
fn warnings_are_logged_and_kept() {
    let _serial = serial();
    logs::listen();
    let telemetry = pull()
        .vars(|name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://localhost:4318"),
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" => Some("delta"),
            _ => None,
        })
        .build()
        .unwrap();
    let kept: Vec<String> = telemetry.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(kept.len(), 2, "{kept:#?}");
    assert_eq!(logs::logged_at(tracing::Level::WARN), kept);
}

#[test]
fn readers_and_views_of_the_program_are_taken_over() {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::{PeriodicReader, Stream};

    let _serial = serial();
    let (receiver, exporter) = (Receiver::start(Behaviour::Accept), Counting::default());
    let exports = exporter.0.clone();
    let telemetry = push(&receiver)
        .with_reader(PeriodicReader::builder(exporter).with_interval(Duration::from_secs(3600)).build())
        .with_view(|instrument| {
            (instrument.name() == "own").then(|| Stream::builder().with_name("renamed").build().unwrap())
        })
        .build()
        .unwrap();
    telemetry.meter_provider().unwrap().meter("own").u64_counter("own").build().add(1, &[]);
    telemetry.flush(LONG).unwrap();
    assert_eq!(receiver.last().sum("renamed", &[]), Some(1));
    assert_eq!(exports.load(std::sync::atomic::Ordering::SeqCst), 1);
}

/// An exporter of the program's own.
#[derive(Default)]
struct Counting(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl opentelemetry_sdk::metrics::exporter::PushMetricExporter for Counting {
    async fn export(
        &self,
        _: &opentelemetry_sdk::metrics::data::ResourceMetrics,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
    fn temporality(&self) -> opentelemetry_sdk::metrics::Temporality {
        opentelemetry_sdk::metrics::Temporality::Cumulative
    }
}
