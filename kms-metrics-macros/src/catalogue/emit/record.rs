//! The struct that records an operation by hand.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Emitter;
use super::instrument::instrument_value;
use crate::catalogue::model::{
    Attribute, Fires, Input, Kind, Label, LabelValue, Operation, Recorder, Requirement, Supply,
};

/// The struct, its methods, and its operation.
pub(super) fn record(emitter: &Emitter<'_>, operation: &Operation, index: &TokenStream) -> TokenStream {
    let Emitter { catalogue, krate } = emitter;
    let name = format_ident!("{}", operation.record);
    let doc = record_doc(emitter, operation);
    let operation_value = operation_value(emitter, operation, index);
    let fields = operation.inputs.iter().map(|input| {
        let attribute = catalogue.attribute(*input);
        let field = format_ident!("{}", attribute.argument);
        let doc = format!("`{}`: {}.", attribute.key, attribute.doc);
        let value = if attribute.int { quote!(i64) } else { quote!(&'a str) };
        let value = match input.requirement {
            Requirement::Required => value,
            Requirement::Nullable | Requirement::Optional => quote!(::core::option::Option<#value>),
        };
        quote! {
            #[doc = #doc]
            pub #field: #value
        }
    });
    let names: Vec<_> =
        operation.inputs.iter().map(|input| format_ident!("{}", catalogue.attribute(*input).argument)).collect();
    let early = operation.inputs.iter().enumerate().map(|(position, input)| {
        let read = match (catalogue.attribute(*input).int, input.requirement == Requirement::Required) {
            (false, true) => quote!(text),
            (false, false) => quote!(optional_text),
            (true, true) => quote!(int),
            (true, false) => quote!(optional_int),
        };
        quote!(early.#read(#position))
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub struct #name<'a> {
            #(#fields,)*
        }

        impl<'a> #name<'a> {
            /// Records a call that is over: how it ended, and how long it took.
            ///
            /// Never fails, panics or blocks. A call whose series exists allocates nothing; when telemetry is off it
            /// costs one relaxed load.
            pub fn record(&self, verdict: #krate::Verdict, duration: ::core::time::Duration) {
                #krate::definition::record(self, verdict, duration);
            }

            /// Begins a recording and takes the clock.
            ///
            /// Finish it with the call's verdict; dropped before, it counts as cancelled, or as panicked while the
            /// thread unwinds.
            #[must_use = "a recording that is dropped at once counts as cancelled"]
            pub fn start(&self) -> #krate::Recording {
                #krate::Recording::start(self)
            }

            /// The values that were known when a recording began, to be completed with late ones.
            #[doc(hidden)]
            #[must_use]
            pub fn from_early(early: &'a #krate::definition::Early) -> Self {
                Self { #(#names: #early),* }
            }
        }

        impl #krate::definition::Record for #name<'_> {
            const OPERATION: &'static #krate::definition::Operation = {
                static OPERATION: #krate::definition::Operation = #operation_value;
                &OPERATION
            };

            fn with_values<T>(&self, take: impl ::core::ops::FnOnce(&[#krate::definition::Value<'_>]) -> T) -> T {
                take(&[#(#krate::definition::Value::from(self.#names)),*])
            }
        }
    }
}

fn operation_value(emitter: &Emitter<'_>, operation: &Operation, index: &TokenStream) -> TokenStream {
    let Emitter { catalogue, krate } = emitter;
    let name = &operation.name;
    let inputs = operation.inputs.iter().map(|input| {
        let attribute = catalogue.attribute(*input);
        let tier = tier(attribute);
        let key = &attribute.key;
        quote!(#krate::definition::OperationInput { key: #key, tier: #krate::definition::Tier::#tier })
    });
    let instruments = operation.instruments.iter().map(|instrument| {
        let definition = instrument_value(emitter, operation, instrument);
        let on = match instrument.fires {
            Fires::Always => quote!(Always),
            Fires::Success => quote!(Success),
            Fires::Failure => quote!(Failure),
        };
        let values = instrument.labels.iter().map(|label| value_source(emitter, operation, label));
        quote! {
            #krate::definition::OperationInstrument {
                definition: #definition,
                on: #krate::Count::#on,
                values: &[#(#krate::definition::ValueSource::#values),*],
            }
        }
    });
    quote! {
        #krate::definition::Operation {
            index: #index,
            name: #name,
            inputs: &[#(#inputs),*],
            instruments: &[#(#instruments),*],
        }
    }
}

fn value_source(emitter: &Emitter<'_>, operation: &Operation, label: &Label) -> TokenStream {
    let attribute = match &label.value {
        LabelValue::Constant(value) => return quote!(Constant(#value)),
        LabelValue::Outcome(field) => return outcome_source(emitter, field),
        LabelValue::Own => label.attribute,
        LabelValue::Same(attribute) => *attribute,
    };
    match &emitter.catalogue.attributes[attribute].supply {
        Supply::Outcome(field) => outcome_source(emitter, field),
        Supply::Argument(_) => {
            let position = operation.inputs.iter().take_while(|input| input.attribute != attribute).count();
            quote!(Input(#position))
        }
    }
}

fn outcome_source(emitter: &Emitter<'_>, field: &str) -> TokenStream {
    let krate = &emitter.krate;
    let field = match field {
        "ending" => quote!(Ending),
        "result" => quote!(Result),
        "error_name" => quote!(ErrorName),
        "status_code" => quote!(StatusCode),
        "status_class" => quote!(StatusClass),
        _ => quote!(ErrorType),
    };
    quote!(Outcome(#krate::definition::OutcomeField::#field))
}

/// When a series has to give up the attribute near the limit.
fn tier(attribute: &Attribute) -> Ident {
    let group = match &attribute.supply {
        Supply::Argument(Some(field)) => field.group.type_name(),
        _ => "",
    };
    let name = match group {
        _ if !attribute.bounded => "Unbounded",
        _ if attribute.personal => "Personal",
        "Project" | "Organization" => group,
        _ => "Essential",
    };
    format_ident!("{name}")
}

fn record_doc(emitter: &Emitter<'_>, operation: &Operation) -> String {
    let mut doc = String::new();
    for instrument in &operation.instruments {
        let kind = match (instrument.kind, instrument.fires) {
            (Kind::Counter, Fires::Always) => "counter, every call",
            (Kind::Counter, Fires::Success) => "counter, calls that succeeded",
            (Kind::Counter, Fires::Failure) => "counter, calls that did not succeed",
            (Kind::Histogram, _) => "histogram, every call",
            (Kind::Gauge, _) => "gauge",
        };
        let description = instrument.description.trim_end_matches('.');
        doc += &format!("- `{}` ({kind}, `{}`): {description}.\n", instrument.name, instrument.unit);
    }
    if operation.recorder == Recorder::Annotation {
        let arguments = |wanted: &dyn Fn(&Input) -> bool| {
            let names = operation.inputs.iter().filter(|input| wanted(input));
            let names = names.map(|input| format!("`{}`", emitter.catalogue.attribute(*input).argument));
            names.collect::<Vec<_>>().join(", ")
        };
        doc += &format!(
            "\nIn an annotation: `#[kms_metric({}, …)]`. Required: {}. Optional: {}.\n",
            operation.name,
            arguments(&|input| input.requirement != Requirement::Optional),
            arguments(&|input| input.requirement == Requirement::Optional),
        );
    }
    doc
}
