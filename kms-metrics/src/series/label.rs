//! From raw values to labels: what a value looks like when it is exported. Paid once per series.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::table::OwnedValue;
use crate::catalogue::operation::{Operation, Tier};
use crate::record::{CUT, Value};

/// What a label reads whose value was given up near the limit.
pub(super) const DEGRADED: &str = "__degraded__";

/// One label of an instrument's series.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) key: &'static str,
    pub(super) value: OwnedValue,
    pub(super) tier: Tier,
}

/// Shapes the values that a program gives.
pub(super) struct Labeller {
    /// The key of the pseudonyms. Random, so they cannot be linked from one process to another.
    key: [u8; 32],
}

impl std::fmt::Debug for Labeller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labeller").finish_non_exhaustive()
    }
}

impl Labeller {
    pub(super) fn new() -> Self {
        let mut key = [0; 32];
        if getrandom::fill(&mut key).is_err() {
            // Without a source of randomness the hash tables' seeds are the best that there is.
            for chunk in key.chunks_mut(8) {
                let seed = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), 0_u8);
                chunk.copy_from_slice(&seed.to_ne_bytes());
            }
        }
        Self { key }
    }

    /// The exported form of a value that the program gave; an empty string is no value, as to Prometheus.
    pub(super) fn shape(&self, value: Value<'_>) -> OwnedValue {
        match value {
            Value::Str("") => OwnedValue::Absent,
            Value::Str(DEGRADED) => OwnedValue::Str(format!("_{DEGRADED}").into()),
            Value::Cut(text) => OwnedValue::Str(format!("{text}{CUT}").into()),
            Value::Str(_) | Value::Absent | Value::Int(_) => value.into(),
        }
    }

    /// A keyed hash in 16 hexadecimal digits.
    pub(super) fn pseudonym(&self, text: &str) -> Pseudonym {
        let mut digits = [b'0'; 16];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(text.as_bytes());
            for (byte, pair) in mac.finalize().into_bytes().iter().zip(digits.chunks_exact_mut(2)) {
                pair[0] = HEXADECIMAL[usize::from(byte >> 4)];
                pair[1] = HEXADECIMAL[usize::from(byte & 15)];
            }
        }
        Pseudonym(digits)
    }
}

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// What stands for a value that is not to be kept.
pub(super) struct Pseudonym([u8; 16]);

impl Pseudonym {
    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Which of an operation's inputs is replaced by its pseudonym before it is looked up, so that it is never kept: people
/// type passwords where a user name belongs.
pub(super) fn kept_as_pseudonym(operation: &Operation) -> Option<usize> {
    operation.inputs.iter().position(|input| input.key == "kms.auth.attempt.username")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LONGEST;

    fn shaped(value: Value<'_>) -> OwnedValue {
        Labeller::new().shape(value)
    }

    #[test]
    fn a_long_value_is_cut_on_a_character_boundary_and_marked() {
        let long = "é".repeat(200);
        let cut = format!("{}…", "é".repeat(126));
        assert!(cut.len() <= LONGEST);
        assert_eq!(shaped(long.as_str().into()), OwnedValue::Str(cut.into()));
    }

    #[test]
    fn a_value_that_looks_degraded_is_escaped() {
        assert_eq!(shaped("__degraded__".into()), OwnedValue::Str("___degraded__".into()));
    }

    #[test]
    fn an_empty_value_is_none() {
        assert_eq!(shaped("".into()), OwnedValue::Absent);
    }

    #[test]
    fn a_pseudonym_is_stable_in_a_process_and_in_no_other() {
        let labeller = Labeller::new();
        let pseudonym = labeller.pseudonym("hunter2");
        assert!(pseudonym.as_str().chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(pseudonym.as_str(), labeller.pseudonym("hunter2").as_str());
        assert_ne!(pseudonym.as_str(), Labeller::new().pseudonym("hunter2").as_str(), "the key is one per process");
    }
}
