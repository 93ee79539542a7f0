//! An annotation never leaves the function it stands on: a `?` or `return` in one of its expressions would do so only
//! while telemetry is on, and take the recording along.

use proc_macro2::{Spacing, Span, TokenStream, TokenTree};
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

/// The first `?` or `return` that is not inside a closure or an async block, which it would leave instead.
fn find(tokens: TokenStream) -> Option<(Span, &'static str)> {
    let mut tokens = tokens.into_iter().peekable();
    // Whether a value has just ended, so that a `|` is an operator and not the beginning of a closure.
    let mut after_value = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '?' => return Some((punct.span(), "?")),
            TokenTree::Punct(punct) if punct.as_char() == '|' && after_value => {
                // The second half of `||` is no closure either.
                if punct.spacing() == Spacing::Joint {
                    tokens.next();
                }
                after_value = false;
            }
            TokenTree::Punct(punct) if punct.as_char() == '|' => {
                // A closure is over at the next comma, or with the group that it stands in.
                while tokens.next_if(|token| !is_comma(token)).is_some() {}
            }
            TokenTree::Punct(_) => after_value = false,
            TokenTree::Ident(ident) if ident == "return" => return Some((ident.span(), "return")),
            TokenTree::Ident(ident) if ident == "async" => {
                while let Some(token) = tokens.next_if(|token| !is_comma(token)) {
                    if matches!(token, TokenTree::Group(_)) {
                        break;
                    }
                }
                after_value = true;
            }
            TokenTree::Ident(ident) => after_value = !is_keyword(&ident.to_string()),
            TokenTree::Group(group) => {
                if let Some(found) = find(group.stream()) {
                    return Some(found);
                }
                after_value = true;
            }
            TokenTree::Literal(_) => after_value = true,
        }
    }
    None
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// Words that an expression can follow.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "if" | "else" | "match" | "move" | "in" | "while" | "loop" | "let" | "mut" | "ref" | "break" | "unsafe"
    )
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
        assert_eq!(leaves("if x || y? { a } else { b }"), Some("?"));
        assert_eq!(leaves("match x { A | B => return, _ => 1 }"), Some("return"));
        assert_eq!(leaves("(x | y.z()?).len()"), Some("?"));
        assert_eq!(leaves("f(|x| x.y()?, z?)"), Some("?"));
        assert_eq!(leaves("f(move || x.y()?.z(), z)"), None);
        assert_eq!(leaves("f(async move { g()?.await })"), None);
    }
}
