//! The derives: `MetricContext`, `ErrorType` and `Outcome`, which share the attribute `#[metric(..)]`.
//!
//! The way of each: `attribute` parses the words, `context`, `error_type` and `outcome` check what they say and quote
//! it. Whatever is wrong, an implementation is still emitted, so that one mistake gives one error.

mod attribute;
mod context;
mod context_impl;
mod error_type;
mod label;
mod outcome;
mod shape;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Result, Type};

use crate::function::mentions;

pub(crate) fn metric_context(input: TokenStream) -> TokenStream {
    derive(input, context::expand, context::fallback)
}

pub(crate) fn error_type(input: TokenStream) -> TokenStream {
    derive(input, error_type::expand, error_type::fallback)
}

pub(crate) fn outcome(input: TokenStream) -> TokenStream {
    derive(input, outcome::expand, outcome::fallback)
}

fn derive(
    input: TokenStream,
    expand: fn(&DeriveInput) -> Result<TokenStream>,
    fallback: fn(&DeriveInput) -> TokenStream,
) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(&input).unwrap_or_else(|error| {
            let errors = error.into_compile_error();
            let fallback = fallback(&input);
            quote!(#errors #fallback)
        }),
        Err(error) => error.into_compile_error(),
    }
}

/// `impl Trait for Type where BOUNDS { … }`
fn implementation(
    input: &DeriveInput,
    implemented: &TokenStream,
    bounds: impl IntoIterator<Item = TokenStream>,
    items: &TokenStream,
) -> TokenStream {
    let name = &input.ident;
    let (parameters, arguments, where_clause) = input.generics.split_for_impl();
    let mut predicates: Vec<_> =
        where_clause.into_iter().flat_map(|it| &it.predicates).map(|predicate| quote!(#predicate)).collect();
    for bound in bounds {
        if !predicates.iter().any(|known| known.to_string() == bound.to_string()) {
            predicates.push(bound);
        }
    }
    let where_clause = (!predicates.is_empty()).then(|| quote!(where #(#predicates),*));
    quote! {
        #[automatically_derived]
        impl #parameters #implemented for #name #arguments #where_clause {
            #items
        }
    }
}

/// The bound that a field's type needs, if the type's parameters decide whether it holds. Where they do not, the use of
/// the field says it; and a type that contains itself must not ask for itself.
fn bound(input: &DeriveInput, ty: &Type, bound: &TokenStream) -> Option<TokenStream> {
    let mentions = |name: &str| mentions(quote!(#ty), name);
    let is_generic = input.generics.type_params().any(|parameter| mentions(&parameter.ident.to_string()));
    let is_recursive = mentions("Self") || mentions(&input.ident.to_string());
    (is_generic && !is_recursive).then(|| quote!(#ty: #bound))
}

/// Where a field's type stands, so that an error about it is reported there; `self` is found from there.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// As for the annotation: `UPDATE_SNAPSHOTS=1 cargo test` writes them.
    #[test]
    fn derives_expand_to_what_one_would_write_by_hand() {
        type Derive = fn(TokenStream) -> TokenStream;
        let derives: [(&str, Derive); 3] =
            [("metric_context", metric_context), ("error_type", error_type), ("outcome", outcome)];
        for (name, derive) in derives {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/derive/snapshots");
            let source = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
            let expanded = prettyplease::unparse(&syn::parse2(derive(source.parse().unwrap())).unwrap());
            let snapshot = folder.join(format!("{name}.expanded.rs"));
            if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
                fs::write(&snapshot, &expanded).unwrap();
            }
            let known = fs::read_to_string(&snapshot).unwrap_or_default();
            assert_eq!(expanded, known, "{} has changed", snapshot.display());
        }
    }
}
