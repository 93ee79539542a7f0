//! The runtime's side of a catalogue: constants, operations and record structs.

mod instrument;
mod record;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Path, parse_quote};

use self::instrument::{constant_name, instrument_value};
use self::record::record;
use super::Declaration;
use super::model::{Catalogue, Recorder};

/// A catalogue on its way to code.
struct Emitter<'a> {
    catalogue: &'a Catalogue,
    /// Where the runtime is.
    krate: Path,
}

/// The built-in catalogue, for the crate that owns the hot path.
pub(crate) fn builtin(catalogue: &Catalogue) -> TokenStream {
    let emitter = Emitter { catalogue, krate: parse_quote!(crate) };
    let mut constants = TokenStream::new();
    let mut names = Vec::new();
    for operation in &catalogue.operations {
        for instrument in &operation.instruments {
            let name = constant_name(&instrument.name);
            if names.contains(&name) {
                continue;
            }
            let doc = format!("`{}`: {}.", instrument.name, instrument.description.trim_end_matches('.'));
            let value = instrument_value(&emitter, operation, instrument);
            constants.extend(quote! {
                #[doc = #doc]
                pub const #name: Instrument = #value;
            });
            names.push(name);
        }
    }
    let recorded: Vec<_> = catalogue.operations.iter().filter(|it| it.recorder != Recorder::Own).collect();
    let records =
        recorded.iter().enumerate().map(|(index, operation)| record(&emitter, operation, &quote!(Some(#index))));
    let record_names = recorded.iter().map(|operation| format_ident!("{}", operation.record));
    quote! {
        /// Every instrument, in the order of the definition.
        pub const INSTRUMENTS: &[Instrument] = &[#(instruments::#names),*];

        /// Every operation that can be recorded; a record's operation stands here under its index.
        pub(crate) const OPERATIONS: &[&Operation] =
            &[#(<records::#record_names<'static> as crate::definition::Record>::OPERATION),*];

        /// The instruments by name.
        pub mod instruments {
            use super::Instrument;
            #constants
        }

        /// One struct per operation, to record it by hand.
        ///
        /// An annotation fills such a struct; so can a program where no annotation fits. A required attribute is a
        /// plain field, one that may be absent an `Option`; what the returned value says (`error.type`, status codes)
        /// comes from the [`Verdict`](crate::Verdict).
        pub mod records {
            #(#records)*
        }
    }
}

/// A program's own metrics, at the place where it declares them.
pub(crate) fn declared(declaration: &Declaration, source: &TokenStream) -> TokenStream {
    let Declaration { catalogue, krate } = declaration;
    let emitter = Emitter { catalogue, krate: krate.clone() };
    let operations = &catalogue.operations;
    let records = operations.iter().map(|operation| record(&emitter, operation, &quote!(::core::option::Option::None)));
    let instruments = operations.iter().flat_map(|operation| {
        operation.instruments.iter().map(|instrument| instrument_value(&emitter, operation, instrument))
    });
    let macros = operations.iter().map(|operation| {
        let name = Ident::new(&operation.record, proc_macro2::Span::call_site());
        let hidden = format_ident!("__kms_metric_{}", operation.record);
        // The attribute expands to a call of the macro of the record's name, which adds what only this place knows.
        quote! {
            #[doc(hidden)]
            #[allow(unused_macros, reason = "not every metric is recorded by an annotation")]
            macro_rules! #hidden {
                ($($annotated:tt)*) => { #krate::__annotate! { #name { #source } $($annotated)* } };
            }
            #[doc(hidden)]
            #[allow(unused_imports, reason = "not every metric is recorded by an annotation")]
            pub(crate) use #hidden as #name;
        }
    });
    quote! {
        #(#records)*

        /// The instruments of the metrics that are declared here, for
        /// [`catalogue::to_json_of`](#krate::catalogue::to_json_of) and the like.
        pub const INSTRUMENTS: &[#krate::catalogue::Instrument] = &[#(#instruments),*];

        #(#macros)*
    }
}
