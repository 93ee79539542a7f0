//! `#[derive(Outcome)]`: what each variant of a returned value means.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use super::attribute::Word;
use super::shape::{Alternative, Dialect, Shape};
use super::{attribute, bound, implementation, label};
use crate::errors::Errors;

const MEANINGS: &[&str] = &["success", "failure", "not_attempted"];
const DIALECT: Dialect = Dialect {
    derive: "Outcome",
    on_enum: &[],
    on_alternative: &["success", "failure", "not_attempted", "transparent", "name", "status_code"],
};

/// What an alternative means; one that is transparent says nothing itself.
enum Meaning {
    Success { status_code: Option<u16> },
    Failure { error_type: String, name: Option<String>, status_code: Option<u16> },
    NotAttempted,
}

pub(super) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let Some(shape) = Shape::read(input, &DIALECT, &mut errors) else {
        return errors.into_result().map(|()| TokenStream::new());
    };
    let meanings: Vec<_> = shape.alternatives.iter().map(|it| Meaning::of(it, &mut errors)).collect();
    errors.into_result()?;
    Ok(implement(input, &shape, &meanings))
}

impl Meaning {
    /// `None` for an alternative that is transparent, or after an error.
    fn of(alternative: &Alternative<'_>, errors: &mut Errors) -> Option<Self> {
        let words = &alternative.words;
        let mut said = MEANINGS.iter().filter_map(|word| words.get(word));
        if alternative.transparent.is_some() || words.get("transparent").is_some() {
            let others = said.chain(words.get("name")).chain(words.get("status_code"));
            label::refuse(others.map(Some), "contradicts `transparent`, which takes it from the field", errors);
            return None;
        }
        let Some(meaning) = said.next() else {
            if !words.unclear {
                errors.push(alternative.name.span(), says_nothing(alternative));
            }
            return None;
        };
        let because = format!("contradicts `{}`: one value means one thing", meaning.name);
        label::refuse(said.map(Some), &because, errors);
        Self::read(meaning, alternative, errors)
    }

    fn read(meaning: &Word, alternative: &Alternative<'_>, errors: &mut Errors) -> Option<Self> {
        let words = &alternative.words;
        let status_code = words.get("status_code").and_then(|it| label::status_code(it, errors));
        let name = words.get("name");
        if meaning.name == "failure" {
            let error_type = if meaning.has_value() {
                label::error_type(meaning, errors)
            } else {
                label::error_type_of(alternative.name, "failure", errors)
            };
            let name = name.and_then(|it| label::error_name(it, errors));
            return Some(Self::Failure { error_type: error_type?, name, status_code });
        }
        words.flag(&meaning.name.to_string(), errors);
        label::refuse([name], "is the short name of a failure", errors);
        if meaning.name == "success" {
            return Some(Self::Success { status_code });
        }
        label::refuse([words.get("status_code")], "is not recorded where nothing was attempted", errors);
        Some(Self::NotAttempted)
    }

    fn quote(&self, krate: &syn::Path) -> TokenStream {
        let with_status = |status_code: &Option<u16>| status_code.map(|status| quote!(.with_status_code(#status)));
        match self {
            Self::Success { status_code } => {
                let status = with_status(status_code);
                quote!(#krate::Verdict::success() #status)
            }
            Self::Failure { error_type, name, status_code } => {
                let name = name.as_ref().map(|name| quote!(.with_error_name(#name)));
                let status = with_status(status_code);
                quote!(#krate::Verdict::failure(#error_type) #name #status)
            }
            Self::NotAttempted => quote!(#krate::Verdict::not_attempted()),
        }
    }
}

fn says_nothing(alternative: &Alternative<'_>) -> String {
    let name = alternative.name;
    format!(
        "`{name}` does not say what it means\nwrite `#[metric(success)]`, `#[metric(failure = \"…\")]`, \
         `#[metric(not_attempted)]`, or `#[metric(transparent)]` where a field has an outcome itself"
    )
}

fn implement(input: &DeriveInput, shape: &Shape<'_>, meanings: &[Option<Meaning>]) -> TokenStream {
    let krate = &shape.krate;
    let body = shape.by_alternative(|position, inner| match (inner, &meanings[position]) {
        (Some(inner), _) => quote!(#krate::Outcome::verdict(#inner)),
        (None, Some(meaning)) => meaning.quote(krate),
        // Was an error.
        (None, None) => TokenStream::new(),
    });
    let items = quote! {
        fn verdict(&self) -> #krate::Verdict {
            #body
        }
    };
    let bounds = shape.transparent_types().filter_map(|ty| bound(input, ty, &quote!(#krate::Outcome)));
    implementation(input, &quote!(#krate::Outcome), bounds, &items)
}

/// So that a mistake in the type is not also an error, or a success, wherever the type is returned.
pub(super) fn fallback(input: &DeriveInput) -> TokenStream {
    let krate = attribute::krate(input);
    let items = quote! {
        fn verdict(&self) -> #krate::Verdict {
            ::core::unreachable!()
        }
    };
    implementation(input, &quote!(#krate::Outcome), [], &items)
}
