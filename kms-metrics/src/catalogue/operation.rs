//! What one annotation records: some instruments, fed from the same values.

use super::Instrument;

/// An operation of the catalogue.
#[derive(Debug)]
pub struct Operation {
    /// Its place among the built-in ones.
    pub index: Option<usize>,
    /// The name in an annotation.
    pub name: &'static str,
    /// The values that it is given, in the order of the record's fields.
    pub inputs: &'static [OperationInput],
    /// The instruments that it feeds.
    pub instruments: &'static [OperationInstrument],
}

/// A value that an operation is given.
#[derive(Debug)]
pub struct OperationInput {
    /// The attribute's key.
    pub key: &'static str,
    /// When it is given up.
    pub tier: Tier,
}

/// When a series has to give up a value near its metric's limit: in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A client can choose it, or it grows with the secrets.
    Unbounded,
    /// It names a person or a machine.
    Personal,
    /// It names the project.
    Project,
    /// It names the organization.
    Organization,
    /// Bounded by the program; given up only by the last, catch-all set.
    Essential,
}

impl Tier {
    /// As a value of `kms.telemetry.reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unbounded => "unbounded",
            Self::Personal => "personal",
            Self::Project => "project",
            Self::Organization => "organization",
            Self::Essential => "all",
        }
    }
}

/// One instrument of an operation.
#[derive(Debug)]
pub struct OperationInstrument {
    /// What it is.
    pub definition: Instrument,
    /// Which calls it counts; a histogram sees them all.
    pub on: Count,
    /// Where the values come from, in the order of the definition's attributes.
    pub values: &'static [ValueSource],
}

/// Which calls a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// Every call.
    Always,
    /// Those that succeeded.
    Success,
    /// Those that did not: failed, cancelled or panicked.
    Failure,
}

/// Where the value of an instrument's attribute comes from.
#[derive(Clone, Copy, Debug)]
pub enum ValueSource {
    /// An input of the operation, by its index.
    Input(usize),
    /// Always the same.
    Constant(&'static str),
    /// The returned value.
    Outcome(OutcomeField),
}

/// What a verdict supplies.
#[derive(Clone, Copy, Debug)]
pub enum OutcomeField {
    /// `kms.outcome`
    Ending,
    /// `kms.auth.result`
    Result,
    /// `error.type`
    ErrorType,
    /// The error's short name.
    ErrorName,
    /// The HTTP status.
    StatusCode,
    /// What the status means in HTTP: `auth_error`, `server_error`, …
    StatusClass,
}
