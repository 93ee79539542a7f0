//! `#[derive(MetricContext)]`: which field supplies what. The words are the annotation's keys.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Field, GenericArgument, Ident, Member, Path, PathArguments, Result, Type};

use super::attribute::{Vocabulary, Words};
use super::context_impl;
use crate::catalogue;
use crate::catalogue::model::{ContextField, Group, Supply};
use crate::errors::{Errors, list, quoted};

/// A struct whose words are right.
pub(super) struct Plan<'a> {
    pub(super) krate: Path,
    pub(super) groups: Vec<(Group, Supplied<'a>)>,
}

/// How a group is supplied.
pub(super) enum Supplied<'a> {
    /// By a field whose type has it.
    Whole(Source<'a>),
    /// Member by member.
    Parts(Vec<(&'static ContextField, Source<'a>)>),
}

/// A field of the struct, named by one of its words.
pub(super) struct Source<'a> {
    pub(super) member: Member,
    pub(super) whole: &'a Type,
    /// The field's type without its `Option`.
    pub(super) ty: &'a Type,
    pub(super) optional: bool,
    word: Ident,
}

pub(super) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let plan = Plan::read(input, &mut errors);
    errors.into_result()?;
    Ok(context_impl::implement(input, &plan))
}

/// So that a mistake in the struct is not also an error wherever it is the context: all that it mentions, for certain.
pub(super) fn fallback(input: &DeriveInput) -> TokenStream {
    let plan = Plan::read(input, &mut Errors::default());
    context_impl::fallback(input, &plan)
}

impl<'a> Plan<'a> {
    fn read(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let on_type = Vocabulary {
            derive: "MetricContext",
            place: "the type",
            words: &["crate"],
            elsewhere: |word| (is_group(word) || is_key(word)).then_some("goes on a field"),
        };
        let mut plan = Self { krate: syn::parse_quote!(::kms_metrics), groups: Vec::new() };
        let words = Words::read(&input.attrs, &on_type, errors);
        plan.krate = words.krate(errors);
        let mut meant = words.meant;
        let mut unclear = words.unclear;
        // The fields of an enum or a union are read as well, for the fallback.
        let fields: Vec<(Member, &Field)> = match &input.data {
            Data::Struct(data) => data.fields.members().zip(&data.fields).collect(),
            Data::Enum(data) => {
                errors.push(data.enum_token.span, refused("enum"));
                unclear = true;
                data.variants.iter().flat_map(|variant| variant.fields.members().zip(&variant.fields)).collect()
            }
            Data::Union(data) => {
                errors.push(data.union_token.span, refused("union"));
                unclear = true;
                data.fields.named.iter().filter_map(|it| Some((Member::Named(it.ident.clone()?), it))).collect()
            }
        };
        let is_struct = matches!(input.data, Data::Struct(_));
        let vocabulary: Vec<&str> = keys().map(|(key, _)| key).chain(Group::ALL.map(Group::name)).collect();
        let on_field = Vocabulary {
            derive: "MetricContext",
            place: "a field",
            words: &vocabulary,
            elsewhere: |word| (word == "crate").then_some("goes on the type"),
        };
        for (member, field) in fields {
            let words = Words::read(&field.attrs, &on_field, errors);
            for word in words.iter() {
                words.flag(&word.name.to_string(), errors);
                // Beside the other variants' fields, those of an enum may well be given twice.
                let ignored = &mut Errors::default();
                plan.add(member.clone(), field, &word.name, if is_struct { errors } else { ignored });
            }
            unclear |= words.unclear;
            meant.extend(words.meant);
        }
        if plan.groups.is_empty() && !unclear {
            errors.push(input.ident.span(), no_words());
        }
        if is_struct {
            plan.check(&meant, errors);
        }
        plan.mention(&meant);
        plan
    }

    /// A word on a field.
    fn add(&mut self, member: Member, field: &'a Field, word: &Ident, errors: &mut Errors) {
        let name = word.to_string();
        let inner = optional(&field.ty);
        let ty = inner.unwrap_or(&field.ty);
        let source = Source { member, whole: &field.ty, ty, optional: inner.is_some(), word: word.clone() };
        let key = keys().find(|(key, _)| *key == name).map(|(_, key)| key);
        let group = key.map_or_else(|| Group::ALL.into_iter().find(|it| it.name() == name), |key| Some(key.group));
        // Not a word of this derive, which is an error already.
        let Some(group) = group else { return };
        let known = self.groups.iter_mut().find(|(known, _)| *known == group).map(|(_, supplied)| supplied);
        match (known, key) {
            (None, Some(key)) => self.groups.push((group, Supplied::Parts(vec![(key, source)]))),
            (None, None) => self.groups.push((group, Supplied::Whole(source))),
            (Some(Supplied::Parts(parts)), Some(key)) => match parts.iter().find(|(known, _)| *known == key) {
                Some((_, earlier)) => errors.push(word.span(), twice(&name, earlier)),
                None => parts.push((key, source)),
            },
            (Some(Supplied::Whole(earlier)), None) => errors.push(word.span(), twice(&name, earlier)),
            (Some(Supplied::Whole(earlier)), Some(_)) => errors.push(word.span(), whole_and_part(&name, earlier)),
            (Some(Supplied::Parts(parts)), None) => {
                let earlier = &parts[0].1;
                let message = format!(
                    "`{name}` takes the whole group from this field, and {} has `{}` of it",
                    earlier.place(),
                    earlier.word
                );
                errors.push(word.span(), message);
            }
        }
    }

