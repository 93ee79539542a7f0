//! What may become a label: a value that is short, from a closed set, and valid before the program runs.

use syn::Ident;
use syn::ext::IdentExt as _;

use super::attribute::Word;
use crate::errors::Errors;

/// OpenTelemetry's `error.type` for what has no class of its own.
const OTHER: &str = "_OTHER";

/// The value of `error_type = "…"`, or of `failure = "…"`.
pub(super) fn error_type(word: &Word, errors: &mut Errors) -> Option<String> {
    let value = word.text(errors)?.value();
    if is_error_type(&value) {
        return Some(value);
    }
    let name = &word.name;
    let snake = snake_case(&value);
    let hint = if is_error_type(&snake) { format!(": write `{name} = \"{snake}\"`") } else { String::new() };
    let message = if value.is_empty() {
        format!("`{name}` is empty: it is the class of the failure, as in `{name} = \"not_found\"`")
    } else {
        format!("`{name}` is made of lower case, digits, `_` and `.`{hint}")
    };
    errors.push(word.span(), message);
    None
}

/// The class of a failure that says none: the name of its variant.
pub(super) fn error_type_of(name: &Ident, word: &str, errors: &mut Errors) -> Option<String> {
    let snake = snake_case(&name.unraw().to_string());
    if is_error_type(&snake) {
        return Some(snake);
    }
    let message = format!(
        "a class is made of lower case, digits, `_` and `.`, which this name does not give: write \
         `#[metric({word} = \"…\")]`"
    );
    errors.push(name.span(), message);
    None
}

/// The value of `name = "…"`.
pub(super) fn error_name(word: &Word, errors: &mut Errors) -> Option<String> {
    let value = word.text(errors)?.value();
    if !value.is_empty() && value.chars().all(|it| !it.is_whitespace() && !it.is_control()) {
        return Some(value);
    }
    errors.push(word.span(), "`name` is the error's short name, without spaces: `name = \"InvalidCredentials\"`");
    None
}

/// The value of `status_code = …`.
pub(super) fn status_code(word: &Word, errors: &mut Errors) -> Option<u16> {
    let integer = word.integer(errors)?;
    match integer.base10_parse() {
        Ok(status @ 100..=599) if matches!(integer.suffix(), "" | "u16") => Some(status),
        _ => {
            errors.push(word.span(), format!("`status_code` is an HTTP status from 100 to 599, not `{integer}`"));
            None
        }
    }
}

/// Reports what contradicts a word that says everything.
pub(super) fn refuse<'a>(others: impl IntoIterator<Item = Option<&'a Word>>, because: &str, errors: &mut Errors) {
    for Word { name, .. } in others.into_iter().flatten() {
        errors.push(name.span(), format!("`{name}` {because}"));
    }
}

/// `not_found`: what a dashboard can group by.
pub(super) fn is_error_type(value: &str) -> bool {
    let allowed = |it: char| matches!(it, 'a'..='z' | '0'..='9' | '_' | '.');
    let bounded = |it: char| matches!(it, 'a'..='z' | '0'..='9');
    value == OTHER || value.starts_with(bounded) && value.ends_with(bounded) && value.chars().all(allowed)
}

/// `InvalidCredentials` as `invalid_credentials`, `HTTPError` as `http_error`, `not found` as `not_found`.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (position, &char) in chars.iter().enumerate() {
        if matches!(char, '_' | '-' | ' ') {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            continue;
        }
        let before = position.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(position + 1);
        let begins_word = char.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins_word {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{is_error_type, snake_case};

    #[test]
    fn a_variants_name_becomes_snake_case() {
        for (name, snake) in [
            ("InvalidCredentials", "invalid_credentials"),
            ("NotFound", "not_found"),
            ("HTTPError", "http_error"),
            ("InvalidURL", "invalid_url"),
            ("Http2Failed", "http2_failed"),
            ("Sha256Mismatch", "sha256_mismatch"),
            ("TooMany_Requests", "too_many_requests"),
            ("_Reserved", "reserved"),
            ("not found", "not_found"),
            ("A", "a"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn a_message_is_not_an_error_type() {
        for good in ["not_found", "500", "db.timeout", "_OTHER", "x"] {
            assert!(is_error_type(good), "{good}");
        }
        for bad in ["", "NotFound", "not found", "not-found", "_x", "x_", "größe", "a:b"] {
            assert!(!is_error_type(bad), "{bad}");
        }
    }
}
