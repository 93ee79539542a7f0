//! A managed object and its life: PreActive → Active → Deactivated or Compromised → Destroyed.

use serde::{Deserialize, Serialize};

use super::error::{KmipError, ResultReason};
use super::ttlv::Item;
use crate::model::Timestamp;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManagedObject {
    pub id: String,
    pub project_id: String,
    pub object_type: ObjectType,
    pub name: Option<String>,
    pub algorithm: Option<String>,
    /// In bits.
    pub length: Option<i32>,
    pub usage_mask: Option<i32>,
    pub state: State,
    /// Encrypted; gone when the object is destroyed.
    pub sealed_material: Option<String>,
    pub created_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    pub deactivated_at: Option<Timestamp>,
    pub compromised_at: Option<Timestamp>,
    pub destroyed_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectType {
    SymmetricKey,
    SecretData,
}

impl ObjectType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SymmetricKey => "SymmetricKey",
            Self::SecretData => "SecretData",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    PreActive,
    Active,
    Deactivated,
    Compromised,
    Destroyed,
    DestroyedCompromised,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreActive => "PreActive",
            Self::Active => "Active",
            Self::Deactivated => "Deactivated",
            Self::Compromised => "Compromised",
            Self::Destroyed => "Destroyed",
            Self::DestroyedCompromised => "DestroyedCompromised",
        }
    }

    pub const fn is_destroyed(self) -> bool {
        matches!(self, Self::Destroyed | Self::DestroyedCompromised)
    }
}

impl ManagedObject {
    /// What the key material is sealed to.
    pub fn bound_to(&self) -> [&str; 3] {
        ["kmip-object", &self.project_id, &self.id]
    }

    pub fn activate(&mut self, now: Timestamp) -> Result<(), KmipError> {
        match self.state {
            State::PreActive => {
                self.state = State::Active;
                self.activated_at = Some(now);
                Ok(())
            }
            _ => Err(self.wrong_state("activated")),
        }
    }

    /// For a compromise from any state; for another reason only what is active can be revoked.
    pub fn revoke(&mut self, compromised: bool, now: Timestamp) -> Result<(), KmipError> {
        self.state = match (self.state, compromised) {
            (State::Destroyed | State::DestroyedCompromised, true) => State::DestroyedCompromised,
            (_, true) => State::Compromised,
            (State::Active, false) => State::Deactivated,
            (_, false) => return Err(self.wrong_state("revoked")),
        };
        if compromised {
            self.compromised_at.get_or_insert(now);
        } else {
            self.deactivated_at = Some(now);
        }
        Ok(())
    }

    /// What is active must be revoked first. The key material goes, what is known about it stays.
    pub fn destroy(&mut self, now: Timestamp) -> Result<(), KmipError> {
        self.state = match self.state {
            State::PreActive | State::Deactivated => State::Destroyed,
            State::Compromised => State::DestroyedCompromised,
            State::Active | State::Destroyed | State::DestroyedCompromised => {
                return Err(self.wrong_state("destroyed"));
            }
        };
        self.sealed_material = None;
        self.destroyed_at = Some(now);
        Ok(())
    }

    fn wrong_state(&self, done: &str) -> KmipError {
        let message = format!("the object is {} and cannot be {done}", self.state.as_str());
        let reason = if self.state.is_destroyed() {
            ResultReason::ObjectDestroyed
        } else {
            ResultReason::WrongKeyLifecycleState
        };
        KmipError::new(reason, message)
    }

    pub fn attributes(&self) -> Vec<Item> {
        let date = |tag, at: Option<Timestamp>| at.map(|at| Item::date(tag, at));
        [
            Some(Item::text("UniqueIdentifier", &self.id)),
            Some(Item::enumeration("ObjectType", self.object_type.as_str())),
            self.name.as_deref().map(name_item),
            self.algorithm.as_deref().map(|it| Item::enumeration("CryptographicAlgorithm", it)),
            self.length.map(|it| Item::integer("CryptographicLength", it)),
            self.usage_mask.map(|it| Item::integer("CryptographicUsageMask", it)),
            Some(Item::enumeration("State", self.state.as_str())),
            date("InitialDate", Some(self.created_at)),
            date("ActivationDate", self.activated_at),
            date("DeactivationDate", self.deactivated_at),
            date("CompromiseDate", self.compromised_at),
            date("DestroyDate", self.destroyed_at),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn name_item(name: &str) -> Item {
    let kind = Item::enumeration("NameType", "UninterpretedTextString");
    Item::structure("Name", vec![Item::text("NameValue", name), kind])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(state: State) -> ManagedObject {
        ManagedObject {
            id: "1".into(),
            project_id: "p".into(),
            object_type: ObjectType::SymmetricKey,
            name: None,
            algorithm: Some("AES".into()),
            length: Some(256),
            usage_mask: Some(12),
            state,
            sealed_material: Some("…".into()),
            created_at: 1,
            activated_at: None,
            deactivated_at: None,
            compromised_at: None,
            destroyed_at: None,
        }
    }

    const STATES: [State; 6] = [
        State::PreActive,
        State::Active,
        State::Deactivated,
        State::Compromised,
        State::Destroyed,
        State::DestroyedCompromised,
    ];

    /// What becomes of an object in each state, `None` for a refusal.
    fn becomes(step: impl Fn(&mut ManagedObject) -> Result<(), KmipError>) -> [Option<State>; 6] {
        STATES.map(|state| {
            let mut object = object(state);
            match step(&mut object) {
                Ok(()) => Some(object.state),
                Err(_) => {
                    assert_eq!(object.state, state, "a refusal changes nothing");
                    None
                }
            }
        })
    }

    #[test]
    fn the_states_follow_each_other_as_the_standard_says() {
        use State::{Active, Compromised, Deactivated, Destroyed, DestroyedCompromised};
        assert_eq!(becomes(|it| it.activate(9)), [Some(Active), None, None, None, None, None]);
        assert_eq!(becomes(|it| it.revoke(false, 9)), [None, Some(Deactivated), None, None, None, None]);
        let both = Some(DestroyedCompromised);
        let compromised = Some(Compromised);
        assert_eq!(becomes(|it| it.revoke(true, 9)), [compromised, compromised, compromised, compromised, both, both]);
        assert_eq!(becomes(|it| it.destroy(9)), [Some(Destroyed), None, Some(Destroyed), both, None, None]);
    }

    #[test]
    fn a_destroyed_object_has_no_key_material() {
        let mut destroyed = object(State::PreActive);
        destroyed.destroy(9).unwrap();
        assert_eq!(destroyed.sealed_material, None);
        assert_eq!(destroyed.destroyed_at, Some(9));
    }
}
