//! From a checked annotation to code. Nothing here can fail: `begin` quotes what stands before the body, `late` what looks
//! at its end, this file what holds them together.

mod begin;
mod late;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Ident, Path, Result, Type, braced, parenthesized, parse_quote};

use crate::annotation::{Annotation, Value};
use crate::capture::in_drop_order;
use crate::catalogue::model;
use crate::catalogue::{self, Declaration};
use crate::check::{Plan, check, find_operation};
use crate::function::{Body, Boxed, Function, mentions};

/// The whole pipeline: parse the annotation, check its names, parse the function's signature, quote.
pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let annotation: Annotation = syn::parse2(arguments.clone())?;
    if annotation.is_declared() {
        // What the metric has is known where it is declared: a macro of its name adds that, and calls `declared`.
        let metric = &annotation.metric;
        return Ok(quote!(#metric! { (#arguments) #item }));
    }
    let catalogue = catalogue::builtin();
    let operation = find_operation(catalogue, annotation.metric_name())?;
    let krate = annotation.options.krate.clone().unwrap_or_else(|| parse_quote!(::kms_metrics));
    let record = Ident::new(&operation.record, annotation.metric_name().span());
    let record = quote!(#krate::records::#record);
    expand(catalogue, operation, &annotation, krate, record, item)
}

/// The same with a metric that the program declares.
pub(crate) fn declared(call: DeclaredCall) -> Result<TokenStream> {
    let DeclaredCall { record, declaration, annotation, item } = call;
    let annotation: Annotation = syn::parse2(annotation)?;
    let operations = &declaration.catalogue.operations;
    let operation = operations.iter().find(|operation| record == operation.record);
    let operation = operation.ok_or_else(|| Error::new(record.span(), "this metric is not declared here"))?;
    let krate = annotation.options.krate.clone().unwrap_or_else(|| declaration.krate.clone());
    let metric = annotation.metric.to_token_stream();
    expand(&declaration.catalogue, operation, &annotation, krate, metric, item)
}

/// What the macro of a declared metric passes on: `RECORD { DECLARATION } (ANNOTATION) FUNCTION`.
pub(crate) struct DeclaredCall {
    record: Ident,
    declaration: Declaration,
    annotation: TokenStream,
    /// The function, to be emitted whatever is wrong.
    pub(crate) item: TokenStream,
}

impl Parse for DeclaredCall {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let record = input.parse()?;
        let (declaration, annotation);
        braced!(declaration in input);
        let declaration = declaration.parse()?;
        parenthesized!(annotation in input);
        let annotation = annotation.parse()?;
        Ok(Self { record, declaration, annotation, item: input.parse()? })
    }
}

fn expand(
    catalogue: &model::Catalogue,
    operation: &model::Operation,
    annotation: &Annotation,
    krate: Path,
    record: TokenStream,
    item: TokenStream,
) -> Result<TokenStream> {
    let plan = check(catalogue, operation, annotation)?;
    let function: Function = syn::parse2(item)?;
    let (recording, out) = (local("recording"), local("out"));
    Ok(Expansion { annotation, plan: &plan, function: &function, krate, record, recording, out }.function())
}

struct Expansion<'a> {
    annotation: &'a Annotation,
    plan: &'a Plan<'a>,
    function: &'a Function,
    /// `::kms_metrics`, or what the option `crate` says.
    krate: Path,
    /// The record's path, whose name points at the metric in the annotation.
    record: TokenStream,
    recording: Ident,
    out: Ident,
}

