//! `#[derive(ErrorType)]`: each variant's class, short name and status, all known when it compiles.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use super::attribute::Words;
use super::shape::{Alternative, Dialect, Shape};
use super::{attribute, bound, implementation, label};
use crate::errors::Errors;

const WORDS: &[&str] = &["error_type", "name", "status_code"];
const DIALECT: Dialect = Dialect {
    derive: "ErrorType",
    on_enum: WORDS,
    on_alternative: &["error_type", "name", "status_code", "transparent"],
};

/// What is said of an alternative, or of all that say nothing else.
#[derive(Clone, Default)]
struct Class {
    error_type: Option<String>,
    name: Option<String>,
    status_code: Option<u16>,
}

pub(super) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let Some(shape) = Shape::read(input, &DIALECT, &mut errors) else {
        return errors.into_result().map(|()| TokenStream::new());
    };
    let defaults = Class::read(&shape.words, &Class::default(), &mut errors);
    let classes: Vec<_> = shape.alternatives.iter().map(|it| Class::of(it, &defaults, &mut errors)).collect();
    errors.into_result()?;
    Ok(implement(input, &shape, &classes))
}

impl Class {
    fn of(alternative: &Alternative<'_>, defaults: &Self, errors: &mut Errors) -> Self {
        let words = &alternative.words;
        if alternative.transparent.is_some() || words.get("transparent").is_some() {
            let given = WORDS.iter().map(|word| words.get(word));
            label::refuse(given, "contradicts `transparent`, which takes it from the field", errors);
            return Self::default();
        }
        let mut class = Self::read(words, defaults, errors);
        if class.error_type.is_none() && words.get("error_type").is_none() && !words.unclear {
            class.error_type = label::error_type_of(alternative.name, "error_type", errors);
        }
        class
    }

    fn read(words: &Words, defaults: &Self, errors: &mut Errors) -> Self {
        let defaults = defaults.clone();
        Self {
            error_type: words.get("error_type").map_or(defaults.error_type, |it| label::error_type(it, errors)),
            name: words.get("name").map_or(defaults.name, |it| label::error_name(it, errors)),
            status_code: words.get("status_code").map_or(defaults.status_code, |it| label::status_code(it, errors)),
        }
    }
}

fn implement(input: &DeriveInput, shape: &Shape<'_>, classes: &[Class]) -> TokenStream {
    let krate = &shape.krate;
    let transparent = shape.transparent_types().next().is_some();
    let error_type = shape.by_alternative(|position, inner| match inner {
        Some(inner) => call(shape, "error_type", inner),
        // Checked to be there.
        None => classes[position].error_type.as_deref().map_or_else(TokenStream::new, |it| quote!(#it)),
    });
    let error_name = (transparent || classes.iter().any(|class| class.name.is_some())).then(|| {
        let body = shape.by_alternative(|position, inner| match inner {
            Some(inner) => call(shape, "error_name", inner),
            None => option(classes[position].name.as_deref()),
        });
        quote! {
            fn error_name(&self) -> ::core::option::Option<&'static str> {
                #body
            }
        }
    });
    let status_code = (transparent || classes.iter().any(|class| class.status_code.is_some())).then(|| {
        let body = shape.by_alternative(|position, inner| match inner {
            Some(inner) => call(shape, "status_code", inner),
            None => option(classes[position].status_code),
        });
        quote! {
            fn status_code(&self) -> ::core::option::Option<u16> {
                #body
            }
        }
    });
    let items = quote! {
        fn error_type(&self) -> &'static str {
            #error_type
        }
        #error_name
        #status_code
    };
    let bounds = shape.transparent_types().filter_map(|ty| bound(input, ty, &quote!(#krate::ErrorType)));
    implementation(input, &quote!(#krate::ErrorType), bounds, &items)
}

fn call(shape: &Shape<'_>, method: &str, inner: &TokenStream) -> TokenStream {
    let krate = &shape.krate;
    let method = quote::format_ident!("{method}");
    quote!(#krate::ErrorType::#method(#inner))
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// So that a mistake in the type is not also an error wherever the type is returned.
pub(super) fn fallback(input: &DeriveInput) -> TokenStream {
    let krate = attribute::krate(input);
    let items = quote! {
        fn error_type(&self) -> &'static str {
            ::core::unreachable!()
        }
    };
    implementation(input, &quote!(#krate::ErrorType), [], &items)
}
