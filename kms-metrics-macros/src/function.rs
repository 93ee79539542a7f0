//! The annotated function: its signature is parsed, its body is not.
//!
//! A body that is only passed on keeps rustc's own errors at their own places, an editor's completion and every lint,
//! and costs nothing however long it is.
//!
//! `#[async_trait]` runs before: what was an `async fn` arrives as a function that ends in `Box::pin(async move { … })`.
//! Then the block inside is what is recorded, and whatever stands before it stays.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{
    AttrStyle, Attribute, Error, GenericArgument, PathArguments, Result, ReturnType, Signature, Token, Type,
    TypeParamBound, Visibility,
};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

/// What is recorded of a function.
pub(crate) struct Body {
    /// What stands around the recorded block: nothing, or the statements before a boxed future.
    pub(crate) boxed: Option<Boxed>,
    pub(crate) is_async: bool,
    /// The type that the block returns, unless it is `()`.
    pub(crate) returned: Option<Type>,
    pub(crate) block: Group,
}

/// `STATEMENTS Box::pin(async move …)`, without the block.
pub(crate) struct Boxed {
    /// Up to and with `Box::pin`.
    pub(crate) before: TokenStream,
    /// `async move`
    pub(crate) keywords: TokenStream,
    /// The parentheses.
    pub(crate) span: Span,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let defaultness = input.parse()?;
        for (keyword, is_next) in [
            ("struct", input.peek(Token![struct])),
            ("enum", input.peek(Token![enum])),
            ("trait", input.peek(Token![trait])),
            ("impl", input.peek(Token![impl])),
            ("mod", input.peek(Token![mod])),
        ] {
            if is_next {
                let hint = if keyword == "impl" { ": annotate the methods inside" } else { "" };
                let message = format!("`#[kms_metric]` goes on a function, not on `{keyword}`{hint}");
                return Err(Error::new(Span::call_site(), message));
            }
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = "this method has no body to record: annotate its implementations, or give it a default body";
            return Err(Error::new(signature.ident.span(), message));
        }
        let (mut attributes, mut block) = (attributes, block(input.parse()?)?);
        hoist_inner_attributes(&mut attributes, &mut block)?;
        let body = Body::new(&signature, block)?;
        Ok(Self { attributes, visibility, defaultness, signature, body })
    }
}

impl Function {
    /// Everything before the body.
    pub(crate) fn head(&self) -> TokenStream {
        let Self { attributes, visibility, defaultness, signature, .. } = self;
        quote::quote!(#(#attributes)* #visibility #defaultness #signature)
    }
}

impl Body {
    /// The recorded part of a function, or why its shape cannot be recorded rightly.
    fn new(signature: &Signature, block: Group) -> Result<Self> {
        if let Some(constness) = &signature.constness {
            let message = "a `const fn` cannot record a metric: annotate the function that calls it at run time";
            return Err(Error::new_spanned(constness, message));
        }
        let returned = match &signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, returned) => Some(&**returned),
        };
        if let Some(never @ Type::Never(_)) = returned {
            let message = "this function never returns, so there would be no end to record: annotate what it calls";
            return Err(Error::new_spanned(never, message));
        }
        let is_async = signature.asyncness.is_some();
        if is_async || !returned.is_some_and(is_future) {
            return Ok(Self { boxed: None, is_async, returned: returned.and_then(not_unit), block });
        }
        if let Some((output, (boxed, block))) = returned.and_then(future_output).zip(split_boxed(&block)) {
            return Ok(Self { boxed: Some(boxed), is_async: true, returned: not_unit(&output), block });
        }
        let message = "this function returns a future and would be timed before the future runs: make it an \
                       `async fn`, or move its body into one and annotate that";
        Err(Error::new_spanned(&signature.output, message))
    }
}

/// The braces of a body, also where a macro's `$body:block` stands: that comes in a group without delimiters.
fn block(body: TokenTree) -> Result<Group> {
    match body {
        TokenTree::Group(block) if block.delimiter() == Delimiter::Brace => Ok(block),
        TokenTree::Group(fragment) if fragment.delimiter() == Delimiter::None => {
            let missing = || Error::new(fragment.span(), "expected the body of a function");
            block(fragment.stream().into_iter().next().ok_or_else(missing)?)
        }
        other => Err(Error::new(other.span(), "expected the body of a function")),
    }
}

/// `fn f() { #![allow(..)] … }` as `#[allow(..)] fn f() { … }`, which means the same: the body becomes an expression,
/// where inner attributes do not belong.
fn hoist_inner_attributes(attributes: &mut Vec<Attribute>, block: &mut Group) -> Result<()> {
    let starts_with_one = |block: &Group| {
        let mut tokens = block.stream().into_iter();
        let next =
            |token: Option<TokenTree>, punct| matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == punct);
        next(tokens.next(), '#') && next(tokens.next(), '!')
    };
    if !starts_with_one(block) {
        return Ok(());
    }
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?));
    let (inner, rest) = split.parse2(block.stream())?;
    attributes.extend(inner.into_iter().map(|attribute| Attribute { style: AttrStyle::Outer, ..attribute }));
    let mut hoisted = Group::new(Delimiter::Brace, rest);
    hoisted.set_span(block.span());
    *block = hoisted;
    Ok(())
}

fn not_unit(returned: &Type) -> Option<Type> {
    match returned {
        Type::Tuple(tuple) if tuple.elems.is_empty() => None,
        returned => Some(returned.clone()),
    }
}

/// Takes `… Box::pin(async move { … })` apart.
fn split_boxed(body: &Group) -> Option<(Boxed, Group)> {
    let mut before: Vec<TokenTree> = body.stream().into_iter().collect();
    let TokenTree::Group(argument) = before.pop()? else { return None };
    let is_pin = matches!(before.last()?, TokenTree::Ident(pin) if pin == "pin");
    if !is_pin || argument.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let mut keywords: Vec<TokenTree> = argument.stream().into_iter().collect();
    let TokenTree::Group(block) = keywords.pop()? else { return None };
    let is_block = block.delimiter() == Delimiter::Brace;
    let is_async = matches!(keywords.as_slice(), [TokenTree::Ident(first), TokenTree::Ident(second)] if first == "async" && second == "move");
    let boxed = || Boxed {
        before: before.into_iter().collect(),
        keywords: keywords.iter().cloned().collect(),
        span: argument.span(),
    };
    (is_block && is_async).then(|| (boxed(), block))
}

/// `R` of `Pin<Box<dyn Future<Output = R> + …>>`.
fn future_output(returned: &Type) -> Option<Type> {
    let Type::Path(path) = returned else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(Type::TraitObject(object)) => object.bounds.iter().find_map(|bound| {
            let TypeParamBound::Trait(bound) = bound else { return None };
            let PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else { return None };
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
                _ => None,
            })
        }),
        GenericArgument::Type(inner) => future_output(inner),
        _ => None,
    })
}

/// Whether a type is, by its name, a future: `Pin<Box<dyn Future>>`, `impl Future`, `BoxFuture`.
fn is_future(returned: &Type) -> bool {
    let outermost = match returned {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::ImplTrait(_) => Some(String::new()),
        _ => None,
    };
    match outermost.as_deref() {
        Some("BoxFuture" | "LocalBoxFuture") => true,
        Some("Pin" | "Box" | "") => mentions(returned.to_token_stream(), "Future"),
        _ => false,
    }
}

/// Whether a name stands anywhere in the tokens.
pub(crate) fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
