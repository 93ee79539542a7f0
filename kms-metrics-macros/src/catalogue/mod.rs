//! The catalogue of metrics: its definition, parsed once per compilation.

pub(crate) mod emit;
pub(crate) mod model;
mod parse;

use std::sync::OnceLock;

use self::model::Catalogue;

/// The definition of the built-in catalogue.
const BUILTIN: &str = include_str!("builtin.metrics");

/// The built-in catalogue.
pub(crate) fn builtin() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| match syn::parse_str(BUILTIN) {
        Ok(catalogue) => catalogue,
        // Only an edit of the definition can get here, and a test holds it.
        Err(error) => unreachable!("builtin.metrics: {error} at {:?}", error.span()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_definition_parses() {
        assert_eq!(builtin().annotatable().count(), 8);
    }
}
