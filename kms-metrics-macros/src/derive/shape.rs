//! A type as a list of alternatives: each variant of an enum, or a struct as the only one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, Member, Path, Type};

use super::at;
use super::attribute::{Vocabulary, Words};
use crate::errors::Errors;

pub(super) struct Shape<'a> {
    pub(super) krate: Path,
    /// What stands at an enum; a struct's words are those of its only alternative.
    pub(super) words: Words,
    pub(super) alternatives: Vec<Alternative<'a>>,
    is_enum: bool,
}

pub(super) struct Alternative<'a> {
    /// The variant's name, or the struct's.
    pub(super) name: &'a Ident,
    pub(super) words: Words,
    fields: &'a Fields,
    /// The field that speaks for it.
    pub(super) transparent: Option<Transparent<'a>>,
}

pub(super) struct Transparent<'a> {
    member: Member,
    pub(super) ty: &'a Type,
}

/// A derive's words, by place.
pub(super) struct Dialect {
    pub(super) derive: &'static str,
    /// On an enum itself, beside `crate`.
    pub(super) on_enum: &'static [&'static str],
    /// On a variant, or on a struct beside `crate`.
    pub(super) on_alternative: &'static [&'static str],
}

impl<'a> Shape<'a> {
    /// Reads a type; `None` after an error that leaves nothing to check.
    pub(super) fn read(input: &'a DeriveInput, dialect: &Dialect, errors: &mut Errors) -> Option<Self> {
        let derive = dialect.derive;
        match &input.data {
            Data::Enum(data) => {
                let words: Vec<_> = [dialect.on_enum, &["crate"]].concat();
                let elsewhere = if dialect.on_enum.is_empty() { on_a_variant } else { on_a_variant_only };
                let place = Vocabulary { derive, place: "an enum", words: &words, elsewhere };
                let words = Words::read(&input.attrs, &place, errors);
                let alternatives = data.variants.iter().map(|variant| {
                    let place = Vocabulary {
                        derive,
                        place: "a variant",
                        words: dialect.on_alternative,
                        elsewhere: on_the_type,
                    };
                    Alternative::read(&variant.ident, &variant.attrs, &variant.fields, &place, errors)
                });
                let alternatives = alternatives.collect();
                Some(Self { krate: words.krate(errors), words, alternatives, is_enum: true })
            }
            Data::Struct(data) => {
                let words: Vec<_> = [dialect.on_alternative, &["crate"]].concat();
                let place = Vocabulary { derive, place: "a struct", words: &words, elsewhere: |_| None };
                let alternative = Alternative::read(&input.ident, &input.attrs, &data.fields, &place, errors);
                let krate = alternative.words.krate(errors);
                Some(Self { krate, words: Words::default(), alternatives: vec![alternative], is_enum: false })
            }
            Data::Union(data) => {
                let message = format!("`#[derive({derive})]` goes on an enum or a struct, not on a union");
                errors.push(data.union_token.span, message);
                None
            }
        }
    }

