//! The runtime's side of a catalogue: constants, operations and record structs, for the crate that owns the hot path.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::model::{
    Attribute, Catalogue, Fires, Input, Instrument, Kind, Label, LabelValue, Operation, Recorder, Requirement, Supply,
};

/// Everything that the runtime derives from `catalogue`.
pub(crate) fn emit(catalogue: &Catalogue) -> TokenStream {
    let mut constants = TokenStream::new();
    let mut names = Vec::new();
    for operation in &catalogue.operations {
        for instrument in &operation.instruments {
            let name = constant_name(&instrument.name);
            if names.contains(&name) {
                continue;
            }
            let doc = format!("`{}`: {}.", instrument.name, instrument.description.trim_end_matches('.'));
            let value = instrument_value(catalogue, operation, instrument);
            constants.extend(quote! {
                #[doc = #doc]
                pub const #name: Instrument = #value;
            });
            names.push(name);
        }
    }
    let recorded: Vec<_> = catalogue.operations.iter().filter(|it| it.recorder != Recorder::Own).collect();
    let records = recorded.iter().enumerate().map(|(index, operation)| record(catalogue, operation, index));
    let record_names = recorded.iter().map(|operation| format_ident!("{}", operation.record));
    quote! {
        /// Every instrument, in the order of the definition.
        pub const INSTRUMENTS: &[Instrument] = &[#(instruments::#names),*];

        /// Every operation that can be recorded; a record's operation stands here under its index.
        pub(crate) const OPERATIONS: &[&Operation] =
            &[#(<records::#record_names<'static> as crate::recording::Record>::OPERATION),*];

        /// The instruments by name.
        pub mod instruments {
            use super::*;
            #constants
        }

        /// One struct per operation, to record it by hand.
        ///
        /// An annotation fills such a struct; so can a program where no annotation fits. A required attribute is a
        /// plain field, one that may be absent an `Option`; what the returned value says (`error.type`, status codes)
        /// comes from the [`Verdict`](crate::Verdict).
        pub mod records {
            use super::*;
            use crate::recording::{Early, Record, Value};
            use crate::{Recording, Verdict};
            use std::time::Duration;
            #(#records)*
        }
    }
}

/// `kms.secret.read.count` as `KMS_SECRET_READ_COUNT`.
fn constant_name(name: &str) -> proc_macro2::Ident {
    format_ident!("{}", name.replace('.', "_").to_uppercase())
}

fn instrument_value(catalogue: &Catalogue, operation: &Operation, instrument: &Instrument) -> TokenStream {
    let short_name = &operation.name;
    let Instrument { name, unit, description, .. } = instrument;
    let kind = match instrument.kind {
        Kind::Counter => quote!(Kind::Counter),
        Kind::Histogram => quote!(Kind::Histogram),
        Kind::Gauge => quote!(Kind::Gauge),
    };
    let buckets = instrument.buckets.iter().map(|bound| Literal::f64_unsuffixed(*bound));
    let attributes = instrument.labels.iter().map(|label| label_value(catalogue, operation, label));
    quote! {
        Instrument {
            short_name: #short_name,
            name: #name,
            kind: #kind,
            unit: #unit,
            description: #description,
            buckets: &[#(#buckets),*],
            attributes: &[#(#attributes),*],
        }
    }
}

fn label_value(catalogue: &Catalogue, operation: &Operation, label: &Label) -> TokenStream {
    let own = &catalogue.attributes[label.attribute];
    let source = match &label.value {
        LabelValue::Constant(_) => None,
        LabelValue::Own => Some((&own.supply, &own.argument)),
        LabelValue::Outcome(_) => Some((&Supply::Outcome(String::new()), &own.argument)),
        LabelValue::Same(attribute) => {
            let same = &catalogue.attributes[*attribute];
            Some((&same.supply, &same.argument))
        }
    };
    let (argument, source) = match source {
        Some((Supply::Outcome(_), _)) => (quote!(None), quote!(Source::Outcome)),
        Some((Supply::Argument(_), name)) if operation.recorder == Recorder::Annotation => {
            (quote!(Some(#name)), quote!(Source::Argument))
        }
        _ => (quote!(None), quote!(Source::Layer)),
    };
    attribute_value(own, label.requirement, &argument, &source)
}

fn attribute_value(
    attribute: &Attribute,
    requirement: Requirement,
    argument: &TokenStream,
    source: &TokenStream,
) -> TokenStream {
    let Attribute { key, personal, .. } = attribute;
    let nullable = requirement == Requirement::Nullable;
    let requirement = match requirement {
        Requirement::Required | Requirement::Nullable => quote!(Requirement::Required),
        Requirement::Optional => quote!(Requirement::Optional),
    };
    let value_type = if attribute.int { quote!(ValueType::Int) } else { quote!(ValueType::String) };
    let growth = if attribute.bounded { quote!(Growth::Bounded) } else { quote!(Growth::Unbounded) };
    quote! {
        Attribute {
            key: #key,
            argument: #argument,
            requirement: #requirement,
            nullable: #nullable,
            value_type: #value_type,
            growth: #growth,
            personal: #personal,
            source: #source,
        }
    }
}

/// The struct that records an operation by hand.
fn record(catalogue: &Catalogue, operation: &Operation, index: usize) -> TokenStream {
    let name = format_ident!("{}", operation.record);
    let doc = record_doc(catalogue, operation);
    let operation_value = operation_value(catalogue, operation, index);
    let fields = operation.inputs.iter().map(|input| {
        let attribute = catalogue.attribute(*input);
        let field = format_ident!("{}", attribute.argument);
        let doc = format!("`{}`: {}.", attribute.key, attribute.doc);
        let value = if attribute.int { quote!(i64) } else { quote!(&'a str) };
        let value = if input.requirement == Requirement::Required { value } else { quote!(Option<#value>) };
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
            pub fn record(&self, verdict: Verdict, duration: Duration) {
                crate::recording::record(self, verdict, duration);
            }

            /// Begins a recording and takes the clock.
            ///
            /// Finish it with the call's verdict; dropped before, it counts as cancelled, or as panicked while the
            /// thread unwinds.
            #[must_use = "a recording that is dropped at once counts as cancelled"]
            pub fn start(&self) -> Recording {
                Recording::start(self)
            }

            /// The values that were known when a recording began, to be completed with late ones.
            #[doc(hidden)]
            #[must_use]
            pub fn from_early(early: &'a Early) -> Self {
                Self { #(#names: #early),* }
            }
        }

        impl Record for #name<'_> {
            const OPERATION: &'static Operation = &#operation_value;

            fn with_values<T>(&self, take: impl FnOnce(&[Value<'_>]) -> T) -> T {
                take(&[#(Value::from(self.#names)),*])
            }
        }
    }
}

fn operation_value(catalogue: &Catalogue, operation: &Operation, index: usize) -> TokenStream {
    let name = &operation.name;
    let inputs = operation.inputs.iter().map(|input| {
        let attribute = catalogue.attribute(*input);
        let tier = tier(attribute);
        let key = &attribute.key;
        quote!(OperationInput { key: #key, tier: Tier::#tier })
    });
    let instruments = operation.instruments.iter().map(|instrument| {
        let definition = instrument_value(catalogue, operation, instrument);
        let on = match instrument.fires {
            Fires::Always => quote!(Count::Always),
            Fires::Success => quote!(Count::Success),
            Fires::Failure => quote!(Count::Failure),
        };
        let values = instrument.labels.iter().map(|label| value_source(catalogue, operation, label));
        quote! {
            OperationInstrument { definition: #definition, on: #on, values: &[#(#values),*] }
        }
    });
    quote! {
        Operation { index: #index, name: #name, inputs: &[#(#inputs),*], instruments: &[#(#instruments),*] }
    }
}

fn value_source(catalogue: &Catalogue, operation: &Operation, label: &Label) -> TokenStream {
    let attribute = match &label.value {
        LabelValue::Constant(value) => return quote!(ValueSource::Constant(#value)),
        LabelValue::Outcome(field) => return outcome_source(field),
        LabelValue::Own => label.attribute,
        LabelValue::Same(attribute) => *attribute,
    };
    match &catalogue.attributes[attribute].supply {
        Supply::Outcome(field) => outcome_source(field),
        Supply::Argument(_) => {
            let position = operation.inputs.iter().take_while(|input| input.attribute != attribute).count();
            quote!(ValueSource::Input(#position))
        }
    }
}

fn outcome_source(field: &str) -> TokenStream {
    let field = match field {
        "ending" => quote!(Ending),
        "result" => quote!(Result),
        "error_name" => quote!(ErrorName),
        "status_code" => quote!(StatusCode),
        "status_class" => quote!(StatusClass),
        _ => quote!(ErrorType),
    };
    quote!(ValueSource::Outcome(OutcomeField::#field))
}

/// When a series has to give up the attribute near the limit.
fn tier(attribute: &Attribute) -> proc_macro2::Ident {
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

fn record_doc(catalogue: &Catalogue, operation: &Operation) -> String {
    let mut doc = String::new();
    for instrument in &operation.instruments {
        let kind = match (instrument.kind, instrument.fires) {
            (Kind::Counter, Fires::Always) => "counter, every call",
            (Kind::Counter, Fires::Success) => "counter, calls that succeeded",
            (Kind::Counter, Fires::Failure) => "counter, calls that did not succeed",
            (Kind::Histogram, _) => "histogram, every call",
            (Kind::Gauge, _) => "gauge",
        };
        doc += &format!(
            "- `{}` ({kind}, `{}`): {}.\n",
            instrument.name,
            instrument.unit,
            instrument.description.trim_end_matches('.')
        );
    }
    if operation.recorder == Recorder::Annotation {
        let arguments = |wanted: &dyn Fn(&Input) -> bool| {
            let names = operation.inputs.iter().filter(|input| wanted(input));
            names.map(|input| format!("`{}`", catalogue.attribute(*input).argument)).collect::<Vec<_>>().join(", ")
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
