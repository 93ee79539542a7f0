//! Encryption at rest, password hashing, and random tokens.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

const NONCE: usize = 24;

/// The key under which everything secret is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RootKey([u8; 32]);

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(…)")
    }
}

impl RootKey {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = if text.len() == 64 { hex::decode(text).ok()? } else { STANDARD.decode(text).ok()? };
        bytes.try_into().ok().map(Self)
    }

    /// The key beside the database, generated on first start and readable by the owner only; and what to say about it.
    pub fn from_file_beside(data: &Path) -> std::io::Result<(Self, String)> {
        let mut name = data.file_name().unwrap_or_default().to_owned();
        name.push(".root-key");
        let path = data.with_file_name(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let broken = || std::io::Error::other("the file does not hold 32 bytes in hex or base64");
                Ok((Self::parse(&text).ok_or_else(broken)?, format!("from {}", path.display())))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = random_bytes().map_err(std::io::Error::other)?;
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&path)?;
                writeln!(file, "{}", STANDARD.encode(key))?;
                file.sync_all()?;
                let said = format!("generated into {}: keep it, without it the data cannot be read", path.display());
                Ok((Self(key), said))
            }
            Err(error) => Err(error),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    #[error("the stored value does not belong here, has been altered, or was written under another root key")]
    Sealed,
    #[error("no random bytes from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    #[error("password hashing failed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
}

/// Seals and opens stored values.
///
/// XChaCha20-Poly1305: its nonce is long enough to be drawn at random for every value, for ever. What a value belongs
/// to (project, environment, path, name) is authenticated with it, so a value that is moved in the database is refused.
pub struct Vault(XChaCha20Poly1305);

impl Vault {
    pub fn new(key: &RootKey) -> Self {
        Self(XChaCha20Poly1305::new(&key.0.into()))
    }

    pub fn seal(&self, plain: &[u8], belongs_to: &[&str]) -> Result<String, CryptoError> {
        let nonce: [u8; NONCE] = random_bytes()?;
        let payload = Payload { msg: plain, aad: &associated_data(belongs_to) };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| CryptoError::Sealed)?;
        Ok(STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    pub fn open(&self, sealed: &str, belongs_to: &[&str]) -> Result<Vec<u8>, CryptoError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| CryptoError::Sealed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(CryptoError::Sealed)?;
        let payload = Payload { msg: sealed, aad: &associated_data(belongs_to) };
        self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| CryptoError::Sealed)
    }
}

/// Each part with its length in front: `["a", "bc"]` and `["ab", "c"]` differ.
fn associated_data(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part.as_bytes()].concat()).collect()
}

/// Argon2id with the crate's parameters (19 MiB, two passes). Takes tens of milliseconds: not for an async thread.
pub fn hash_password(password: &str) -> Result<String, CryptoError> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether the password is the one of this hash. Without a hash (nobody of that name) it takes as long and says no,
/// so that the time does not tell who exists.
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody's").unwrap_or_default());
    let verified = PasswordHash::new(hash.unwrap_or(&NOBODY))
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    verified && hash.is_some()
}

/// An access token: 256 random bits.
pub fn random_token() -> Result<String, CryptoError> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))
}

/// What is stored of an access token. A plain hash suffices: there is nothing to guess in 256 random bits.
pub fn token_digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

pub fn random_bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&RootKey([7; 32]))
    }

    #[test]
    fn a_sealed_value_opens_only_where_it_belongs() {
        let sealed = vault().seal(b"hunter2", &["p", "dev", "/", "A"]).unwrap();
        assert_eq!(vault().open(&sealed, &["p", "dev", "/", "A"]).unwrap(), b"hunter2");
        assert!(vault().open(&sealed, &["p", "prod", "/", "A"]).is_err());
        assert!(vault().open(&sealed, &["p", "de", "v/", "A"]).is_err());
        assert!(Vault::new(&RootKey([8; 32])).open(&sealed, &["p", "dev", "/", "A"]).is_err());
    }

    #[test]
    fn an_altered_value_is_refused() {
        let sealed = STANDARD.decode(vault().seal(b"hunter2", &["x"]).unwrap()).unwrap();
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(vault().open(&STANDARD.encode(altered), &["x"]).is_err(), "byte {position}");
        }
        for garbage in ["", "AAAA", "not base64"] {
            assert!(vault().open(garbage, &["x"]).is_err(), "{garbage:?}");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        assert_ne!(vault().seal(b"x", &["x"]).unwrap(), vault().seal(b"x", &["x"]).unwrap());
    }

    #[test]
    fn a_root_key_is_hex_or_base64_of_32_bytes() {
        assert_eq!(RootKey::parse(&"07".repeat(32)), Some(RootKey([7; 32])));
        assert_eq!(RootKey::parse(&format!("{}\n", STANDARD.encode([7; 32]))), Some(RootKey([7; 32])));
        assert_eq!(RootKey::parse("c2hvcnQ="), None);
        assert_eq!(RootKey::parse(&"zz".repeat(32)), None);
    }

    #[test]
    fn only_the_right_password_verifies() {
        let hash = hash_password("correct horse").unwrap();
        assert!(verify_password("correct horse", Some(&hash)));
        assert!(!verify_password("correct hors", Some(&hash)));
        assert!(!verify_password("nobody's", None));
    }
}
