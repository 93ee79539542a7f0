//! The attribute macro of [`kms-metrics`](https://docs.rs/kms-metrics), which re-exports it and documents it.
//!
//! The way of an annotation: `annotation` and `function` parse, `check` holds the annotation against the
//! catalogue, `expand` only quotes. Whatever is wrong with an annotation, the function is still emitted as it stands,
//! so that one mistake gives one error.

mod annotation;
mod catalogue;
mod check;
mod expand;
mod function;
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

/// Emits the runtime's side of the built-in catalogue. For `kms-metrics` alone.
#[doc(hidden)]
#[proc_macro]
pub fn __builtin_catalogue(_: TokenStream) -> TokenStream {
    catalogue::emit::emit(catalogue::builtin()).into()
}
