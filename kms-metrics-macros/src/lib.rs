//! The attribute macro of [`kms-metrics`](https://docs.rs/kms-metrics), which re-exports it and documents it.
//!
//! The way of an annotation: `annotation` and `function` parse, `check` holds the annotation against the
//! catalogue, `expand` only quotes. Whatever is wrong with an annotation, the function is still emitted as it stands,
//! so that one mistake gives one error.
//! The derives go the same way, in `derive`.

mod annotation;
mod capture;
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
    expand::attribute(arguments.into(), item.clone()).unwrap_or_else(|error| beside(&error, &item)).into()
}

/// Declares metrics of the program's own. See `kms_metrics::metrics`.
#[proc_macro]
pub fn metrics(input: TokenStream) -> TokenStream {
    let source = proc_macro2::TokenStream::from(input.clone());
    let declaration = syn::parse_macro_input!(input as catalogue::Declaration);
    catalogue::emit::declared(&declaration, &source).into()
}

/// An annotation with a metric of the program's own, and what is known where that is declared.
#[doc(hidden)]
#[proc_macro]
pub fn __annotate(input: TokenStream) -> TokenStream {
    let call = syn::parse_macro_input!(input as expand::DeclaredCall);
    let item = call.item.clone();
    expand::declared(call).unwrap_or_else(|error| beside(&error, &item)).into()
}

/// The function as it stands, and what is wrong with its annotation.
fn beside(error: &syn::Error, item: &proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let errors = error.to_compile_error();
    quote::quote!(#errors #item)
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
    catalogue::emit::builtin(catalogue::builtin()).into()
}
