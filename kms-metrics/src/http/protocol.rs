//! The closed sets of the HTTP attributes: methods, schemes, versions, status codes as text.

/// The value of `http.request.method`: the methods that OpenTelemetry's conventions know (RFC 9110, PATCH and QUERY),
/// spelled exactly so, else `_OTHER`.
pub(super) fn method(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        "QUERY" => "QUERY",
        _ => "_OTHER",
    }
}

/// The scheme of the requests that a server receives, for `url.scheme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`.
    #[default]
    Http,
    /// `https`.
    Https,
}

impl Scheme {
    /// The value of `url.scheme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The scheme of a URI if it is one of the two: HTTP/1 requests usually come without.
    pub(super) fn of(scheme: Option<&str>) -> Option<Self> {
        match scheme {
            Some("http") => Some(Self::Http),
            Some("https") => Some(Self::Https),
            _ => None,
        }
    }
}

/// The value of `network.protocol.version`. `known` are the versions of [`VERSIONS`], as the constants of whichever
/// `http` crate the framework is built on.
pub(super) fn version<V: PartialEq>(version: &V, known: &[V; VERSIONS.len()]) -> Option<&'static str> {
    known.iter().zip(VERSIONS).find_map(|(known, name)| (known == version).then_some(name))
}

const VERSIONS: [&str; 5] = ["0.9", "1.0", "1.1", "2", "3"];

/// The digits of 400 to 599, one code after the other.
const CODES: [u8; 600] = {
    let mut digits = [b'0'; 600];
    let mut code = 0;
    while code < 200 {
        digits[3 * code] = b'4' + (code / 100) as u8;
        digits[3 * code + 1] = b'0' + (code / 10 % 10) as u8;
        digits[3 * code + 2] = b'0' + (code % 10) as u8;
        code += 1;
    }
    digits
};

/// A status code from 400 to 599 as the conventions' `error.type`: its text. `None` for every other.
pub(super) fn status_error_type(status: u16) -> Option<&'static str> {
    static DIGITS: [u8; 600] = CODES;
    let start = 3 * usize::from(status.checked_sub(400)?);
    str::from_utf8(DIGITS.get(start..start + 3)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_status_has_its_own_text_and_no_other_status_has_one() {
        for status in 0..=u16::MAX {
            let expected = (400..600).contains(&status).then(|| status.to_string());
            assert_eq!(status_error_type(status), expected.as_deref());
        }
    }

    #[test]
    fn a_method_in_another_case_is_other() {
        for (given, expected) in [("GET", "GET"), ("QUERY", "QUERY"), ("get", "_OTHER"), ("PROPFIND", "_OTHER")] {
            assert_eq!(method(given), expected);
        }
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_scheme_is_http_or_https_or_unsaid() {
        let scheme = |uri: &str| Scheme::of(uri.parse::<http::Uri>().unwrap().scheme_str());
        assert_eq!(scheme("/path"), None);
        assert_eq!(scheme("http://kms/path"), Some(Scheme::Http));
        assert_eq!(scheme("HTTPS://kms/path"), Some(Scheme::Https));
        assert_eq!(scheme("ftp://kms/path"), None);
    }
}
