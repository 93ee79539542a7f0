//! The address to push to.

use std::fmt;

use url::{Host, Url};

use super::error::Problem;
use super::variables::OTLP_ENDPOINT;

/// Where OTLP receivers expect metrics over HTTP
/// ([OTLP](https://opentelemetry.io/docs/specs/otlp/#otlphttp-request)).
const PATH: &str = "/v1/metrics";

const ACCEPTED: &str = "an http:// or https:// address with a host and without user name and password, \
                        such as http://otel-collector:4318/v1/metrics";

/// A complete address of a receiver, `/v1/metrics` included.
///
/// Shown without its query, which may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

impl Endpoint {
    /// Reads an address. Slashes at the end of the path go, `/v1/metrics` is appended unless the path ends with it,
    /// a query stays.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |reason: &str| Problem::described(OTLP_ENDPOINT, format!("{}{reason}", redacted(text)), ACCEPTED);
        let mut url = Url::parse(text).map_err(|error| problem(&format!(" ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(problem(""));
        }
        if url.host().is_none() {
            return Err(problem(" (no host)"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem(
                " (user name and password belong into OTEL_COLLECTOR_BASIC_AUTH_USERNAME and _PASSWORD)",
            ));
        }
        let path = url.path().trim_end_matches('/');
        let path = if path.ends_with(PATH) { path.to_owned() } else { format!("{path}{PATH}") };
        url.set_path(&path);
        url.set_fragment(None);
        Ok(Self { url })
    }

    /// The whole address, its query included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Whether it is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host name or address, without port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether what is sent there stays on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(self.url.query().map(|_| "..."));
        url.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// What was found, for an error: without anything that could be user info or a token, even where it is no address.
fn redacted(text: &str) -> String {
    let (address, query) = match text.find(['?', '#']) {
        // A password may contain either, and a query an `@`: whichever it is, it is not shown.
        Some(at) if text[at..].contains('@') => return format!("{:?}", format!("{}...", scheme(text))),
        Some(at) => (&text[..at], "?..."),
        None => (text, ""),
    };
    let shown = match address.rfind('@') {
        Some(at) => format!("{}...@{}{query}", scheme(address), &address[at + 1..]),
        None => format!("{address}{query}"),
    };
    format!("{shown:?}")
}

/// Up to the slashes, if that is a scheme and not user info.
fn scheme(text: &str) -> &str {
    let end = text.find("//").unwrap_or_default();
    let name = text[..end].strip_suffix(':').unwrap_or(&text[..end]);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) { "" } else { &text[..end + 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> String {
        Endpoint::parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn an_endpoint_is_completed_with_the_path_of_metrics() {
        for (given, complete) in [
            ("http://otel-collector:4318/v1/metrics", "http://otel-collector:4318/v1/metrics"),
            ("http://otel-collector:4318", "http://otel-collector:4318/v1/metrics"),
            ("http://otel-collector:4318/", "http://otel-collector:4318/v1/metrics"),
            ("http://otel-collector:4318///", "http://otel-collector:4318/v1/metrics"),
            ("http://otel-collector:4318/v1/metrics//", "http://otel-collector:4318/v1/metrics"),
            ("http://victoria:8428/opentelemetry", "http://victoria:8428/opentelemetry/v1/metrics"),
            ("http://victoria:8428/opentelemetry/v1/metrics/", "http://victoria:8428/opentelemetry/v1/metrics"),
            ("HTTP://Otel-Collector:4318", "http://otel-collector:4318/v1/metrics"),
            ("http://c:4318/?tenant=a", "http://c:4318/v1/metrics?tenant=a"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/metrics"),
        ] {
            assert_eq!(endpoint(given), complete, "{given}");
        }
    }

    #[test]
    fn what_is_no_http_address_is_refused() {
        for text in ["localhost:4318", "ftp://c/v1/metrics", "otel-collector", "http://", "/v1/metrics", "http://:4318"]
        {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn user_info_is_refused_and_never_shown() {
        for text in [
            "http://kms:hunter2@c:4318",
            "http://hunter2@c:4318",
            "kms:hunter2@c:4318",
            "https//kms:hunter2@c",
            "http://kms:hun/ter2@hunter2@c:99999",
            "kms:hunter2//@c",
        ] {
            let problem = Endpoint::parse(text).unwrap_err();
            let shown = format!("{problem} {problem:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("hun/"), "{shown}");
            assert!(shown.contains("...@c"), "{shown}");
        }
    }

    #[test]
    fn a_query_is_sent_but_not_shown() {
        let endpoint = Endpoint::parse("http://c:4318/?token=hunter2").unwrap();
        assert_eq!(endpoint.to_string(), "http://c:4318/v1/metrics?...");
        assert!(!format!("{endpoint:?}").contains("hunter2"));
        let problem = Endpoint::parse("ftp://c:4318/?token=hunter2").unwrap_err();
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }

    #[test]
    fn where_user_info_and_query_cannot_be_told_apart_neither_is_shown() {
        for (text, shown) in [
            ("ftp://c:4318/?u=a@b&token=hunter2", "\"ftp://...\""),
            ("ftp://c:4318/#u=a@b&token=hunter2", "\"ftp://...\""),
            ("http://kms:a?b#hunter2@c:4318", "\"http://...\""),
            ("kms:hunter2//?@c", "\"...\""),
        ] {
            let problem = Endpoint::parse(text).unwrap_err();
            assert!(problem.found().starts_with(shown) && !problem.found().contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for (text, expected) in [
            ("http://localhost:4318", true),
            ("http://otel.localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.1.2.3", true),
            ("http://[::1]", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://10.0.0.1", false),
            ("http://otel-collector", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }
}
