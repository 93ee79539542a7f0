//! Reads Prometheus' text format.

use std::collections::BTreeMap;

use kms_metrics::catalogue::{INSTRUMENTS, Kind};

use kms_metrics_tests::prometheus_name;

use super::contract::Found;

/// What an exposition says about the catalogue's instruments. Anything that belongs to none of them is an error, except
/// `target_info`.
pub(crate) fn parse(exposition: &str) -> Found {
    let mut found = Found::default();
    let mut families = BTreeMap::new();
    for instrument in INSTRUMENTS {
        families.insert(prometheus_name(instrument), instrument);
    }
    for line in exposition.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            if let Some(instrument) = families.get(name) {
                assert_eq!(help, instrument.description, "{name}");
            } else {
                assert_eq!(name, "target_info", "not of the catalogue");
            }
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            let expected = families.get(name).map_or("gauge", |instrument| match instrument.kind {
                Kind::Counter => "counter",
                Kind::Histogram => "histogram",
                Kind::Gauge => "gauge",
            });
            assert_eq!(kind, expected, "{name}");
        } else if !line.is_empty() {
            let (name, mut labels, value) = sample(line);
            if name == "target_info" {
                continue;
            }
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| families.get(name.strip_suffix(suffix)?))
                .filter(|instrument| instrument.kind == Kind::Histogram)
                .or_else(|| families.get(&name));
            let instrument = family.unwrap_or_else(|| panic!("{name} is not of the catalogue"));
            if let Some(bound) = labels.remove("le") {
                found.bound(instrument, &bound);
            }
            found.series(instrument, labels, !name.ends_with("_bucket") && value != "0");
        }
    }
    found
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, String) {
    let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_prefix('{').unwrap_or(rest);
    while let Some((label, after)) = rest.split_once("=\"").filter(|(label, _)| !label.contains([' ', '}'])) {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().unwrap() {
                (end, '"') => break end,
                (_, '\\') => value.push(match characters.next().unwrap().1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, character) => value.push(character),
            }
        };
        assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice: {line}");
        rest = after[end + 1..].trim_start_matches(',');
    }
    (name.to_owned(), labels, rest.trim_start_matches('}').trim().to_owned())
}
