//! What one annotation records: some instruments, fed from the same values.

use super::Instrument;

/// An operation of the catalogue.
#[derive(Debug)]
pub struct Operation {
    /// Its place in [`OPERATIONS`](super::OPERATIONS).
    pub(crate) index: usize,
    /// The name in an annotation.
    pub(crate) name: &'static str,
    /// The values that it is given, in the order of the record's fields.
    pub(crate) inputs: &'static [OperationInput],
    /// The instruments that it feeds.
    pub(crate) instruments: &'static [OperationInstrument],
}

/// A value that an operation is given.
#[derive(Debug)]
pub(crate) struct OperationInput {
    pub(crate) key: &'static str,
    pub(crate) tier: Tier,
}

/// When a series has to give up a value near its metric's limit: in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// A client can choose it, or it grows with the secrets.
    Unbounded,
    /// It names a person or a machine.
    Personal,
    Project,
    Organization,
    /// Bounded by the program; given up only by the last, catch-all set.
    Essential,
}

impl Tier {
    /// As a value of `kms.telemetry.reason`.
    pub(crate) const fn as_str(self) -> &'static str {
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
pub(crate) struct OperationInstrument {
    pub(crate) definition: Instrument,
    /// Which calls it counts; a histogram sees them all.
    pub(crate) on: Count,
    /// Where the values come from, in the order of the definition's attributes.
    pub(crate) values: &'static [ValueSource],
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
pub(crate) enum ValueSource {
    /// An input of the operation, by its index.
    Input(usize),
    Constant(&'static str),
    Outcome(OutcomeField),
}

/// What a verdict supplies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OutcomeField {
    /// `kms.outcome`
    Ending,
    /// `kms.auth.result`
    Result,
    ErrorType,
    ErrorName,
    StatusCode,
    /// What the status means in HTTP: `auth_error`, `server_error`, …
    StatusClass,
}
