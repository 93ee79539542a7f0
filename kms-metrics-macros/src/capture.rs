//! Which arguments a wrapped body has to capture first, so that they are dropped in the order of the plain function.
//!
//! A function drops its arguments from the last to the first; a closure or async block drops what it captured in the
//! order in which it mentions it. A lock that is declared before the writer that it protects must outlive it, so the
//! wrapped body begins by mentioning its arguments from the last to the first: `let _ = (&writer, &lock);`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{FnArg, Pat, Receiver, ReceiverKind, Signature, Type};

/// The names to mention, in that order; empty where there is no order to keep.
pub(crate) fn in_drop_order(signature: &Signature, body: &TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(Receiver { kind: ReceiverKind::Reference(..), .. }) => {}
            FnArg::Receiver(receiver) => names.push(Ident::new("self", receiver.self_token.span)),
            FnArg::Typed(typed) if is_trivial(&typed.ty) => {}
            // Whether an argument with a `#[cfg]` is there is not known yet.
            FnArg::Typed(typed) if typed.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) => {}
            FnArg::Typed(typed) => bindings(&typed.pat, &mut names),
        }
    }
    // What the body does not use is left alone, and warned about as ever.
    names.retain(|name| name.to_string().starts_with('_') || uses(body.clone(), name));
    names.reverse();
    if names.len() > 1 { names } else { Vec::new() }
}

/// Whether dropping a value of this type does nothing, as far as can be seen from its name.
fn is_trivial(argument: &Type) -> bool {
    match argument {
        Type::Reference(_) | Type::Ptr(_) => true,
        Type::Path(path) => path.path.get_ident().is_some_and(|name| {
            matches!(
                name.to_string().as_str(),
                "bool"
                    | "char"
                    | "f32"
                    | "f64"
                    | "i8"
                    | "i16"
                    | "i32"
                    | "i64"
                    | "i128"
                    | "isize"
                    | "u8"
                    | "u16"
                    | "u32"
                    | "u64"
                    | "u128"
                    | "usize"
            )
        }),
        _ => false,
    }
}

fn bindings(pattern: &Pat, names: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(binding) => {
            // Otherwise it is a constant, or a struct without fields.
            if binding.ident.to_string().starts_with(|first: char| !first.is_uppercase()) {
                names.push(binding.ident.clone());
            }
            if let Some((_, inner)) = &binding.subpat {
                bindings(inner, names);
            }
        }
        Pat::Paren(inner) => bindings(&inner.pat, names),
        Pat::Reference(inner) => bindings(&inner.pat, names),
        Pat::Slice(list) => list.elems.iter().for_each(|inner| bindings(inner, names)),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| bindings(&field.pat, names)),
        Pat::Tuple(list) => list.elems.iter().for_each(|inner| bindings(inner, names)),
        Pat::TupleStruct(list) => list.elems.iter().for_each(|inner| bindings(inner, names)),
        _ => {}
    }
}

/// Whether a variable is used: its name stands in the tokens and is not a field's or method's, or in a format string.
fn uses(tokens: TokenStream, name: &Ident) -> bool {
    let mut dots = 0;
    tokens.into_iter().any(|token| {
        let after_a_dot = dots == 1;
        dots = if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.') { dots + 1 } else { 0 };
        match token {
            TokenTree::Ident(ident) => ident == *name && !after_a_dot,
            TokenTree::Group(group) => uses(group.stream(), name),
            TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
            TokenTree::Punct(_) => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    fn names(signature: &Signature, body: &TokenStream) -> Vec<String> {
        in_drop_order(signature, body).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_used_is_mentioned_from_the_last_to_the_first() {
        let signature =
            parse_quote!(fn f(lock: Lock, Pair { left, right: (r, _) }: Pair, _guard: Guard, unused: String));
        assert_eq!(names(&signature, &quote!(left(lock)(r))), ["_guard", "r", "left", "lock"]);
        assert_eq!(names(&signature, &quote!(println!("{r:?} {lock}"))), ["_guard", "r", "lock"]);
    }

    #[test]
    fn a_field_of_the_same_name_is_no_use() {
        let signature = parse_quote!(fn f(self, path: String, query: Query));
        assert_eq!(names(&signature, &quote!(query.path(self))), ["query", "self"]);
        assert_eq!(names(&signature, &quote!(Query { ..query }.with(path))), ["query", "path"]);
    }

    #[test]
    fn one_name_alone_and_what_has_no_drop_have_no_order() {
        assert_eq!(names(&parse_quote!(fn f(&self, a: String, b: &str, c: u8)), &quote!(a, b, c)), [""; 0]);
        assert_eq!(names(&parse_quote!(fn f(a: String, #[cfg(unix)] b: String)), &quote!(a, b)), [""; 0]);
    }
}
