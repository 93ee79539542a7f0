//! What the variables mean, and what is said about wrong ones.

use std::ffi::OsString;
use std::time::Duration;

use kms_metrics::config::{Config, ConfigError, Export, OtlpConfig, PrometheusConfig, Warning, variables};
use kms_metrics::{InitError, Telemetry};
use opentelemetry_sdk::metrics::Temporality;

type Vars<'a> = &'a [(&'a str, &'a str)];

const PULL: Vars<'static> = &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"), ("OTEL_EXPORT_TYPE", "prometheus")];
const PUSH: Vars<'static> = &[
    ("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"),
    ("OTEL_EXPORT_TYPE", "otlp"),
    ("OTEL_EXPORT_OTLP_ENDPOINT", "http://otel-collector:4318/v1/metrics"),
];

fn read(base: Vars<'_>, more: Vars<'_>) -> Result<Config, ConfigError> {
    // Later ones win.
    Config::from_vars(|name| {
        base.iter().chain(more).rev().find(|(variable, _)| *variable == name).map(|(_, value)| OsString::from(value))
    })
}

fn pull(more: Vars<'_>) -> PrometheusConfig {
    match read(PULL, more).unwrap().export {
        Some(Export::Prometheus(config)) => config,
        other => panic!("{other:?}"),
    }
}

fn push(more: Vars<'_>) -> OtlpConfig {
    match read(PUSH, more).unwrap().export {
        Some(Export::Otlp(config)) => config,
        other => panic!("{other:?}"),
    }
}

/// The variables that are wrong.
fn wrong(base: Vars<'_>, more: Vars<'_>) -> Vec<&'static str> {
    read(base, more).unwrap_err().problems().iter().map(|problem| problem.variable()).collect()
}

#[test]
fn collection_is_off_unless_it_is_turned_on() {
    for vars in
        [&[][..], &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "false")], &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "FALSE")]]
    {
        assert!(read(&[], vars).unwrap().export.is_none(), "{vars:?}");
    }
    for on in ["true", "True", "TRUE", " true\n"] {
        assert!(read(PULL, &[("OTEL_TELEMETRY_COLLECTION_ENABLED", on)]).unwrap().export.is_some(), "{on:?}");
    }
    for neither in ["yes", "1", "on", " "] {
        assert_eq!(
            wrong(PULL, &[("OTEL_TELEMETRY_COLLECTION_ENABLED", neither)]),
            ["OTEL_TELEMETRY_COLLECTION_ENABLED"],
            "{neither}"
        );
    }
}

#[test]
fn when_it_is_off_the_other_variables_are_not_looked_at() {
    let nonsense: Vars<'_> = &[
        ("OTEL_TELEMETRY_COLLECTION_ENABLED", "false"),
        ("OTEL_EXPORT_TYPE", "nonsense"),
        ("OTEL_OTLP_PUSH_INTERVAL", "nonsense"),
        ("OTEL_RESOURCE_ATTRIBUTES", "nonsense"),
    ];
    let config = read(&[], nonsense).unwrap();
    assert!(config.export.is_none() && config.warnings.is_empty());
}

#[test]
fn disabling_the_sdk_wins_over_everything() {
    let config = read(PULL, &[("OTEL_SDK_DISABLED", "True"), ("OTEL_TELEMETRY_COLLECTION_ENABLED", "nonsense")]);
    assert!(config.unwrap().export.is_none());
    assert!(read(PULL, &[("OTEL_SDK_DISABLED", "false")]).unwrap().export.is_some());
    assert_eq!(wrong(PULL, &[("OTEL_SDK_DISABLED", "1")]), ["OTEL_SDK_DISABLED"]);
}

#[test]
fn an_empty_variable_is_unset() {
    let empty: Vec<(&str, &str)> = [
        variables::OTLP_ENDPOINT,
        variables::BASIC_AUTH_USERNAME,
        variables::BASIC_AUTH_PASSWORD,
        variables::PUSH_INTERVAL,
        variables::SERVICE_NAME,
        variables::RESOURCE_ATTRIBUTES,
        variables::PROMETHEUS_HOST,
        variables::PROMETHEUS_PORT,
        variables::TEMPORALITY,
        variables::SDK_DISABLED,
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ]
    .map(|name| (name, ""))
    .to_vec();
    let config = read(PULL, &empty).unwrap();
    assert_eq!((config.service_name, config.warnings), (None, vec![]));
    assert!(read(&[], &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "")]).unwrap().export.is_none());
    assert_eq!(wrong(PULL, &[("OTEL_EXPORT_TYPE", "")]), ["OTEL_EXPORT_TYPE"]);
    assert_eq!(wrong(PUSH, &[("OTEL_EXPORT_OTLP_ENDPOINT", "")]), ["OTEL_EXPORT_OTLP_ENDPOINT"]);
}

