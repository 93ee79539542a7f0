//! What declared metrics expand to; not for programs.

pub use crate::catalogue::operation::{
    Operation, OperationInput, OperationInstrument, OutcomeField, Tier, ValueSource,
};
pub use crate::record::{Record, Value};
pub use crate::recording::{Early, record};
