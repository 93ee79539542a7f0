//! What each metric is: name, kind, unit, description, buckets and attributes.
//!
//! Everything here is derived from one definition, `builtin.metrics` in `kms-metrics-macros`, which the attribute macro
//! checks annotations against. [`INSTRUMENTS`] lists the instruments, [`to_json`] prints them, and [`records`] has one
//! struct per operation to record it by hand.

mod json;
pub(crate) mod operation;

use self::operation::Operation;

pub use self::json::{to_json, to_json_of};

/// Whether an instrument adds, distributes or shows a current value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A monotonic sum of `u64`.
    Counter,
    /// A distribution of `f64` over explicit buckets.
    Histogram,
    /// A current value.
    Gauge,
}

/// Whether an attribute must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// An annotation without it does not compile.
    Required,
    /// It may be left out.
    Optional,
}

/// The type of an attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A UTF-8 string.
    String,
    /// A signed 64-bit integer.
    Int,
}

/// Whether the number of an attribute's values is bounded by the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Grows with the deployment (projects, users), not with traffic.
    Bounded,
    /// A client can choose it, or it grows with the secrets themselves.
    Unbounded,
}

/// Who supplies an attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The annotation, by its context or by an argument.
    Argument,
    /// The returned value, through [`Outcome`](crate::Outcome) and [`ErrorType`](crate::ErrorType).
    Outcome,
    /// This library: a constant of the metric, or one of the HTTP layers.
    Layer,
}

/// One attribute of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The OpenTelemetry name, `kms.secret.path`.
    pub key: &'static str,
    /// The name in an annotation, `secret_path`; `None` where the annotation does not supply it.
    pub argument: Option<&'static str>,
    /// Whether it must be given.
    pub requirement: Requirement,
    /// Whether a required attribute may be given as `None`, when nobody has been identified.
    pub nullable: bool,
    /// The type of the value.
    pub value_type: ValueType,
    /// Whether the number of values is bounded.
    pub growth: Growth,
    /// Whether the value names a person or a machine.
    pub personal: bool,
    /// Who supplies it.
    pub source: Source,
}

/// One instrument of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instrument {
    /// The name in an annotation; of a companion, its operation's.
    pub short_name: &'static str,
    /// The OpenTelemetry name.
    pub name: &'static str,
    /// Counter, histogram or gauge.
    pub kind: Kind,
    /// The unit, in UCUM notation.
    pub unit: &'static str,
    /// The description, which becomes the help text of an exposition.
    pub description: &'static str,
    /// The upper bounds of a histogram's buckets; empty for the others.
    pub buckets: &'static [f64],
    /// The attributes, sorted by key.
    pub attributes: &'static [Attribute],
}

kms_metrics_macros::__builtin_catalogue!();