#[test]
fn the_scrape_endpoint_is_on_every_interface_and_9464_unless_said_otherwise() {
    let default = pull(&[]);
    assert_eq!((default.host, default.port), (None, 9464));
    for (host, expected) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1"), ("localhost", "localhost")] {
        assert_eq!(pull(&[("OTEL_EXPORTER_PROMETHEUS_HOST", host)]).host.as_deref(), Some(expected));
    }
    assert_eq!(pull(&[("OTEL_EXPORTER_PROMETHEUS_PORT", "0")]).port, 0);
    for host in ["127.0.0.1:9464", "http://localhost", "a b", "[::1", "a..b"] {
        assert_eq!(
            wrong(PULL, &[("OTEL_EXPORTER_PROMETHEUS_HOST", host)]),
            ["OTEL_EXPORTER_PROMETHEUS_HOST"],
            "{host}"
        );
    }
    for port in ["65536", "-1", "http", "94 64"] {
        assert_eq!(
            wrong(PULL, &[("OTEL_EXPORTER_PROMETHEUS_PORT", port)]),
            ["OTEL_EXPORTER_PROMETHEUS_PORT"],
            "{port}"
        );
    }
}

#[test]
fn a_push_is_every_thirty_seconds_unless_said_otherwise() {
    assert_eq!(push(&[]).interval, Duration::from_secs(30));
    for (text, milliseconds) in [("1000", 1_000), ("30000", 30_000), ("3600000", 3_600_000), (" 5000 ", 5_000)] {
        assert_eq!(push(&[("OTEL_OTLP_PUSH_INTERVAL", text)]).interval, Duration::from_millis(milliseconds));
    }
    for text in ["0", "999", "3600001", "30s", "1e4", "-1", "1000.5"] {
        assert_eq!(wrong(PUSH, &[("OTEL_OTLP_PUSH_INTERVAL", text)]), ["OTEL_OTLP_PUSH_INTERVAL"], "{text}");
    }
}

#[test]
fn an_endpoint_is_completed() {
    assert_eq!(push(&[]).endpoint.as_str(), "http://otel-collector:4318/v1/metrics");
    let bare = push(&[("OTEL_EXPORT_OTLP_ENDPOINT", "http://otel-collector:4318/")]);
    assert_eq!(bare.endpoint.as_str(), "http://otel-collector:4318/v1/metrics");
    for text in ["otel-collector:4318", "localhost:4318/v1/metrics", "ftp://c", "http://kms:kms@c:4318"] {
        assert_eq!(wrong(PUSH, &[("OTEL_EXPORT_OTLP_ENDPOINT", text)]), ["OTEL_EXPORT_OTLP_ENDPOINT"], "{text}");
    }
}

