//! Catalogues of metrics: the built-in one, parsed once per compilation, and those that programs declare.

pub(crate) mod emit;
pub(crate) mod model;
mod parse;
mod validate;

use std::sync::OnceLock;

use syn::parse::{Parse, ParseStream};
use syn::{Path, Result, Token, parse_quote};

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

/// What a program declares: `[crate = path;] DEFINITION`.
pub(crate) struct Declaration {
    /// Its operations; the attributes are those of the built-in catalogue and its own.
    pub(crate) catalogue: Catalogue,
    /// Where the runtime is.
    pub(crate) krate: Path,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let krate = if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            let krate = input.call(Path::parse_mod_style)?;
            input.parse::<Token![;]>()?;
            krate
        } else {
            parse_quote!(::kms_metrics)
        };
        let catalogue = parse::declaration(input, builtin())?;
        Ok(Self { catalogue, krate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_definition_parses() {
        assert_eq!(builtin().annotatable().count(), 8);
    }
}
