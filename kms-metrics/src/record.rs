//! What a recording is made of: the values of one operation.

use crate::catalogue::operation::Operation;

/// An attribute value on its way to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// There is none.
    Absent,
    /// A string.
    Str(&'a str),
    /// The beginning of a string that is too long to be kept.
    Cut(&'a str),
    /// An integer.
    Int(i64),
}

impl<'a> Value<'a> {
    /// The text, whole or cut.
    pub(crate) const fn text(self) -> Option<&'a str> {
        match self {
            Self::Str(text) | Self::Cut(text) => Some(text),
            Self::Absent | Self::Int(_) => None,
        }
    }
}

/// The most bytes of a value that are kept and exported. What is cut off is not looked at again, so that a client
/// cannot make the process remember more.
pub(crate) const LONGEST: usize = 256;

/// Marks what was cut.
pub(crate) const CUT: char = '…';

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        if text.len() <= LONGEST {
            Self::Str(text)
        } else {
            Self::Cut(&text[..text.floor_char_boundary(LONGEST - CUT.len_utf8())])
        }
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::from)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Absent, Self::Int)
    }
}

/// A record struct: the values of one operation.
pub trait Record {
    /// The operation.
    const OPERATION: &'static Operation;

    /// The values, in the order of the operation's inputs.
    fn with_values<T>(&self, take: impl FnOnce(&[Value<'_>]) -> T) -> T;
}
