//! Names that would come out wrong in an exposition, or twice.

use super::model::{Attribute, Instrument};

/// A new attribute's key.
pub(super) fn key(key: &str, known: &[Attribute]) -> Result<(), String> {
    let label = |key: &str| key.replace('.', "_");
    if ["le", "quantile", "job", "instance"].contains(&label(key).as_str()) {
        return Err(format!("`{key}` is a label of Prometheus's own"));
    }
    if key.starts_with("otel.") || key.starts_with("otel_") {
        return Err(format!("`{key}`: `otel.*` is OpenTelemetry's own"));
    }
    match known.iter().find(|attribute| label(&attribute.key) == label(key)) {
        Some(known) if known.key == key => Err(format!("the attribute `{key}` exists already; use it as it is")),
        Some(known) => Err(format!("`{key}` and `{}` would be the same label", known.key)),
        None => Ok(()),
    }
}

/// A new instrument's name. The built-in catalogue's operations may share an instrument, as companions do; one that a
/// program declares (`declared`) is new.
pub(super) fn instrument<'a>(
    name: &str,
    known: impl Iterator<Item = &'a Instrument>,
    declared: bool,
) -> Result<(), String> {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !starts || name.len() > 255 || !name.chars().all(|it| it.is_ascii_alphanumeric() || "._-/".contains(it)) {
        return Err(format!(
            "`{name}` is no name of an instrument: a letter, then up to 254 letters, digits, `.`, `_`, `-` or `/`"
        ));
    }
    let label = |name: &str| name.replace(['.', '-', '/'], "_");
    if declared && known.into_iter().any(|known| label(&known.name) == label(name)) {
        return Err(format!("there is an instrument `{name}` already"));
    }
    Ok(())
}