    /// The value of `self`, alternative by alternative. Those that give the same share an arm.
    pub(super) fn by_alternative(
        &self,
        mut value: impl FnMut(usize, Option<&TokenStream>) -> TokenStream,
    ) -> TokenStream {
        if !self.is_enum {
            let place = self.alternatives[0].transparent.as_ref().map(|it| {
                let member = &it.member;
                quote_spanned!(at(it.ty)=> &self.#member)
            });
            return value(0, place.as_ref());
        }
        let mut arms: Vec<(TokenStream, TokenStream)> = Vec::new();
        for (position, alternative) in self.alternatives.iter().enumerate() {
            let (pattern, place) = alternative.pattern();
            let value = value(position, place.as_ref());
            match arms.iter_mut().find(|(_, known)| place.is_none() && known.to_string() == value.to_string()) {
                Some((patterns, _)) => patterns.extend(quote!(| #pattern)),
                None => arms.push((pattern, value)),
            }
        }
        if arms.is_empty() {
            return quote!(match *self {});
        }
        let (patterns, values): (Vec<_>, Vec<_>) = arms.into_iter().unzip();
        quote!(match self { #(#patterns => #values,)* })
    }

    /// The fields that speak for their alternatives.
    pub(super) fn transparent_types(&self) -> impl Iterator<Item = &'a Type> {
        self.alternatives.iter().filter_map(|it| it.transparent.as_ref()).map(|it| it.ty)
    }
}

impl<'a> Alternative<'a> {
    fn read(
        name: &'a Ident,
        attributes: &[Attribute],
        fields: &'a Fields,
        place: &Vocabulary<'_>,
        errors: &mut Errors,
    ) -> Self {
        let words = Words::read(attributes, place, errors);
        let transparent = transparent(name, &words, fields, place.derive, errors);
        Self { name, words, fields, transparent }
    }

    /// A pattern for a variant, and the name that it gives the field that speaks for it.
    fn pattern(&self) -> (TokenStream, Option<TokenStream>) {
        let name = self.name;
        let Some(Transparent { member, ty }) = &self.transparent else {
            let rest = match self.fields {
                Fields::Named(_) => quote!({ .. }),
                Fields::Unnamed(_) => quote!((..)),
                Fields::Unit => TokenStream::new(),
            };
            return (quote!(Self::#name #rest), None);
        };
        let inner = Ident::new("__kms_inner", Span::mixed_site().located_at(ty.span()));
        let pattern = match member {
            Member::Named(field) if self.fields.len() == 1 => quote!({ #field: #inner }),
            Member::Named(field) => quote!({ #field: #inner, .. }),
            Member::Unnamed(index) => {
                let before = (0..index.index).map(|_| quote!(_,));
                let after = (index.index as usize + 1 < self.fields.len()).then(|| quote!(, ..));
                quote!((#(#before)* #inner #after))
            }
        };
        (quote!(Self::#name #pattern), Some(quote!(#inner)))
    }
}

/// The field that speaks for an alternative: the only one of an alternative that is `transparent`, or the one that is.
fn transparent<'a>(
    name: &Ident,
    words: &Words,
    fields: &'a Fields,
    derive: &str,
    errors: &mut Errors,
) -> Option<Transparent<'a>> {
    let mut found = None;
    let place = Vocabulary { derive, place: "a field", words: &["transparent"], elsewhere: not_on_a_field };
    let whole = words.flag("transparent", errors);
    for (field, member) in fields.iter().zip(fields.members()) {
        let words = Words::read(&field.attrs, &place, errors);
        if let Some(word) = words.flag("transparent", errors) {
            if found.is_some() || whole.is_some() {
                errors.push(word.name.span(), format!("`transparent` is given twice in `{name}`"));
            }
            found = found.or(Some(Transparent { member, ty: &field.ty }));
        }
    }
    let Some(whole) = whole else { return found };
    match (fields.iter().next(), fields.members().next()) {
        (Some(field), Some(member)) if fields.len() == 1 => Some(Transparent { member, ty: &field.ty }),
        (Some(_), _) if found.is_none() => {
            let message = format!(
                "`{name}` has {} fields: write `#[metric(transparent)]` on the one that speaks for it",
                fields.len()
            );
            errors.push(whole.name.span(), message);
            None
        }
        (Some(_), _) => found,
        (None, _) => {
            errors.push(whole.name.span(), format!("`{name}` has no field that could speak for it"));
            None
        }
    }
}

fn on_a_variant(word: &str) -> Option<&'static str> {
    let known = ["success", "failure", "not_attempted", "status_code", "name", "transparent"];
    known.contains(&word).then_some("goes on each variant")
}

fn on_a_variant_only(word: &str) -> Option<&'static str> {
    (word == "transparent").then_some("goes on each variant")
}

fn on_the_type(word: &str) -> Option<&'static str> {
    (word == "crate").then_some("goes on the type")
}

fn not_on_a_field(word: &str) -> Option<&'static str> {
    match word {
        "crate" => Some("goes on the type"),
        "error_type" | "name" | "status_code" | "success" | "failure" | "not_attempted" => {
            Some("goes on the variant, or on the struct")
        }
        _ => None,
    }
}
