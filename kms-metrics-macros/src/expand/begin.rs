//! What stands before the body: the recording begins, with the values that are known by then.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprLit, Ident, Lit};

use super::{Expansion, local, mixed_site_at};
use crate::annotation::Value;
use crate::catalogue::model;
use crate::check::{Field, FieldSource};

impl Expansion<'_> {
    /// `let recording = if is_enabled() { Record { … }.start() } else { disabled };`
    pub(super) fn begin(&self) -> TokenStream {
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
    pub(super) fn given(&self, value: &Value, required: bool) -> TokenStream {
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
            model::Group::Client if member == "user_agent" => quote!(#variable.#member),
            model::Group::Client if required => quote!(&#variable.#member),
            model::Group::Client if definite => quote!(::core::option::Option::Some(&#variable.#member)),
            model::Group::Client => quote!(#variable.#member.as_deref()),
            _ if definite && !required => quote!(::core::option::Option::Some(#variable.#member)),
            _ => quote!(#variable.#member),
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
