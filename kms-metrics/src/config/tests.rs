//! What depends on the features that are compiled in; the rest is tested from outside.

use super::*;

fn problems(export_type: &str, endpoint: &str) -> Vec<String> {
    let config = Config::from_vars(|name| match name {
        names::COLLECTION_ENABLED => Some("true"),
        names::EXPORT_TYPE => Some(export_type),
        names::OTLP_ENDPOINT => Some(endpoint),
        _ => None,
    });
    match config {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn an_export_that_is_not_compiled_in_names_its_feature() {
    for (export_type, compiled) in [("prometheus", cfg!(feature = "prometheus")), ("otlp", cfg!(feature = "otlp"))] {
        let problems = problems(export_type, "http://localhost");
        match compiled {
            true => assert!(problems.is_empty(), "{problems:?}"),
            false => {
                assert_eq!(problems.len(), 1, "{problems:?}");
                assert!(problems[0].starts_with("OTEL_EXPORT_TYPE"), "{problems:?}");
                assert!(problems[0].contains(&format!("feature `{export_type}`")), "{problems:?}");
            }
        }
    }
}

#[cfg(feature = "otlp")]
#[test]
fn https_without_tls_compiled_in_names_the_feature() {
    let problems = problems("otlp", "https://otel-collector:4318");
    if cfg!(feature = "tls") {
        assert!(problems.is_empty(), "{problems:?}");
    } else {
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("OTEL_EXPORT_OTLP_ENDPOINT"), "{problems:?}");
        assert!(problems[0].contains("feature `tls`"), "{problems:?}");
    }
}

#[cfg(feature = "prometheus")]
#[test]
fn an_endpoint_that_is_not_used_needs_no_tls() {
    assert!(problems("prometheus", "https://otel-collector:4318").is_empty());
}
