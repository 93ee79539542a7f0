//! `#[metric(WORD [= VALUE], …)]`, on a type, a variant or a field.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, DeriveInput, Error, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Path, Result, Token};

use crate::errors::{Errors, list, quoted};
use crate::suggest::nearest;

/// `error_type = "not_found"`, or `transparent`
pub(super) struct Word {
    pub(super) name: Ident,
    value: Option<Expr>,
}

/// What stands at one type, variant or field.
#[derive(Default)]
pub(super) struct Words {
    words: Vec<Word>,
    /// The known words that misspelt ones are nearest to.
    pub(super) meant: Vec<String>,
    /// Something was not understood, which is an error already: what seems to be missing may be what was meant.
    pub(super) unclear: bool,
}

/// What a derive knows at one place.
pub(super) struct Vocabulary<'a> {
    /// `ErrorType`
    pub(super) derive: &'a str,
    /// `a variant`
    pub(super) place: &'a str,
    pub(super) words: &'a [&'a str],
    /// Where a word goes that does not stand here: ``goes on a field``.
    pub(super) elsewhere: fn(&str) -> Option<&'static str>,
}

impl Words {
    /// Reads the words, and checks that they are known and stand once.
    pub(super) fn read(attributes: &[Attribute], vocabulary: &Vocabulary<'_>, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("metric")) {
            let mut words = Vec::new();
            if let Err(error) = parse(attribute, &mut words) {
                errors.add(error);
                read.unclear = true;
            }
            for word in words {
                read.take(word, vocabulary, errors);
            }
        }
        read
    }

    fn take(&mut self, word: Word, vocabulary: &Vocabulary<'_>, errors: &mut Errors) {
        let name = word.name.to_string();
        if self.get(&name).is_some() {
            errors.push(word.name.span(), format!("`{name}` is given twice"));
        } else if vocabulary.words.contains(&name.as_str()) {
            self.words.push(word);
        } else {
            let (message, meant) = vocabulary.unknown(&name);
            self.unclear = true;
            self.meant.extend(meant);
            errors.push(word.name.span(), message);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.name == name)
    }

    /// A word that has no value.
    pub(super) fn flag(&self, name: &str, errors: &mut Errors) -> Option<&Word> {
        let word = self.get(name)?;
        if let Some(value) = &word.value {
            errors.push(value.span(), format!("`{name}` has no value"));
        }
        Some(word)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Word> {
        self.words.iter()
    }

    /// `crate = PATH`, or the crate's usual name.
    pub(super) fn krate(&self, errors: &mut Errors) -> Path {
        let usual = || syn::parse_quote!(::kms_metrics);
        let Some(word) = self.get("crate") else { return usual() };
        match word.value.as_ref().map(ungrouped) {
            Some(Expr::Path(path)) if path.qself.is_none() => path.path.clone(),
            _ => {
                errors.push(word.span(), "`crate` is the path of `kms_metrics`: `crate = path::to::kms_metrics`");
                usual()
            }
        }
    }
}

impl Word {
    /// Where its value stands, or the word itself.
    pub(super) fn span(&self) -> Span {
        self.value.as_ref().map_or_else(|| self.name.span(), |value| value.span())
    }

    pub(super) const fn has_value(&self) -> bool {
        self.value.is_some()
    }

    pub(super) fn text(&self, errors: &mut Errors) -> Option<&LitStr> {
        if let Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = self.value.as_ref().map(ungrouped) {
            return Some(text);
        }
        let name = &self.name;
        errors.push(self.span(), format!("`{name}` is a string literal, one of a closed set: `{name} = \"…\"`"));
        None
    }

    pub(super) fn integer(&self, errors: &mut Errors) -> Option<&LitInt> {
        if let Some(Expr::Lit(ExprLit { lit: Lit::Int(integer), .. })) = self.value.as_ref().map(ungrouped) {
            return Some(integer);
        }
        let name = &self.name;
        errors.push(self.span(), format!("`{name}` is an integer literal, one of a closed set: `{name} = 404`"));
        None
    }
}

impl Vocabulary<'_> {
    /// What to say about a word that is not known here, and the word that it was meant for.
    fn unknown(&self, name: &str) -> (String, Option<String>) {
        let Self { derive, place, words, .. } = self;
        if let Some(elsewhere) = (self.elsewhere)(name) {
            return (format!("`{name}` {elsewhere}, not on {place}"), None);
        }
        if let Some(other) = other_derive(derive, name) {
            return (format!("`{name}` is a word of `#[derive({other})]`, not of `#[derive({derive})]`"), None);
        }
        let start = format!("`#[derive({derive})]` has no `{name}` on {place}");
        match nearest(name, words.iter().copied()) {
            Some(near) => (format!("{start}; did you mean `{near}`?"), Some(near.to_owned())),
            None => (format!("{start}\nthere it knows {}", list(words.iter().map(|word| quoted(word)))), None),
        }
    }
}

/// The derive that a word belongs to, if it is another one.
fn other_derive(derive: &str, name: &str) -> Option<&'static str> {
    let derives = [("ErrorType", &["error_type"][..]), ("Outcome", &["success", "failure", "not_attempted"])];
    derives.into_iter().find(|(other, words)| *other != derive && words.contains(&name)).map(|(other, _)| other)
}

/// The path that the type's `crate = PATH` gives, whatever else is wrong with the type.
pub(super) fn krate(input: &DeriveInput) -> Path {
    let vocabulary = Vocabulary { derive: "", place: "", words: &["crate"], elsewhere: |_| None };
    let mut ignored = Errors::default();
    Words::read(&input.attrs, &vocabulary, &mut ignored).krate(&mut ignored)
}

/// The words before an error are kept.
fn parse(attribute: &Attribute, words: &mut Vec<Word>) -> Result<()> {
    let Meta::List(list) = &attribute.meta else {
        return Err(Error::new_spanned(&attribute.meta, "expected words in parentheses: `#[metric(…)]`"));
    };
    if list.tokens.is_empty() {
        return Err(Error::new_spanned(&attribute.meta, "expected a word: `#[metric(…)]`"));
    }
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if !input.peek(Ident::peek_any) {
                return Err(input.error("expected a word, or `word = value`"));
            }
            let name = input.call(Ident::parse_any)?;
            let mut value = None;
            if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                if input.is_empty() || input.peek(Token![,]) {
                    return Err(Error::new(name.span(), format!("expected a value: `{name} = …`")));
                }
                value = Some(input.parse()?);
            }
            words.push(Word { name, value });
            if !input.is_empty() && !input.peek(Token![,]) {
                return Err(input.error("expected `,` and another word"));
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    parser.parse2(list.tokens.clone())
}

/// Without the invisible group that a `macro_rules!` puts around a fragment.
fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        expr => expr,
    }
}
