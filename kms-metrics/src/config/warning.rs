//! What is accepted, but probably not what was meant.

use std::fmt;
use std::net::SocketAddr;

use super::variables::{BASIC_AUTH_PASSWORD, BASIC_AUTH_USERNAME, EXPORT_TYPE, OTLP_ENDPOINT, PROMETHEUS_HOST};

/// A configuration that works, and deserves a second look. Logged once at start, and kept for
/// [`Telemetry::warnings`](crate::Telemetry::warnings).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A variable of OpenTelemetry's is set that is not used here.
    Unused {
        /// The one that is set.
        variable: &'static str,
        /// The one that is used.
        instead: &'static str,
    },
    /// A temporality was asked for, and Prometheus knows only the cumulative one.
    TemporalityIgnored {
        /// The variable.
        variable: &'static str,
    },
    /// The credentials travel unencrypted over a network.
    CredentialsInTheClear {
        /// The host of the endpoint.
        host: String,
    },
    /// A credential begins or ends with white space, as happens when it is read from a file.
    CredentialWithWhiteSpace {
        /// The variable.
        variable: &'static str,
    },
    /// Whoever reaches the port can read metrics whose labels name people.
    PublicEndpoint {
        /// Where the endpoint listens.
        address: SocketAddr,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused { variable, instead } => {
                write!(f, "{variable} is set but not used here; use {instead}")
            }
            Self::TemporalityIgnored { variable } => {
                write!(f, "{variable} is ignored: {EXPORT_TYPE}=prometheus is always cumulative")
            }
            Self::CredentialsInTheClear { host } => write!(
                f,
                "{BASIC_AUTH_USERNAME} and {BASIC_AUTH_PASSWORD} are sent unencrypted to {host}; \
                 use an https:// address in {OTLP_ENDPOINT}"
            ),
            Self::CredentialWithWhiteSpace { variable } => {
                write!(f, "{variable} begins or ends with white space, which is sent as a part of it")
            }
            Self::PublicEndpoint { address } => write!(
                f,
                "anybody who reaches {address} can read the metrics, and their labels name people \
                 (e-mail and IP addresses); listen on this machine only ({PROMETHEUS_HOST}=127.0.0.1), \
                 or let a firewall or NetworkPolicy admit only the scraper, or push instead ({EXPORT_TYPE}=otlp)"
            ),
        }
    }
}
