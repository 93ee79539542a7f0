//! The catalogue as JSON, for tools that check dashboards, alerts and documentation against it.

use std::fmt::Write as _;

use super::{Attribute, Growth, INSTRUMENTS, Instrument, Kind, Requirement, Source, ValueType};

/// The built-in catalogue as a JSON array with one element per instrument:
///
/// ```json
/// {"short_name": "secret_read", "name": "kms.secret.read.count", "kind": "counter", "unit": "{operation}",
///  "description": "…", "buckets": [],
///  "attributes": [{"key": "kms.environment", "argument": "environment", "requirement": "required",
///                  "nullable": false, "type": "string", "growth": "bounded", "personal": false,
///                  "source": "argument"}]}
/// ```
///
/// `argument` is `null` where the returned value or the library supplies the attribute.
#[must_use]
pub fn to_json() -> String {
    to_json_of(INSTRUMENTS)
}

/// Other instruments in the same form: those that a program has declared with [`metrics!`](crate::metrics).
#[must_use]
pub fn to_json_of(instruments: &[Instrument]) -> String {
    let instruments: Vec<_> = instruments.iter().map(instrument).collect();
    format!("[\n{}\n]", instruments.join(",\n"))
}

fn instrument(instrument: &Instrument) -> String {
    let kind = match instrument.kind {
        Kind::Counter => "counter",
        Kind::Histogram => "histogram",
        Kind::Gauge => "gauge",
    };
    let buckets: Vec<_> = instrument.buckets.iter().map(ToString::to_string).collect();
    let attributes: Vec<_> = instrument.attributes.iter().map(attribute).collect();
    let attributes = match attributes.as_slice() {
        [] => String::new(),
        some => format!("\n      {}\n    ", some.join(",\n      ")),
    };
    format!(
        "  {{\n    \"short_name\": {},\n    \"name\": {},\n    \"kind\": {},\n    \"unit\": {},\n    \"description\": {},\n    \
         \"buckets\": [{}],\n    \"attributes\": [{attributes}]\n  }}",
        string(instrument.short_name),
        string(instrument.name),
        string(kind),
        string(instrument.unit),
        string(instrument.description),
        buckets.join(", "),
    )
}

fn attribute(attribute: &Attribute) -> String {
    let requirement = match attribute.requirement {
        Requirement::Required => "required",
        Requirement::Optional => "optional",
    };
    let value_type = match attribute.value_type {
        ValueType::String => "string",
        ValueType::Int => "int",
    };
    let growth = match attribute.growth {
        Growth::Bounded => "bounded",
        Growth::Unbounded => "unbounded",
    };
    let source = match attribute.source {
        Source::Argument => "argument",
        Source::Outcome => "outcome",
        Source::Layer => "layer",
    };
    format!(
        "{{\"key\": {}, \"argument\": {}, \"requirement\": {}, \"nullable\": {}, \"type\": {}, \"growth\": {}, \
         \"personal\": {}, \"source\": {}}}",
        string(attribute.key),
        attribute.argument.map_or_else(|| "null".to_owned(), string),
        string(requirement),
        attribute.nullable,
        string(value_type),
        string(growth),
        attribute.personal,
        string(source),
    )
}

/// A JSON string. The catalogue's texts are printable, so quotes, backslashes and control characters are all that can
/// need escaping.
fn string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}
