//! From a checked annotation to code. Nothing here can fail.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, FnArg, Ident, Lit, Pat, Path, Result, Type, braced, parenthesized, parse_quote};

use crate::annotation::{Annotation, Value};
use crate::capture::in_drop_order;
use crate::catalogue::model;
use crate::catalogue::{self, Declaration};
use crate::check::{Field, FieldSource, Plan, check, find_operation};
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

    /// `let recording = if is_enabled() { Record { … }.start() } else { disabled };`
    fn begin(&self) -> TokenStream {
        let Self { krate, recording, .. } = self;
        let groups = self.groups();
        let record = &self.record;
        let fields = self.plan.fields.iter().map(|field| self.field(field));
        let count = self.annotation.options.count.as_ref().map(|count| {
            let which = match count.to_string().as_str() {
                "success" => quote!(Success),
                "failure" => quote!(Failure),
                _ => quote!(Always),
            };
            quote!(.count(#krate::Count::#which))
        });
        let until_dropped = (!self.needs_outcome()).then(|| quote!(.until_dropped()));
        let mutable = self.plan.has_late_fields().then(|| quote!(mut));
        quote! {
            let #mutable #recording = if #krate::is_enabled() {
                #groups
                #record { #(#fields,)* }.start() #count #until_dropped
            } else {
                #krate::Recording::disabled()
            };
        }
    }

    /// `let project = expansion::project(context);`, for the groups that are taken from the context.
    fn groups(&self) -> TokenStream {
        match (self.plan.context, &self.annotation.options.ambient) {
            _ if self.plan.groups.is_empty() => TokenStream::new(),
            (Some(context), _) => self.groups_of(context),
            (None, Some(ambient)) => self.ambient_groups(mixed_site_at(ambient)),
            (None, None) => TokenStream::new(),
        }
    }

    fn groups_of(&self, context: &Expr) -> TokenStream {
        let span = mixed_site_at(context);
        // What is computed is computed once, and lives as long as what is borrowed from it.
        let (computed, context) = if is_place(context) {
            (None, quote_spanned!(span=> &#context))
        } else {
            let name = local("context");
            (Some(quote_spanned!(span=> let #name = &#context;)), quote_spanned!(span=> #name))
        };
        let groups = self.plan.groups.iter().map(|(group, definite)| self.group(*group, *definite, &context, span));
        quote!(#computed #(#groups)*)
    }

    fn ambient_groups(&self, span: Span) -> TokenStream {
        let krate = &self.krate;
        let ambient = local("ambient");
        let groups = self.plan.groups.iter().map(|(group, definite)| {
            let context = if *definite { quote!(#ambient.or_unknown()) } else { quote!(&#ambient) };
            self.group(*group, *definite, &context, span)
        });
        quote!(let #ambient = #krate::ambient::Ambient::current(); #(#groups)*)
    }

    /// At the context's own place, where a group that it lacks is reported.
    fn group(&self, group: model::Group, definite: bool, context: &TokenStream, span: Span) -> TokenStream {
        let mut krate = self.krate.clone();
        if self.annotation.options.krate.is_none() {
            krate.segments.iter_mut().for_each(|segment| segment.ident.set_span(span));
            krate.leading_colon.iter_mut().for_each(|colon| colon.spans = [span; 2]);
        }
        let name = local(group.name());
        let take = match (group, definite) {
            (model::Group::Actor, _) | (_, true) => Ident::new(group.name(), span),
            (_, false) => format_ident!("optional_{}", group.name(), span = span),
        };
        let supplied = quote_spanned!(span=> #krate::expansion::#take(#context));
        quote!(let #name = #supplied;)
    }

    fn field(&self, field: &Field<'_>) -> TokenStream {
        let name = &field.name;
        let value = match &field.source {
            FieldSource::Given(value) if value.late.is_none() => self.given(value, field.required),
            FieldSource::Given(_) if field.required => quote!("unknown"),
            FieldSource::Given(_) | FieldSource::Absent => quote!(::core::option::Option::None),
            FieldSource::Context(place) => {
                let group = local(place.group.name());
                let member = format_ident!("{}", place.field);
                self.supplied(place.group, &group, &member, field.required)
            }
        };
        quote!(#name: #value)
    }

    /// A value by hand, as `&str` or `Option<&str>`.
    fn given(&self, value: &Value, required: bool) -> TokenStream {
        let krate = &self.krate;
        let expr = &value.expr;
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if required => return quote!(#text),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return quote!(::core::option::Option::Some(#text)),
            // On its own it has no type that a conversion could go by.
            Expr::Path(path) if path.path.is_ident("None") && !required => return quote!(::core::option::Option::None),
            _ => {}
        }
        // What is borrowed already is passed on as it is.
        let borrowed = match expr {
            Expr::Reference(expr) if expr.mutability.is_none() => quote!(#expr),
            expr => quote_spanned!(mixed_site_at(expr)=> &#expr),
        };
        match (value.display, required) {
            (false, true) => quote!(&#krate::text(#borrowed)),
            (false, false) => quote!(#krate::optional_text(#borrowed).as_deref()),
            (true, true) => quote!(&#krate::display_text(#borrowed)),
            (true, false) => quote!(::core::option::Option::Some(&#krate::display_text(#borrowed))),
        }
    }

    /// A member of a group: the actor's are optional in themselves, the client's user agent too.
    fn supplied(&self, group: model::Group, variable: &Ident, member: &Ident, required: bool) -> TokenStream {
        let definite = self.plan.is_definite(group);
        match group {
            model::Group::Actor => quote!(#variable.#member),
            model::Group::Client if member == "user_agent" && definite => quote!(#variable.#member),
            model::Group::Client if member == "user_agent" => quote!(#variable.as_ref().and_then(|it| it.#member)),
            model::Group::Client if required => quote!(&#variable.#member),
            model::Group::Client if definite => quote!(::core::option::Option::Some(&#variable.#member)),
            model::Group::Client => quote!(#variable.as_ref().map(|it| &*it.#member)),
            _ if required => quote!(#variable.#member),
            _ if definite => quote!(::core::option::Option::Some(#variable.#member)),
            _ => quote!(#variable.map(|it| it.#member)),
        }
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
                let early = local("early");
                // At the returned type's own place, which an error about it mentions.
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

    /// Whether a late value or the outcome mentions an argument: an out-parameter, say.
    fn looks_at_arguments_afterwards(&self) -> bool {
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

    /// Fills in what was known only after the body.
    fn complete(&self) -> TokenStream {
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

/// Whether an expression names something that is there already.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Reference(reference) => is_place(&reference.expr),
        _ => false,
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
