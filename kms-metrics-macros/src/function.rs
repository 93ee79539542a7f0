//! The annotated function: its signature is parsed, its body is not.
//!
//! A body that is only passed on keeps rustc's own errors at their own places, an editor's completion and every lint,
//! and costs nothing however long it is.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Result, ReturnType, Signature, Token, Type, Visibility};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
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
        match input.parse()? {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                let function = Self { attributes, visibility, defaultness, signature, body };
                function.refuse_shapes()?;
                Ok(function)
            }
            other => Err(Error::new(other.span(), "expected the body of a function")),
        }
    }
}

impl Function {
    /// Shapes that cannot be recorded, or not rightly.
    fn refuse_shapes(&self) -> Result<()> {
        if let Some(constness) = &self.signature.constness {
            let message = "a `const fn` cannot record a metric: annotate the function that calls it at run time";
            return Err(Error::new_spanned(constness, message));
        }
        if self.signature.asyncness.is_none() && self.returned().is_some_and(is_future) {
            let message = "this function returns a future and would be timed before the future runs: make it an \
                           `async fn`, or move its body into one and annotate that";
            return Err(Error::new_spanned(&self.signature.output, message));
        }
        Ok(())
    }

    /// The returned type, unless it is `()`.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, returned) => match &**returned {
                Type::Tuple(tuple) if tuple.elems.is_empty() => None,
                returned => Some(returned),
            },
        }
    }

    /// Everything before the body.
    pub(crate) fn head(&self) -> TokenStream {
        let Self { attributes, visibility, defaultness, signature, .. } = self;
        quote::quote!(#(#attributes)* #visibility #defaultness #signature)
    }
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
