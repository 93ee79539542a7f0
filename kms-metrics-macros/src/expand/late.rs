//! What is known only after the body.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, Pat};

use super::{Expansion, local};
use crate::check::FieldSource;
use crate::function::mentions;

impl Expansion<'_> {
    /// Whether a late value or the outcome mentions an argument: an out-parameter, say.
    pub(super) fn looks_at_arguments_afterwards(&self) -> bool {
        let late = self.plan.fields.iter().filter_map(|field| match &field.source {
            FieldSource::Given(value) if value.late.is_some() => Some(&value.expr),
            _ => None,
        });
        let outcome = self.annotation.options.outcome.as_ref().map(|outcome| &outcome.expr);
        let afterwards: TokenStream = late.chain(outcome).map(ToTokens::to_token_stream).collect();
        let arguments = self.function.signature.inputs.iter().map(|argument| match argument {
            FnArg::Receiver(_) => quote!(self),
            FnArg::Typed(argument) => argument.pat.to_token_stream(),
        });
        names(arguments.collect()).iter().any(|name| mentions(afterwards.clone(), name))
    }

    /// Fills in what was known only after the body.
    pub(super) fn complete(&self) -> TokenStream {
        if !self.plan.has_late_fields() {
            return TokenStream::new();
        }
        let Self { recording, record, .. } = self;
        let early = local("early");
        let late = self.plan.fields.iter().filter_map(|field| match &field.source {
            FieldSource::Given(value) => value.late.as_ref().map(|pattern| (field, *value, pattern)),
            _ => None,
        });
        let (mut patterns, mut fields) = (Vec::<&Pat>::new(), Vec::new());
        for (field, value, pattern) in late {
            if !patterns
                .iter()
                .any(|known| known.to_token_stream().to_string() == pattern.to_token_stream().to_string())
            {
                patterns.push(pattern);
            }
            let name = &field.name;
            let value = self.given(value, field.required);
            fields.push(quote!(#name: #value));
        }
        let out = &self.out;
        let rest = (fields.len() < self.plan.fields.len()).then(|| quote!(..#record::from_early(#early)));
        quote! {
            if let ::core::option::Option::Some(#early) = &#recording.early() {
                #(let #patterns = &#out;)*
                #recording.complete(&#record { #(#fields,)* #rest });
            }
        }
    }
}

/// Every name in some tokens.
fn names(tokens: TokenStream) -> Vec<String> {
    let names = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) => names(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
    });
    names.collect()
}
