//! The scrape endpoint, over real sockets.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use kms_metrics::config::Warning;
use kms_metrics::telemetry::{RenderError, TelemetryBuilder};
use kms_metrics::{InitError, Telemetry, Verdict, records};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};

#[path = "telemetry_support/logs.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod logs;
#[path = "telemetry_support/scrape.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod scrape;
#[path = "telemetry_support/serial.rs"]
mod serial;

use logs::{listen, logged_at};
use scrape::{Answer, connect, get, request, send};
use serial::{eventually, serial};
use tracing::Level;

/// On this machine only, on a free port.
fn pull() -> TelemetryBuilder {
    Telemetry::builder().prometheus().prometheus_host("127.0.0.1").prometheus_port(0)
}

fn meter(telemetry: &Telemetry) -> Meter {
    telemetry.meter_provider().unwrap().meter("the program's own")
}

fn address(telemetry: &Telemetry) -> SocketAddr {
    telemetry.prometheus_address().unwrap()
}

/// A gauge whose callback runs `observe`, once per collection.
fn observed(telemetry: &Telemetry, observe: impl Fn() -> u64 + Send + Sync + 'static) {
    let _registered = meter(telemetry)
        .u64_observable_gauge("observed")
        .with_callback(move |gauge| gauge.observe(observe(), &[]))
        .build();
}

#[test]
fn a_scrape_shows_the_catalogue_under_its_prometheus_names() {
    let _serial = serial();
    let telemetry = pull().service_version("1.2.3").build().unwrap();
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

    let answer = get(address(&telemetry), "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
    let lines: Vec<&str> = answer.body.lines().collect();
    let line = |start: &str| {
        *lines.iter().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}\n{}", answer.body))
    };

    assert_eq!(line("# TYPE kms_kmip_operation_count"), "# TYPE kms_kmip_operation_count_total counter");
    assert_eq!(
        line("# HELP kms_kmip_operation_count"),
        "# HELP kms_kmip_operation_count_total Number of KMIP operations performed"
    );
    assert_eq!(
        line("kms_kmip_operation_count_total"),
        "kms_kmip_operation_count_total{kms_kmip_client_id=\"c1\",kms_kmip_operation_type=\"Locate\",\
         kms_organization_id=\"o1\",kms_project_id=\"p1\"} 1"
    );
    assert_eq!(line("# TYPE kms_kmip_operation_duration"), "# TYPE kms_kmip_operation_duration_seconds histogram");
    assert!(line("kms_kmip_operation_duration_seconds_bucket{").contains("le=\"0.005\""));
    assert!(!answer.body.contains("otel_scope"), "{}", answer.body);

    let info: Vec<_> = lines.iter().filter(|line| line.starts_with("target_info{")).collect();
    assert_eq!(info.len(), 1, "{info:?}");
    for label in ["service_name=\"kms\"", "service_version=\"1.2.3\"", "service_instance_id=", "telemetry_sdk_name="] {
        assert!(info[0].contains(label), "{label} in {}", info[0]);
    }
}

#[test]
fn the_programs_own_instruments_appear_in_the_scrape() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let meter = meter(&telemetry);
    meter.u64_counter("own.things").with_unit("{thing}").build().add(2, &[KeyValue::new("kind", "small")]);
    meter.f64_histogram("own.time").with_unit("s").with_boundaries(vec![1.0, 2.0]).build().record(1.5, &[]);
    meter.u64_gauge("own.size").with_unit("By").build().record(7, &[]);

    let body = get(address(&telemetry), "/metrics").body;
    for line in [
        "own_things_total{kind=\"small\"} 2",
        "own_time_seconds_bucket{le=\"1\"} 0",
        "own_time_seconds_bucket{le=\"2\"} 1",
        "own_time_seconds_bucket{le=\"+Inf\"} 1",
        "own_size_bytes 7",
    ] {
        assert!(body.lines().any(|found| found == line), "{line}\n{body}");
    }
}

#[test]
fn scrapes_are_measured() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let first = get(address(&telemetry), "/metrics").body;
    let second = get(address(&telemetry), "/metrics").body;
    assert!(second.contains("kms_telemetry_scrape_duration_seconds_count 1\n"), "{second}");
    assert!(second.contains(&format!("kms_telemetry_scrape_size_bytes {}\n", first.len())), "{second}");
}

