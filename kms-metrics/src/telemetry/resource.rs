//! Who is measured.

use std::collections::BTreeMap;

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use uuid::Uuid;

use crate::config::DEFAULT_SERVICE_NAME;

const SERVICE_NAME: &str = "service.name";
const SERVICE_INSTANCE_ID: &str = "service.instance.id";

/// `telemetry.sdk.*`, then what the program says, then what the environment says. Where nobody says it,
/// `service.instance.id` is random: two replicas that push without one overwrite each other's series.
pub(super) fn resource(
    service_name: Option<String>,
    environment: Vec<(String, String)>,
    program: &[KeyValue],
) -> Resource {
    let mut attributes: BTreeMap<Key, Value> = BTreeMap::new();
    attributes.insert(SERVICE_NAME.into(), DEFAULT_SERVICE_NAME.into());
    attributes.extend(program.iter().map(|attribute| (attribute.key.clone(), attribute.value.clone())));
    attributes.extend(environment.into_iter().map(|(key, value)| (Key::from(key), Value::from(value))));
    if let Some(name) = service_name {
        attributes.insert(SERVICE_NAME.into(), name.into());
    }
    attributes.entry(SERVICE_INSTANCE_ID.into()).or_insert_with(|| Uuid::new_v4().to_string().into());

    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource_of(name: Option<&str>, environment: &[(&str, &str)], program: &[KeyValue]) -> BTreeMap<String, String> {
        let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let resource = resource(name.map(str::to_owned), environment, program);
        resource.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_service_has_a_name_an_instance_and_an_sdk() {
        let (first, second) = (resource_of(None, &[], &[]), resource_of(None, &[], &[]));
        assert_eq!(first["service.name"], "kms");
        assert_eq!(first["telemetry.sdk.language"], "rust");
        assert_eq!(Uuid::parse_str(&first["service.instance.id"]).unwrap().get_version_num(), 4);
        assert_ne!(first["service.instance.id"], second["service.instance.id"]);
    }

    #[test]
    fn the_environment_wins_over_the_program() {
        let program = [KeyValue::new("service.name", "mine"), KeyValue::new("service.version", "1.2.3")];
        assert_eq!(resource_of(None, &[], &program)["service.name"], "mine");
        assert_eq!(resource_of(None, &[], &program)["service.version"], "1.2.3");
        assert_eq!(resource_of(Some("theirs"), &[], &program)["service.name"], "theirs");
        let given = [("service.version", "9"), ("service.instance.id", "a")];
        let given = resource_of(None, &given, &program);
        assert_eq!((given["service.version"].as_str(), given["service.instance.id"].as_str()), ("9", "a"));
    }
}
