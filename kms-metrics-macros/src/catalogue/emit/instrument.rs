//! Instruments and their attributes, as constants.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Emitter;
use crate::catalogue::model::{
    Attribute, Instrument, Kind, Label, LabelValue, Operation, Recorder, Requirement, Supply,
};

/// `kms.secret.read.count` as `KMS_SECRET_READ_COUNT`.
pub(super) fn constant_name(name: &str) -> Ident {
    format_ident!("{}", name.replace('.', "_").to_uppercase())
}

pub(super) fn instrument_value(emitter: &Emitter<'_>, operation: &Operation, instrument: &Instrument) -> TokenStream {
    let krate = &emitter.krate;
    let short_name = &operation.name;
    let Instrument { name, unit, description, .. } = instrument;
    let kind = match instrument.kind {
        Kind::Counter => quote!(Counter),
        Kind::Histogram => quote!(Histogram),
        Kind::Gauge => quote!(Gauge),
    };
    let buckets = instrument.buckets.iter().map(|bound| Literal::f64_unsuffixed(*bound));
    let attributes = instrument.labels.iter().map(|label| label_value(emitter, operation, label));
    quote! {
        #krate::catalogue::Instrument {
            short_name: #short_name,
            name: #name,
            kind: #krate::catalogue::Kind::#kind,
            unit: #unit,
            description: #description,
            buckets: &[#(#buckets),*],
            attributes: &[#(#attributes),*],
        }
    }
}

fn label_value(emitter: &Emitter<'_>, operation: &Operation, label: &Label) -> TokenStream {
    let own = &emitter.catalogue.attributes[label.attribute];
    let source = match &label.value {
        LabelValue::Constant(_) => None,
        LabelValue::Own => Some((&own.supply, &own.argument)),
        LabelValue::Outcome(_) => Some((&Supply::Outcome(String::new()), &own.argument)),
        LabelValue::Same(attribute) => {
            let same = &emitter.catalogue.attributes[*attribute];
            Some((&same.supply, &same.argument))
        }
    };
    let (argument, source) = match source {
        Some((Supply::Outcome(_), _)) => (None, quote!(Outcome)),
        Some((Supply::Argument(_), name)) if operation.recorder == Recorder::Annotation => {
            (Some(name), quote!(Argument))
        }
        _ => (None, quote!(Layer)),
    };
    attribute_value(emitter, own, label.requirement, argument, &source)
}

fn attribute_value(
    emitter: &Emitter<'_>,
    attribute: &Attribute,
    requirement: Requirement,
    argument: Option<&String>,
    source: &TokenStream,
) -> TokenStream {
    let krate = &emitter.krate;
    let Attribute { key, personal, .. } = attribute;
    let nullable = requirement == Requirement::Nullable;
    let argument = match argument {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    };
    let requirement = match requirement {
        Requirement::Required | Requirement::Nullable => quote!(Required),
        Requirement::Optional => quote!(Optional),
    };
    let value_type = if attribute.int { quote!(Int) } else { quote!(String) };
    let growth = if attribute.bounded { quote!(Bounded) } else { quote!(Unbounded) };
    quote! {
        #krate::catalogue::Attribute {
            key: #key,
            argument: #argument,
            requirement: #krate::catalogue::Requirement::#requirement,
            nullable: #nullable,
            value_type: #krate::catalogue::ValueType::#value_type,
            growth: #krate::catalogue::Growth::#growth,
            personal: #personal,
            source: #krate::catalogue::Source::#source,
        }
    }
}
