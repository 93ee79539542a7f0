//! The catalogue as data, as JSON, and in the README.

use std::fs;
use std::path::Path;

use kms_metrics::catalogue::{INSTRUMENTS, Kind, Requirement, to_json};
use kms_metrics_tests::prometheus_name;
use serde_json::Value;

const BEGIN: &str = "<!-- metrics: generated from the catalogue -->\n";
const END: &str = "<!-- metrics: end -->";

fn table() -> String {
    let mut table = "| metric | in Prometheus | attributes (optional ones in brackets) |\n|---|---|---|\n".to_owned();
    for instrument in INSTRUMENTS {
        let attributes = instrument.attributes.iter().map(|attribute| match attribute.requirement {
            Requirement::Required if attribute.nullable => format!("{}?", attribute.key),
            Requirement::Required => attribute.key.to_owned(),
            Requirement::Optional => format!("[{}]", attribute.key),
        });
        let attributes = attributes.collect::<Vec<_>>().join(" ");
        let kind = match instrument.kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
            Kind::Gauge => "gauge",
        };
        let name = prometheus_name(instrument);
        table += &format!("| `{}` {kind} | `{name}` | {attributes} |\n", instrument.name);
    }
    table
}

#[test]
fn the_readme_lists_the_metrics_of_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(found, table(), "run `UPDATE_README=1 cargo test -p kms-metrics-tests --test catalogue`");
    }
}

#[test]
fn the_code_in_the_readme_is_that_of_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let example = lines(&fs::read_to_string(root.join("examples/readme/main.rs")).unwrap());
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks: Vec<_> =
        readme.split("```rust\n").skip(1).map(|rest| lines(rest.split("```").next().unwrap())).collect();
    assert!(blocks.len() >= 6);
    for mut block in blocks {
        block.retain(|line| !line.is_empty());
        let found = example.iter().filter(|line| !line.is_empty()).cloned().collect::<Vec<_>>();
        assert!(found.windows(block.len()).any(|window| window == block), "not in the example:\n{}", block.join("\n"));
    }
}

#[test]
fn the_json_has_one_element_per_instrument_in_the_form_that_is_promised() {
    let json: Value = serde_json::from_str(&to_json()).unwrap();
    let json = json.as_array().unwrap();
    assert_eq!(json.len(), INSTRUMENTS.len());
    let read = json.iter().find(|it| it["name"] == "kms.secret.read.count").unwrap();
    assert_eq!(read["short_name"], "secret_read");
    assert_eq!(
        (&read["kind"], &read["unit"], &read["buckets"]),
        (&"counter".into(), &"{operation}".into(), &Value::Array(vec![]))
    );
    let path = read["attributes"].as_array().unwrap().iter().find(|it| it["key"] == "kms.secret.path").unwrap();
    let expected = r#"{"key": "kms.secret.path", "argument": "secret_path", "requirement": "required", "nullable": false,
        "type": "string", "growth": "unbounded", "personal": false, "source": "argument"}"#;
    assert_eq!(*path, serde_json::from_str::<Value>(expected).unwrap());

    let duration = json.iter().find(|it| it["name"] == "kms.auth.attempt.duration").unwrap();
    assert_eq!((&duration["short_name"], &duration["kind"]), (&"auth_attempt".into(), &"histogram".into()));
    assert_eq!(duration["buckets"].as_array().unwrap().len(), 11);
    let result = duration["attributes"].as_array().unwrap().iter().find(|it| it["key"] == "kms.auth.result").unwrap();
    assert_eq!((&result["argument"], &result["source"]), (&Value::Null, &"outcome".into()));
}

#[test]
fn names_and_keys_are_valid_everywhere() {
    for instrument in INSTRUMENTS {
        let valid = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|it| it.is_ascii_alphanumeric() || "._".contains(it))
        };
        assert!(valid(instrument.name) && instrument.name.len() < 256, "{}", instrument.name);
        let keys: Vec<_> = instrument.attributes.iter().map(|attribute| attribute.key).collect();
        assert!(keys.is_sorted(), "{keys:?}: the SDK sorts what is not");
        for key in keys {
            // `le` and `quantile` are Prometheus's own, and `otel.scope.*` could be spoofed.
            assert!(valid(key) && !["le", "quantile"].contains(&key) && !key.starts_with("otel."), "{key}");
        }
        assert_eq!(instrument.kind == Kind::Histogram, !instrument.buckets.is_empty(), "{}", instrument.name);
        assert!(instrument.buckets.is_sorted());
    }
}