    fn check(&self, meant: &[String], errors: &mut Errors) {
        for (group, supplied) in &self.groups {
            let Supplied::Parts(parts) = supplied else { continue };
            let find = |field: &str| parts.iter().find(|(key, _)| key.field == field).map(|(_, source)| source);
            let missing: Vec<_> = required(*group)
                .filter(|(name, key)| find(&key.field).is_none() && !meant.iter().any(|it| it == name))
                .map(|(name, _)| name)
                .collect();
            if !missing.is_empty() {
                errors.push(parts[0].1.word.span(), incomplete(*group, &parts[0].1, &missing));
            }
            if let (Some(id), Some(name)) = (find("id"), find("name"))
                && name.optional
                && !id.optional
            {
                errors.push(name.word.span(), nameless(id, name));
            }
        }
    }

    /// Adds the groups that misspelt words were meant for, which only a fallback sees.
    fn mention(&mut self, meant: &[String]) {
        for name in meant {
            let group = keys().find(|(key, _)| key == name).map(|(_, key)| key.group);
            let group = group.or_else(|| Group::ALL.into_iter().find(|it| it.name() == name));
            if let Some(group) = group.filter(|group| !self.groups.iter().any(|(known, _)| known == group)) {
                self.groups.push((group, Supplied::Parts(Vec::new())));
            }
        }
    }
}

impl Source<'_> {
    fn place(&self) -> String {
        match &self.member {
            Member::Named(name) => format!("the field `{name}`"),
            Member::Unnamed(index) => format!("the field `{}`", index.index),
        }
    }
}

/// The keys of the annotation that a context can supply, and where they go.
fn keys() -> impl Iterator<Item = (&'static str, &'static ContextField)> {
    let attributes = &catalogue::builtin().attributes;
    attributes.iter().enumerate().filter_map(move |(position, attribute)| match &attribute.supply {
        // Two attributes of the same value share a key: `kms.project.id` is `projectId` in the sync counters.
        _ if attributes[..position].iter().any(|earlier| earlier.argument == attribute.argument) => None,
        Supply::Argument(Some(field)) => Some((attribute.argument.as_str(), field)),
        _ => None,
    })
}

/// What a group cannot be without.
fn required(group: Group) -> impl Iterator<Item = (&'static str, &'static ContextField)> {
    let optional = move |key: &ContextField| match group {
        Group::Actor => true,
        Group::Client => key.field == "user_agent",
        Group::Organization | Group::Project => false,
    };
    keys().filter(move |(_, key)| key.group == group && !optional(key))
}

fn is_key(word: &str) -> bool {
    keys().any(|(key, _)| key == word)
}

fn is_group(word: &str) -> bool {
    Group::ALL.into_iter().any(|group| group.name() == word)
}

/// `T` of `Option<T>`, by its name: a macro sees no types.
fn optional(ty: &Type) -> Option<&Type> {
    let path = match ty {
        Type::Group(group) => return optional(&group.elem),
        Type::Paren(paren) => return optional(&paren.elem),
        Type::Path(path) if path.qself.is_none() => &path.path,
        _ => return None,
    };
    let last = path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

fn refused(kind: &str) -> String {
    format!(
        "`#[derive(MetricContext)]` goes on a struct, not on this {kind}: implement the traits of `kms_metrics::context`"
    )
}

fn no_words() -> String {
    format!(
        "no field says what it supplies: write `#[metric(…)]` on those that do\nwith {}, or for a field that is a \
         context itself {}",
        list(keys().map(|(key, _)| quoted(key))),
        list(Group::ALL.into_iter().map(|group| quoted(group.name())))
    )
}

fn twice(name: &str, earlier: &Source<'_>) -> String {
    format!("`{name}` is given twice: {} has it already", earlier.place())
}

fn whole_and_part(name: &str, earlier: &Source<'_>) -> String {
    format!("`{name}` is given twice: `{}` takes the whole group from {}", earlier.word, earlier.place())
}

fn incomplete(group: Group, source: &Source<'_>, missing: &[&str]) -> String {
    format!(
        "`{}` alone does not make the `{}` group: {} is missing\nmark the field that has it, which may be this one too: \
         `#[metric({}, {})]`",
        source.word,
        group.type_name(),
        list(missing.iter().map(|name| quoted(name))),
        source.word,
        missing.join(", ")
    )
}

fn nameless(id: &Source<'_>, name: &Source<'_>) -> String {
    format!(
        "`{}` may be absent and `{}` may not: without a name the id would be lost\nmake both fields an `Option`, or \
         neither",
        name.word, id.word
    )
}
