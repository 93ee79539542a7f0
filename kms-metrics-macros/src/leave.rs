//! An annotation never leaves the function it stands on: a `?` or `return` in one of its expressions would do so only
//! while telemetry is on, and take the recording along.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Expr;

use crate::annotation::Annotation;
use crate::errors::Errors;

/// Reports every expression that would leave.
pub(crate) fn check_leaving(annotation: &Annotation, errors: &mut Errors) {
    let values = annotation.values.iter().map(|given| &given.value.expr);
    let outcome = annotation.options.outcome.iter().map(|outcome| &outcome.expr);
    for expr in annotation.context.iter().chain(values).chain(outcome) {
        if let Some((span, token)) = leaves(expr) {
            let message = format!(
                "an annotation cannot leave the function, as `{token}` would, and only while telemetry is on\n\
                 give an `Option` (`.ok()` makes one of a `Result`) where the value may be absent"
            );
            errors.push(span, message);
        }
    }
}

fn leaves(expr: &Expr) -> Option<(Span, &'static str)> {
    find(expr.to_token_stream())
}

/// The first `?` or `return` that is not inside a closure, which it would leave instead.
fn find(tokens: TokenStream) -> Option<(Span, &'static str)> {
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '?' => return Some((punct.span(), "?")),
            TokenTree::Punct(punct) if punct.as_char() == '|' => return None,
            TokenTree::Ident(ident) if ident == "return" => return Some((ident.span(), "return")),
            TokenTree::Ident(ident) if ident == "async" => return None,
            TokenTree::Group(group) => {
                if let Some(found) = find(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_a_closure_stays_in_the_function() {
        let leaves = |source: &str| leaves(&syn::parse_str(source).unwrap()).map(|(_, token)| token);
        assert_eq!(leaves("request.ctx()?"), Some("?"));
        assert_eq!(leaves("f(g(h()?))"), Some("?"));
        assert_eq!(leaves("match x { Some(x) => x, None => return }"), Some("return"));
        assert_eq!(leaves("x.and_then(|x| x.y()?.z())"), None);
        assert_eq!(leaves("x.y().ok()"), None);
    }
}
