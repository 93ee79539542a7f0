//! `OTEL_RESOURCE_ATTRIBUTES`.

use percent_encoding::percent_decode_str;

use super::error::Problem;
use super::variables::RESOURCE_ATTRIBUTES;

/// Reads `key=value,key=value`, percent-encoded, as the
/// [resource specification](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)
/// says: where anything is wrong, all of it is discarded and reported.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, Problem> {
    text.split(',')
        .map(str::trim)
        // A comma at the end is common and loses nothing.
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let problem = || Problem::invalid(RESOURCE_ATTRIBUTES, pair, "key=value,key=value with `,` `=` `%` as %XX");
            let (key, value) = pair.split_once('=').ok_or_else(problem)?;
            let key = decoded(key.trim()).filter(|key| !key.is_empty()).ok_or_else(problem)?;
            let value = decoded(value.trim()).ok_or_else(problem)?;
            Ok((key, value))
        })
        .collect()
}

/// Without percent-encoding; `None` where a `%` is not followed by two hexadecimal digits, or the result is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let well_formed = text
        .split('%')
        .skip(1)
        .all(|rest| matches!(rest.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()));
    if !well_formed {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_percent_decoded() {
        let attributes = parse("deployment.environment.name=pro%64, note=a%2Cb%3Dc%20d ,k%3D=v,empty=,").unwrap();
        let attributes: Vec<_> = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            attributes,
            [("deployment.environment.name", "prod"), ("note", "a,b=c d"), ("k=", "v"), ("empty", "")]
        );
    }

    #[test]
    fn one_malformed_pair_discards_everything() {
        for text in ["a=1,b", "a=1,=2", "a=%zz", "a=%2", "a=%", "a=%ff", "a=1,%ff=2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