#[test]
fn only_get_and_head_of_the_two_paths_are_answered() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let address = address(&telemetry);

    let head = request(address, "HEAD", "/metrics");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.header("content-length").unwrap().parse::<usize>().unwrap() > 100);
    assert_eq!((get(address, "/healthz").status, get(address, "/healthz").body.as_str()), (200, "ok\n"));
    assert_eq!(request(address, "HEAD", "/healthz").status, 200);
    assert_eq!(get(address, "/metrics?name[]=up").status, 200);

    for path in ["/", "/metrics/", "/metric", "//metrics", "/debug"] {
        assert_eq!(get(address, path).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let refused = request(address, method, "/metrics");
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn a_connection_carries_several_scrapes() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let one = "GET /healthz HTTP/1.1\r\nHost: kms\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: kms\r\nConnection: close\r\n\r\n";
    let answer = send(address(&telemetry), &format!("{one}{one}{last}"));
    assert_eq!(answer.body.matches("200 OK").count(), 2, "{answer:?}");
}

#[test]
fn nothing_collected_is_a_503_and_not_an_empty_200() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    telemetry.meter_provider().unwrap().shutdown().unwrap();
    let answer = get(address(&telemetry), "/metrics");
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("could not be collected"), "{}", answer.body);
    assert!(matches!(telemetry.render(), Err(RenderError::Collecting(_))));
}

#[test]
fn a_panicking_callback_is_a_503_and_the_endpoint_lives_on() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    observed(&telemetry, || panic!("on purpose"));
    assert_eq!(get(address(&telemetry), "/metrics").status, 503);
    assert_eq!(get(address(&telemetry), "/metrics").status, 503);
    assert_eq!(get(address(&telemetry), "/healthz").status, 200);
}

#[test]
fn scrapes_that_fail_are_one_error_in_the_log() {
    let _serial = serial();
    listen();
    let telemetry = pull().build().unwrap();
    observed(&telemetry, || panic!("on purpose"));
    for _ in 0..3 {
        assert_eq!(get(address(&telemetry), "/metrics").status, 503);
    }
    let errors = logged_at(Level::ERROR);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("callback") && errors[0].contains("restart the program"), "{errors:#?}");
}

#[test]
fn scrapes_that_work_again_are_one_line_in_the_log() {
    let _serial = serial();
    listen();
    let telemetry = pull().build().unwrap();
    // One byte more than 128 MiB is too large already.
    let length = Arc::new(AtomicUsize::new(128 << 20));
    let size = Arc::clone(&length);
    let _registered = meter(&telemetry)
        .u64_observable_gauge("big")
        .with_callback(move |gauge| gauge.observe(1, &[KeyValue::new("long", "x".repeat(size.load(Ordering::SeqCst)))]))
        .build();
    assert_eq!(get(address(&telemetry), "/metrics").status, 503);
    length.store(1, Ordering::SeqCst);
    assert_eq!(get(address(&telemetry), "/metrics").status, 200);
    assert_eq!(get(address(&telemetry), "/metrics").status, 200);
    let ends = logged_at(Level::INFO).into_iter().filter(|line| line.contains("scrapes work again")).count();
    assert_eq!((logged_at(Level::ERROR).len(), ends), (1, 1));
}

#[test]
fn scrapers_that_wait_share_one_gathering() {
    const SCRAPERS: usize = 20;
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let gatherings = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&gatherings);
    observed(&telemetry, move || {
        thread::sleep(Duration::from_millis(500));
        count.fetch_add(1, Ordering::SeqCst) as u64
    });

    let (address, together) = (address(&telemetry), Arc::new(Barrier::new(SCRAPERS)));
    let scrapers: Vec<_> = (0..SCRAPERS)
        .map(|_| {
            let together = Arc::clone(&together);
            thread::spawn(move || {
                together.wait();
                get(address, "/metrics")
            })
        })
        .collect();
    let answers: Vec<Answer> = scrapers.into_iter().map(|scraper| scraper.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body.contains("observed ")));
    assert!(gatherings.load(Ordering::SeqCst) < SCRAPERS / 2, "{gatherings:?} gatherings");
}

