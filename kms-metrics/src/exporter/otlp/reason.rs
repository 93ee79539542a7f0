//! Why an export failed, in the words of the guide's troubleshooting list.

use std::error::Error;
use std::fmt;
use std::io;

use crate::config::variables::{BASIC_AUTH_PASSWORD, BASIC_AUTH_USERNAME, OTLP_ENDPOINT};

/// A failed export: its class, and what the system or the server said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// Neither a secret nor anything from the body of an answer, which may echo one.
    pub(crate) detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.detail)
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        /// The class of a failure; a closed set, the values of `kms.telemetry.reason`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// All of them, in the order of their discriminants.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The attribute's value.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $value,)*
                }
            }
        }
    };
}

reasons! {
    /// 401, 403.
    WrongCredentials = "wrong_credentials";
    /// The host answers, the port does not.
    NothingListens = "nothing_listens";
    /// The host's name has no address.
    NameNotResolved = "name_not_resolved";
    /// No route, host down, network down.
    Unreachable = "unreachable";
    /// The connection broke.
    ConnectionLost = "connection_lost";
    /// No encrypted connection came about.
    Tls = "tls";
    /// Too slow, or not at all.
    TimedOut = "timed_out";
    /// 404, 405.
    PathNotFound = "path_not_found";
    /// 3xx.
    Redirected = "redirected";
    /// 413, or more than the encoder lets pass.
    TooLarge = "too_large";
    /// 429.
    Throttled = "throttled";
    /// 502, 503, 504.
    Unavailable = "unavailable";
    /// Another 4xx, or data points refused one by one.
    Rejected = "rejected";
    /// Another 5xx.
    ServerError = "server_error";
    /// What answers is no OTLP receiver.
    InvalidAnswer = "invalid_answer";
    /// A callback of an observable instrument panicked.
    Collecting = "collecting";
    /// Anything else.
    Other = "other";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongCredentials => {
                write!(f, "wrong credentials: check {BASIC_AUTH_USERNAME} and {BASIC_AUTH_PASSWORD}")
            }
            Self::NothingListens => {
                write!(f, "nothing listens there: check that the collector runs, and the port in {OTLP_ENDPOINT}")
            }
            Self::NameNotResolved => {
                write!(f, "the name of the host does not resolve: check {OTLP_ENDPOINT}, and the DNS")
            }
            Self::Unreachable => f.write_str("the host is unreachable: check the network, and its policies"),
            Self::ConnectionLost => f.write_str("the connection was lost before the answer was complete"),
            Self::Tls => write!(
                f,
                "no TLS connection: check the server's certificate, and whether {OTLP_ENDPOINT} should be http://"
            ),
            Self::TimedOut => f.write_str("no answer in time: check network connectivity, and the collector's load"),
            Self::PathNotFound => write!(f, "path not found: check the path in {OTLP_ENDPOINT}"),
            Self::Redirected => {
                write!(f, "the server redirects elsewhere, which is not followed: check {OTLP_ENDPOINT}")
            }
            Self::TooLarge => f.write_str("too large for the collector: raise its limit, or record fewer series"),
            Self::Throttled => f.write_str("the collector asks to send less often"),
            Self::Unavailable => f.write_str("the collector is not available at the moment"),
            Self::Rejected => f.write_str("the collector refuses what it is sent"),
            Self::ServerError => f.write_str("the collector failed: see its logs"),
            Self::InvalidAnswer => write!(f, "what answers there is no OTLP receiver: check {OTLP_ENDPOINT}"),
            Self::Collecting => f.write_str(
                "the metrics cannot be collected any more: a callback of an observable instrument of the program \
                 panicked; correct it, and restart the program",
            ),
            Self::Other => f.write_str("the export failed"),
        }
    }
}

impl Failure {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// What a status other than 2xx means.
    pub(super) fn of_status(status: u16) -> Self {
        let reason = match status {
            300..400 => Reason::Redirected,
            401 | 403 => Reason::WrongCredentials,
            404 | 405 => Reason::PathNotFound,
            413 => Reason::TooLarge,
            429 => Reason::Throttled,
            502..=504 => Reason::Unavailable,
            400..500 => Reason::Rejected,
            500..600 => Reason::ServerError,
            _ => Reason::InvalidAnswer,
        };
        Self::new(reason, format!("HTTP status {status}"))
    }

    /// What the client's error means. Its text is not used, because it contains the whole address.
    pub(super) fn of_request(error: &reqwest::Error) -> Self {
        let causes: Vec<&(dyn Error + 'static)> =
            std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source()).collect();
        let texts: Vec<String> = causes.iter().map(ToString::to_string).collect();
        let io = causes.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).next_back();
        let says = |words: &[&str]| {
            texts.iter().any(|text| {
                let text = text.to_ascii_lowercase();
                words.iter().any(|word| text.contains(word))
            })
        };
        let reason = if error.is_timeout() {
            Reason::TimedOut
        } else if says(&["dns error"]) {
            Reason::NameNotResolved
        } else if says(&["certificate", "tls", "handshake", "corrupt message"]) {
            Reason::Tls
        } else {
            match io {
                Some(io::ErrorKind::ConnectionRefused) => Reason::NothingListens,
                Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => Reason::Unreachable,
                Some(io::ErrorKind::TimedOut) => Reason::TimedOut,
                _ if error.is_connect() => Reason::Unreachable,
                _ if error.is_request() || error.is_body() => Reason::ConnectionLost,
                _ => Reason::Other,
            }
        };
        let detail = if error.is_timeout() { None } else { texts.into_iter().next_back() };
        Self::new(reason, detail.unwrap_or_else(|| "timed out".to_owned()))
    }

    /// Whether the same request may well succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.reason, Reason::NothingListens | Reason::ConnectionLost | Reason::Throttled | Reason::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_reason() {
        for (status, reason) in [
            (302, Reason::Redirected),
            (307, Reason::Redirected),
            (400, Reason::Rejected),
            (401, Reason::WrongCredentials),
            (403, Reason::WrongCredentials),
            (404, Reason::PathNotFound),
            (413, Reason::TooLarge),
            (429, Reason::Throttled),
            (500, Reason::ServerError),
            (503, Reason::Unavailable),
            (999, Reason::InvalidAnswer),
        ] {
            assert_eq!(Failure::of_status(status).reason, reason, "{status}");
        }
    }

    #[test]
    fn the_reasons_are_distinct_and_in_order() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, index);
            assert!(Reason::ALL[..index].iter().all(|other| other.as_str() != reason.as_str()));
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_server_without_tls_is_a_matter_of_tls() {
        use std::io::{Read as _, Write as _};

        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut connection in server.incoming().flatten() {
                let _read = connection.read(&mut [0; 1024]);
                let _written = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            }
        });
        let error = reqwest::blocking::get(format!("https://{address}/")).unwrap_err();
        let failure = Failure::of_request(&error);
        assert_eq!(failure.reason, Reason::Tls, "{failure}");
    }
}