impl<'a> Expansion<'a> {
    fn function(&self) -> TokenStream {
        let head = self.function.head();
        let begin = self.begin();
        let body = if self.needs_outcome() { self.wrapped_body() } else { self.guarded_body() };
        let Body { boxed, block, .. } = &self.function.body;
        let recorded = group(Delimiter::Brace, quote!(#begin #body), block.span());
        match boxed {
            None => quote!(#head #recorded),
            Some(Boxed { before, keywords, span }) => {
                let future = group(Delimiter::Parenthesis, quote!(#keywords #recorded), *span);
                quote!(#head { #before #future })
            }
        }
    }

    /// A function that cannot be cancelled and returns nothing has no outcome: its end, or its panic, is all there is.
    fn needs_outcome(&self) -> bool {
        self.function.body.is_async
            || self.function.body.returned.is_some()
            || self.annotation.options.outcome.is_some()
            || self.plan.has_late_fields()
    }

    fn guarded_body(&self) -> TokenStream {
        self.function.body.block.stream()
    }

    /// The body as a value that can be looked at before it is returned, whichever way it is left.
    fn wrapped_body(&self) -> TokenStream {
        let Self { krate, function, recording, out, .. } = self;
        let Body { is_async, returned, block: body, .. } = &function.body;
        // The body takes what it was given, unless something is looked at in an argument afterwards.
        let capture = (!self.looks_at_arguments_afterwards()).then(|| quote!(move));
        let in_order = capture.as_ref().and_then(|_| self.captured_in_order());
        let declared = returned.as_ref().filter(|returned| !mentions(returned.to_token_stream(), "impl"));
        let run = if *is_async {
            let named = declared.map(|returned| {
                // At the returned type's own place, which an error about it mentions.
                let early = Ident::new("__kms_early", mixed_site_at(returned));
                quote_spanned! {mixed_site_at(returned)=>
                    if let ::core::option::Option::Some(#early) = #krate::expansion::returns::<#returned>() {
                        return #early;
                    }
                }
            });
            quote!(async #capture { #named #in_order #body }.await)
        } else {
            let output = declared.map(|returned| quote!(-> #returned));
            // A closure with a declared type needs a block, which the body is.
            let block = match in_order {
                Some(_) => group(Delimiter::Brace, quote!(#in_order #body), body.span()).to_token_stream(),
                None => body.to_token_stream(),
            };
            quote!(#krate::expansion::call_once(#capture || #output #block))
        };
        let complete = self.complete();
        let verdict = self.verdict(returned.as_ref());
        quote! {
            let #out = #run;
            #complete
            if #recording.is_live() {
                #recording.finish(#verdict);
            }
            #out
        }
    }

    /// `let _ = (&last, &first);`, so that the arguments are dropped in the order of the plain function.
    fn captured_in_order(&self) -> Option<TokenStream> {
        let Body { boxed, block, .. } = &self.function.body;
        // What a boxed block captures was decided before.
        let names = boxed.is_none().then(|| in_drop_order(&self.function.signature, &block.stream()))?;
        // To mention an argument that the body does not use is not to use it.
        let unused = names.iter().any(|name| name.to_string().starts_with('_'));
        let allow = unused.then(|| quote!(#[allow(clippy::used_underscore_binding)]));
        (!names.is_empty()).then(|| quote!(#allow let _ = (#(&#names),*);))
    }

    /// What the returned value means; an error that does not say it is reported at the returned type.
    fn verdict(&self, returned: Option<&Type>) -> TokenStream {
        let Self { krate, out, .. } = self;
        match &self.annotation.options.outcome {
            Some(Value { late: Some(pattern), expr, .. }) => quote!({ let #pattern = &#out; #expr }),
            Some(Value { expr, .. }) => quote!((#expr)(&#out)),
            None => {
                let span = returned.map_or_else(Span::mixed_site, mixed_site_at);
                let verdict = quote_spanned!(span=> verdict);
                quote!(#krate::expansion::Returned::new(&#out).#verdict())
            }
        }
    }
}

fn group(delimiter: Delimiter, stream: TokenStream, span: Span) -> Group {
    let mut group = Group::new(delimiter, stream);
    group.set_span(span);
    group
}

/// A variable of the expansion, invisible to the code around it.
fn local(name: &str) -> Ident {
    Ident::new(&format!("__kms_{name}"), Span::mixed_site())
}

/// The place of some tokens, with the hygiene of the macro: errors point there, lints know that nobody wrote it.
fn mixed_site_at(tokens: &impl ToTokens) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use syn::parse::Parser as _;

    use super::*;

    /// What `cargo expand` prints is part of the interface. Each `snapshots/NAME.rs` is an annotated function and
    /// `snapshots/NAME.expanded.rs` what it becomes; `UPDATE_SNAPSHOTS=1 cargo test` writes the latter.
    #[test]
    fn annotations_expand_to_what_one_would_write_by_hand() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
        let sources = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let is_source = |path: &std::path::PathBuf| !path.to_string_lossy().ends_with(".expanded.rs");
        let mut seen = 0;
        for source in sources.filter(is_source) {
            let expanded = expand_file(&fs::read_to_string(&source).unwrap());
            let snapshot = source.with_extension("expanded.rs");
            if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
                fs::write(&snapshot, &expanded).unwrap();
            }
            let known = fs::read_to_string(&snapshot).unwrap_or_default();
            assert_eq!(expanded, known, "{} has changed", snapshot.display());
            seen += 1;
        }
        assert!(seen >= 6, "{seen} snapshots");
    }

    /// Expands the outermost attribute of the only function of a file.
    fn expand_file(source: &str) -> String {
        let function = |input: syn::parse::ParseStream<'_>| {
            let attribute = input.call(syn::Attribute::parse_outer)?.remove(0);
            Ok((attribute.meta.require_list()?.tokens.clone(), input.parse::<TokenStream>()?))
        };
        let (arguments, item) = function.parse_str(source).unwrap();
        prettyplease::unparse(&syn::parse2(attribute(arguments, item).unwrap()).unwrap())
    }
}
