//! The attribute macro of [`kms-metrics`](https://docs.rs/kms-metrics), which re-exports it and documents it.
//!
//! The way of an annotation: `annotation` and `function` parse, `check` holds the annotation against the
//! catalogue, `expand` only quotes. Whatever is wrong with an annotation, the function is still emitted as it stands,
//! so that one mistake gives one error.
//! The derives go the same way, in `derive`.

mod annotation;
mod catalogue;
mod check;
mod derive;
mod errors;
mod expand;
mod function;
mod leave;
mod suggest;

use proc_macro::TokenStream;

/// Records a metric of the catalogue for every call of a function. See `kms_metrics::kms_metric`.
#[proc_macro_attribute]
pub fn kms_metric(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    expand::attribute(arguments.into(), item.clone())
        .unwrap_or_else(|error| {
            let errors = error.into_compile_error();
            quote::quote!(#errors #item)
        })
        .into()
}

/// Implements the attribute groups of a context from its fields. See `kms_metrics::MetricContext`.
#[proc_macro_derive(MetricContext, attributes(metric))]
pub fn metric_context(input: TokenStream) -> TokenStream {
    derive::metric_context(input.into()).into()
}

/// Implements `kms_metrics::ErrorType`, which documents it.
#[proc_macro_derive(ErrorType, attributes(metric))]
pub fn error_type(input: TokenStream) -> TokenStream {
    derive::error_type(input.into()).into()
}

/// Implements `kms_metrics::Outcome`, which documents it.
#[proc_macro_derive(Outcome, attributes(metric))]
pub fn outcome(input: TokenStream) -> TokenStream {
    derive::outcome(input.into()).into()
}

/// Emits the runtime's side of the built-in catalogue. For `kms-metrics` alone.
#[doc(hidden)]
#[proc_macro]
pub fn __builtin_catalogue(_: TokenStream) -> TokenStream {
    catalogue::emit::emit(catalogue::builtin()).into()
}
