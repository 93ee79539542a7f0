//! From a checked struct to the implementations of its groups' traits. Nothing here can fail.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Ident, Path, parse_quote_spanned};

use super::context::{Plan, Source, Supplied};
use super::{at, bound, implementation};
use crate::catalogue::model::{ContextField, Group};

pub(super) fn implement(input: &DeriveInput, plan: &Plan<'_>) -> TokenStream {
    let krate = &plan.krate;
    let implementations = plan.groups.iter().map(|(group, supplied)| match supplied {
        Supplied::Whole(source) => whole(input, krate, *group, source),
        Supplied::Parts(parts) => assembled(input, krate, *group, parts),
    });
    quote!(#(#implementations)*)
}

pub(super) fn fallback(input: &DeriveInput, plan: &Plan<'_>) -> TokenStream {
    let krate = &plan.krate;
    let implementations = plan.groups.iter().map(|(group, _)| {
        let name = type_name(*group);
        let items = items(*group, &quote!(#krate::#name<'__kms>), &quote!(::core::unreachable!()), krate);
        implementation(input, &has_at(krate, *group, Span::call_site()), [], &items)
    });
    quote!(#(#implementations)*)
}

/// A group from a field that has it, as definite as it is there.
fn whole(input: &DeriveInput, krate: &Path, group: Group, source: &Source<'_>) -> TokenStream {
    let Source { member, whole, .. } = source;
    let span = at(whole);
    let (name, method) = (type_name(group), format_ident!("{}", group.name()));
    let has = has_at(krate, group, span);
    let supplied = quote!(<#whole as #has>::#name<'__kms>);
    let value = quote_spanned!(span=> #has::#method(&self.#member));
    // Also where no parameter decides it: the type is named in so many places that would all report it.
    let bound = quote_spanned!(span=> #whole: #has);
    implementation(input, &has_at(krate, group, Span::call_site()), [bound], &items(group, &supplied, &value, krate))
}

/// A group from a field for each of its members.
fn assembled(
    input: &DeriveInput,
    krate: &Path,
    group: Group,
    parts: &[(&'static ContextField, Source<'_>)],
) -> TokenStream {
    let name = type_name(group);
    let is_required = |key: &ContextField| match group {
        Group::Actor => false,
        Group::Client => key.field == "address",
        Group::Organization | Group::Project => true,
    };
    let absent = parts.iter().any(|(key, source)| is_required(key) && source.optional);
    let members = parts.iter().map(|(key, source)| {
        let member = format_ident!("{}", key.field);
        let value = value(krate, key, source, is_required(key));
        quote!(#member: #value)
    });
    let rest = match group {
        Group::Actor if parts.len() < 4 => Some(quote!(..#krate::Actor::default())),
        Group::Client if parts.len() < 2 => Some(quote!(user_agent: ::core::option::Option::None)),
        _ => None,
    };
    let mut supplied = quote!(#krate::#name<'__kms>);
    let mut value = quote!(#krate::#name { #(#members,)* #rest });
    if absent {
        supplied = quote!(::core::option::Option<#supplied>);
        value = quote!(::core::option::Option::Some(#value));
    }
    let bounds = parts.iter().filter_map(|(key, source)| {
        let name = if key.field == "address" { quote!(FieldAddress) } else { quote!(FieldText) };
        bound(input, source.ty, &quote!(#krate::field::#name))
    });
    implementation(input, &has_at(krate, group, Span::call_site()), bounds, &items(group, &supplied, &value, krate))
}

/// A member of a group, from a field.
fn value(krate: &Path, key: &ContextField, source: &Source<'_>, required: bool) -> TokenStream {
    let Source { member, ty, optional, .. } = source;
    let function = if key.field == "address" { quote!(as_address) } else { quote!(as_text) };
    match (required, optional) {
        (true, false) => quote_spanned!(at(ty)=> #krate::field::#function(&self.#member)),
        (true, true) => quote_spanned!(at(ty)=> #krate::field::#function(self.#member.as_ref()?)),
        (false, false) => {
            let text = quote_spanned!(at(ty)=> #krate::field::#function(&self.#member));
            quote!(::core::option::Option::Some(#text))
        }
        (false, true) => quote_spanned!(at(ty)=> #krate::field::as_optional_text(self.#member.as_ref())),
    }
}

/// What a group's trait consists of: its type, unless it is the actor's, and its method.
fn items(group: Group, supplied: &TokenStream, value: &TokenStream, krate: &Path) -> TokenStream {
    let (name, method) = (type_name(group), format_ident!("{}", group.name()));
    if group == Group::Actor {
        return quote! {
            fn actor(&self) -> #krate::Actor<'_> {
                #value
            }
        };
    }
    quote! {
        type #name<'__kms> = #supplied where Self: '__kms;
        fn #method(&self) -> Self::#name<'_> {
            #value
        }
    }
}

/// `kms_metrics::HasOrganization`, reported at `span` where it does not hold.
fn has_at(krate: &Path, group: Group, span: Span) -> TokenStream {
    let name = format_ident!("Has{}", group.type_name(), span = span);
    let mut krate = krate.clone();
    // The whole path has to be there; one of the program's own keeps its place, and what it means in it.
    if quote!(#krate).to_string() == quote!(::kms_metrics).to_string() {
        krate = parse_quote_spanned!(span=> ::kms_metrics);
    }
    quote_spanned!(span=> #krate::#name)
}

fn type_name(group: Group) -> Ident {
    format_ident!("{}", group.type_name())
}
