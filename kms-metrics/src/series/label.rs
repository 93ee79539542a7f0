//! From raw values to labels: what a value looks like when it is exported. Paid once per series.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::table::OwnedValue;
use crate::catalogue::operation::{OperationInput, Tier};
use crate::record::Value;

/// What a label reads whose value was given up near the limit.
pub(super) const DEGRADED: &str = "__degraded__";

/// The most bytes of a value that are exported; what is cut off is marked with `…`.
const LONGEST: usize = 256;

/// The attribute that people type passwords into.
const ATTEMPTED_USERNAME: &str = "kms.auth.attempt.username";

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

    /// The exported form of a value that the program gave for `input`.
    pub(super) fn shape(&self, input: &OperationInput, value: Value<'_>) -> OwnedValue {
        match value {
            Value::Str(text) if input.key == ATTEMPTED_USERNAME => OwnedValue::Str(self.pseudonym(text).into()),
            Value::Str(text) => shape_text(text),
            Value::Absent | Value::Int(_) => value.into(),
        }
    }

    /// A keyed hash in 16 hexadecimal digits.
    fn pseudonym(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return DEGRADED.to_owned();
        };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn shape_text(text: &str) -> OwnedValue {
    if text == DEGRADED {
        return OwnedValue::Str(format!("_{DEGRADED}").into());
    }
    if text.len() <= LONGEST {
        return OwnedValue::Str(text.into());
    }
    let mark = '…';
    let cut = text.floor_char_boundary(LONGEST - mark.len_utf8());
    OwnedValue::Str(format!("{}{mark}", &text[..cut]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(key: &'static str, text: &str) -> String {
        let input = OperationInput { key, tier: Tier::Unbounded };
        match Labeller::new().shape(&input, Value::Str(text)) {
            OwnedValue::Str(text) => text.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_long_value_is_cut_on_a_character_boundary_and_marked() {
        let cut = shaped("kms.secret.path", &"é".repeat(200));
        assert_eq!(cut, format!("{}…", "é".repeat(126)));
        assert!(cut.len() <= LONGEST);
    }

    #[test]
    fn a_value_that_looks_degraded_is_escaped() {
        assert_eq!(shaped("kms.secret.path", "__degraded__"), "___degraded__");
    }

    #[test]
    fn an_attempted_user_name_is_a_pseudonym() {
        let labeller = Labeller::new();
        let pseudonym = labeller.pseudonym("hunter2");
        assert_eq!(pseudonym.len(), 16);
        assert!(pseudonym.chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(pseudonym, labeller.pseudonym("hunter2"));
        assert_ne!(pseudonym, Labeller::new().pseudonym("hunter2"), "the key is one per process");
        assert!(!shaped(ATTEMPTED_USERNAME, "hunter2").contains("hunter"));
    }
}
