//! What the database holds.

use serde::{Deserialize, Serialize};

/// Seconds since 1970, UTC.
pub type Timestamp = u64;

pub fn now() -> Timestamp {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Organization {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Project {
    pub id: String,
    pub name: String,
    pub organization_id: String,
    pub environments: Vec<String>,
}

/// A project and the environments of it that somebody may use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub project_id: String,
    pub environments: Vec<String>,
}

/// Who somebody is: a person, or a machine identity, which is also a KMIP client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Actor {
    Person {
        id: String,
        email: String,
    },
    Machine {
        id: String,
        name: String,
        client_id: String,
        /// Where its KMIP objects live.
        kmip_project_id: String,
    },
}

/// Somebody who can log in, stored under the e-mail address or the client ID.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub actor: Actor,
    pub organization: Organization,
    pub password_hash: String,
    pub grants: Vec<Grant>,
    /// Wrong passwords in a row.
    pub failed_attempts: u32,
    pub locked_until: Timestamp,
}

/// An access token, stored under its digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The key of the account.
    pub login: String,
    pub auth_method: AuthMethod,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthMethod {
    Email,
    UniversalAuth,
}

impl AuthMethod {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::UniversalAuth => "universal-auth",
        }
    }
}

/// Where a secret lives; its key in the database.
#[derive(Clone, Copy, Debug)]
pub struct SecretKey<'a> {
    pub project_id: &'a str,
    pub environment: &'a str,
    pub path: &'a str,
    pub name: &'a str,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secret {
    pub version: u64,
    /// Encrypted, see `crypto::Vault`.
    pub sealed_value: String,
    pub comment: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A folder of secrets and the external system that they are pushed to or pulled from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connection {
    pub id: String,
    pub kind: ConnectionKind,
    pub project_id: String,
    pub environment: String,
    pub secret_path: String,
    /// Which sort of system, a short fixed list.
    pub destination: String,
    /// Its base URL; `None` is the key-value store that this server brings along.
    pub url: Option<String>,
    /// The store there.
    pub store: String,
    /// What it is addressed with, encrypted.
    pub sealed_credential: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionKind {
    Integration,
    SecretSync,
}