#[test]
fn a_gathering_that_hangs_does_not_stop_the_listener() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    observed(&telemetry, move || u64::from(held.lock().unwrap().recv().is_ok()));

    let address = address(&telemetry);
    let scraper = thread::spawn(move || get(address, "/metrics"));
    thread::sleep(Duration::from_millis(100));
    assert_eq!(get(address, "/healthz").status, 200);
    assert!(!scraper.is_finished());
    drop(release);
    assert_eq!(scraper.join().unwrap().status, 200);
}

#[test]
fn a_blocked_application_is_scraped_all_the_same() {
    let _serial = serial();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let telemetry = pull().build().unwrap();
        // Blocks the only thread of the application's runtime.
        assert_eq!(get(address(&telemetry), "/metrics").status, 200);
    });
}

#[test]
fn silent_connections_do_not_keep_a_scraper_waiting() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let silent: Vec<_> = (0..30).map(|_| connect(address(&telemetry))).collect();
    assert_eq!(get(address(&telemetry), "/metrics").status, 200);
    drop(silent);
}

#[test]
fn an_oversized_head_is_refused() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    let long = "x".repeat(32 << 10);
    let answer = send(address(&telemetry), &format!("GET /metrics HTTP/1.1\r\nHost: kms\r\nX-Long: {long}\r\n\r\n"));
    assert_eq!(answer.status, 431);
    assert_eq!(get(address(&telemetry), "/metrics").status, 200);
}

#[test]
fn by_default_every_interface_is_listened_on_and_the_warning_says_so() {
    let _serial = serial();
    let telemetry = Telemetry::builder().prometheus().prometheus_port(0).build().unwrap();
    let address = address(&telemetry);
    assert!(address.ip().is_unspecified() && address.port() != 0, "{address}");
    assert_eq!(get(SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())), "/metrics").status, 200);

    assert_eq!(telemetry.warnings(), [Warning::PublicEndpoint { address }]);
    let warning = telemetry.warnings()[0].to_string();
    for way_out in ["OTEL_EXPORTER_PROMETHEUS_HOST=127.0.0.1", "NetworkPolicy", "OTEL_EXPORT_TYPE=otlp"] {
        assert!(warning.contains(way_out), "{warning}");
    }
}

#[test]
fn on_this_machine_only_there_is_no_warning() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    assert_eq!(telemetry.warnings(), []);
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    let _serial = serial();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = pull().prometheus_port(port).build().unwrap_err();
    assert!(matches!(&error, InitError::Bind { address, .. } if *address == format!("127.0.0.1:{port}")), "{error:?}");
    // And leaves nothing behind.
    assert!(pull().build().is_ok());
}

#[test]
fn a_taken_port_is_tried_again_when_asked() {
    let _serial = serial();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let telemetry = pull().prometheus_port(port).retry_bind(Duration::from_millis(50)).build().unwrap();
    assert_eq!(telemetry.prometheus_address(), None);
    meter(&telemetry).u64_counter("early").build().add(1, &[]);
    drop(taken);
    eventually("the port is had", || telemetry.prometheus_address().is_some());
    assert!(get(address(&telemetry), "/metrics").body.contains("early_total 1\n"));
}

#[test]
fn waiting_for_a_port_does_not_delay_the_shutdown() {
    let _serial = serial();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let telemetry = pull().prometheus_port(port).retry_bind(Duration::from_secs(3600)).build().unwrap();
    let started = Instant::now();
    telemetry.shutdown_with_timeout(Duration::from_secs(60)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_rendering_is_what_a_scrape_shows() {
    let _serial = serial();
    let telemetry = pull().build().unwrap();
    meter(&telemetry).u64_counter("own").build().add(3, &[]);
    let names =
        |text: &str| -> Vec<String> { text.lines().filter(|line| line.starts_with("# ")).map(str::to_owned).collect() };
    let _warm_up = telemetry.render().unwrap();
    let rendered = telemetry.render().unwrap();
    assert!(rendered.contains("own_total 3\n"));
    assert_eq!(names(&rendered), names(&get(address(&telemetry), "/metrics").body));
}