#[test]
fn credentials_come_in_pairs() {
    let (name, password) = ("OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "OTEL_COLLECTOR_BASIC_AUTH_PASSWORD");
    assert!(push(&[]).credentials.is_none());
    let credentials = push(&[(name, "kms"), (password, "a:b c ")]).credentials.unwrap();
    assert_eq!((credentials.username.as_str(), credentials.password.expose()), ("kms", "a:b c "));
    assert_eq!(wrong(PUSH, &[(name, "kms")]), [password]);
    assert_eq!(wrong(PUSH, &[(password, "kms")]), [name]);
    assert_eq!(wrong(PUSH, &[(name, "k:ms"), (password, "kms")]), [name]);
}

#[test]
fn a_temporality_is_cumulative_unless_said_otherwise() {
    let variable = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    assert_eq!(push(&[]).temporality, Temporality::Cumulative);
    for (text, temporality) in
        [("cumulative", Temporality::Cumulative), ("Delta", Temporality::Delta), ("LOWMEMORY", Temporality::LowMemory)]
    {
        assert_eq!(push(&[(variable, text)]).temporality, temporality);
    }
    assert_eq!(wrong(PUSH, &[(variable, "both")]), [variable]);
    let pulled = read(PULL, &[(variable, "delta")]).unwrap();
    assert_eq!(pulled.warnings, [Warning::TemporalityIgnored { variable }]);
}

#[test]
fn the_service_is_named_by_its_own_variable_first() {
    let named = |more: Vars<'_>| read(PULL, more).unwrap().service_name;
    assert_eq!(named(&[]), None);
    assert_eq!(named(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=x")]).as_deref(), Some("x"));
    let both: Vars<'_> = &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=x"), ("OTEL_SERVICE_NAME", "y")];
    assert_eq!(named(both).as_deref(), Some("y"));
}

#[test]
fn resource_attributes_are_decoded_and_malformed_ones_refused() {
    let config = read(PULL, &[("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb, service.instance.id=pod-1 ")]).unwrap();
    let expected = [("team", "a,b"), ("service.instance.id", "pod-1")];
    assert_eq!(config.resource_attributes, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(wrong(PULL, &[("OTEL_RESOURCE_ATTRIBUTES", "team=%zz,a=b")]), ["OTEL_RESOURCE_ATTRIBUTES"]);
}

#[test]
fn variables_that_are_set_but_not_used_name_the_right_one() {
    for (variable, instead) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORT_OTLP_ENDPOINT"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "OTEL_OTLP_PUSH_INTERVAL"),
    ] {
        let warnings = read(PUSH, &[(variable, "1")]).unwrap().warnings;
        assert_eq!(warnings, [Warning::Unused { variable, instead }]);
        let text = warnings[0].to_string();
        assert!(text.contains(variable) && text.contains(instead), "{text}");
    }
}

#[test]
fn one_error_lists_every_problem_and_reads_well() {
    let error = read(
        &[],
        &[
            ("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"),
            ("OTEL_EXPORT_TYPE", "promethus"),
            ("OTEL_EXPORT_OTLP_ENDPOINT", "otel-collector:4318"),
            ("OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "hunter2"),
            ("OTEL_OTLP_PUSH_INTERVAL", "30s"),
        ],
    )
    .unwrap_err();
    let text = "\
the telemetry configuration has 4 problems:
  OTEL_EXPORT_TYPE
    found:    \"promethus\"
    accepted: `prometheus` or `otlp`
  OTEL_EXPORT_OTLP_ENDPOINT
    found:    \"otel-collector:4318\"
    accepted: an http:// or https:// address with a host and without user name and password, such as \
http://otel-collector:4318/v1/metrics
  OTEL_COLLECTOR_BASIC_AUTH_USERNAME
    found:    nothing, although OTEL_COLLECTOR_BASIC_AUTH_PASSWORD is set
    accepted: both OTEL_COLLECTOR_BASIC_AUTH_PASSWORD and OTEL_COLLECTOR_BASIC_AUTH_USERNAME, or neither
  OTEL_OTLP_PUSH_INTERVAL
    found:    \"30s\"
    accepted: milliseconds, a whole number from 1000 to 3600000";
    assert_eq!(error.to_string(), text);
    assert_eq!(InitError::from(error).to_string(), text);
}

#[test]
fn what_is_required_is_said_with_the_reason() {
    let nothing = read(&[], &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "true")]).unwrap_err().to_string();
    assert!(nothing.contains("OTEL_EXPORT_TYPE\n    found:    nothing\n"), "{nothing}");
    let otlp = wrong(&[], &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "true"), ("OTEL_EXPORT_TYPE", "otlp")]);
    assert_eq!(otlp, ["OTEL_EXPORT_OTLP_ENDPOINT"]);
}

#[test]
fn a_neither_true_nor_false_does_not_hide_the_other_problems() {
    assert_eq!(
        wrong(PUSH, &[("OTEL_TELEMETRY_COLLECTION_ENABLED", "yes"), ("OTEL_OTLP_PUSH_INTERVAL", "1")]),
        ["OTEL_TELEMETRY_COLLECTION_ENABLED", "OTEL_OTLP_PUSH_INTERVAL"]
    );
}

#[test]
fn no_secret_is_ever_shown() {
    for more in [
        [("OTEL_EXPORT_OTLP_ENDPOINT", "http://kms:hunter2@c:4318"), ("OTEL_EXPORT_TYPE", "otlp")],
        [("OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "hunter2"), ("OTEL_EXPORT_TYPE", "otlp")],
        [("OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "hunter2"), ("OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "a:hunter2")],
    ] {
        let error = read(PUSH, &more).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let credentials =
        [("OTEL_COLLECTOR_BASIC_AUTH_PASSWORD", "hunter2"), ("OTEL_COLLECTOR_BASIC_AUTH_USERNAME", "kms")];
    let config = read(PUSH, &credentials).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    let builder = Telemetry::builder().otlp("http://c").otlp_basic_auth("kms", "hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_a_problem_and_not_shown() {
    use std::os::unix::ffi::OsStringExt;

    let error = Config::from_vars(|name| match name {
        "OTEL_TELEMETRY_COLLECTION_ENABLED" => Some(OsString::from("true")),
        "OTEL_EXPORT_TYPE" => Some(OsString::from("prometheus")),
        "OTEL_SERVICE_NAME" => Some(OsString::from_vec(b"secr\xffet".to_vec())),
        _ => None,
    })
    .unwrap_err();
    assert_eq!(error.problems()[0].variable(), "OTEL_SERVICE_NAME");
    assert!(error.to_string().contains("not UTF-8") && !error.to_string().contains("secr"), "{error}");
}

#[test]
fn of_program_and_environment_the_later_one_wins() {
    let host = |builder: kms_metrics::telemetry::TelemetryBuilder| match builder.build() {
        Err(InitError::Config(error)) => error.problems()[0].found().to_owned(),
        other => panic!("{other:?}"),
    };
    let environment = |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_HOST").then_some("env:1");
    let builder = || Telemetry::builder().prometheus();
    assert_eq!(host(builder().prometheus_host("program:1").vars(environment)), "\"env:1\"");
    assert_eq!(host(builder().vars(environment).prometheus_host("program:1")), "\"program:1\"");
}
