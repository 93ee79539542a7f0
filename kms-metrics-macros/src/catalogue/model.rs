//! The catalogue as data: what the definition says, resolved.

use std::collections::BTreeMap;

/// Every attribute and instrument of a definition.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) buckets: BTreeMap<String, Vec<f64>>,
    pub(crate) operations: Vec<Operation>,
}

/// An attribute, independent of the instrument that uses it.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// `kms.secret.path`
    pub(crate) key: String,
    /// `secret_path`
    pub(crate) argument: String,
    pub(crate) doc: String,
    pub(crate) int: bool,
    pub(crate) bounded: bool,
    pub(crate) personal: bool,
    pub(crate) supply: Supply,
}

/// Who gives an attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Supply {
    /// An argument of the annotation, or the context.
    Argument(Option<ContextField>),
    /// The returned value; one of `ending`, `result`, `error_type`, `error_name`, `status_code`, `status_class`.
    Outcome(String),
}

/// Where in a context a value is found: `organization.id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContextField {
    pub(crate) group: Group,
    pub(crate) field: String,
}

/// The attribute groups that a context can supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Organization,
    Project,
    Actor,
    Client,
}

impl Group {
    pub(crate) const ALL: [Self; 4] = [Self::Organization, Self::Project, Self::Actor, Self::Client];

    /// The name in the definition and in generated variables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Project => "project",
            Self::Actor => "actor",
            Self::Client => "client",
        }
    }

    /// The name of the group's struct.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Project => "Project",
            Self::Actor => "Actor",
            Self::Client => "Client",
        }
    }
}

/// Who records an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorder {
    /// An annotation.
    Annotation,
    /// One of the HTTP layers.
    Layer,
    /// The library, about itself.
    Own,
}

/// What one annotation records: some instruments, under one name.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `secret_read`
    pub(crate) name: String,
    /// `SecretRead`; empty for the library's own.
    pub(crate) record: String,
    pub(crate) recorder: Recorder,
    pub(crate) instruments: Vec<Instrument>,
    /// The attributes that the annotation, its context or a layer supplies, in the order of their definition.
    pub(crate) inputs: Vec<Input>,
}

/// A value that an operation is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    /// The index of the attribute.
    pub(crate) attribute: usize,
    pub(crate) requirement: Requirement,
}

#[derive(Debug)]
pub(crate) struct Instrument {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) buckets: Vec<f64>,
    pub(crate) fires: Fires,
    /// Sorted by key.
    pub(crate) labels: Vec<Label>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Histogram,
    Gauge,
}

/// Which calls an instrument counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fires {
    Always,
    Success,
    Failure,
}

/// An attribute of one instrument.
#[derive(Debug)]
pub(crate) struct Label {
    /// The index of the attribute.
    pub(crate) attribute: usize,
    pub(crate) requirement: Requirement,
    pub(crate) value: LabelValue,
}

/// Where a label's value comes from.
#[derive(Debug)]
pub(crate) enum LabelValue {
    /// The attribute's own supply.
    Own,
    /// A constant of the operation.
    Constant(String),
    /// Another attribute's argument, by its index.
    Same(usize),
    /// Another part of the outcome.
    Outcome(String),
}

/// Ordered by strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Requirement {
    Optional,
    /// Must be given, but its value may be absent.
    Nullable,
    Required,
}

impl Catalogue {
    /// The operation that an annotation names.
    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.annotatable().find(|operation| operation.name == name)
    }

    /// The operations that an annotation can name.
    pub(crate) fn annotatable(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.recorder == Recorder::Annotation)
    }

    pub(crate) fn attribute(&self, input: Input) -> &Attribute {
        &self.attributes[input.attribute]
    }
}
