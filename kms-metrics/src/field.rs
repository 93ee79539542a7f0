//! What [`MetricContext`](derive@crate::MetricContext) takes from a field.
//!
//! A context lends its text for as long as it is borrowed, so a field has to be text already: an id of another type is
//! kept beside its text. Only the client's address may be formatted when it is asked for.

use crate::value::{AttributeText, Text};

/// A field that lends text: every type with `AsRef<str>`, as `String`, `&str`, `Arc<str>`, `Box<str>` and `Cow<str>`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot supply text to a context",
    label = "expected a string, found `{Self}`",
    note = "`String`, `&str`, `Arc<str>`, `Box<str>`, `Cow<str>` and every other type with `AsRef<str>` can, and an `Option` of one",
    note = "keep an id of another type, a number or a UUID, as text in the context, or implement the group's trait by hand"
)]
pub trait FieldText {
    /// The text.
    fn field_text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> FieldText for T {
    fn field_text(&self) -> &str {
        self.as_ref()
    }
}

impl FieldText for Text<'_> {
    fn field_text(&self) -> &str {
        self
    }
}

/// A field that has the client's address: an `IpAddr`, a `SocketAddr` (whose port is left out), or text.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot supply the client's address",
    label = "expected an `IpAddr`, a `SocketAddr` or a string, found `{Self}`"
)]
pub trait FieldAddress {
    /// The address as text.
    fn field_address(&self) -> Text<'_>;
}

#[diagnostic::do_not_recommend]
impl<T: AttributeText + ?Sized> FieldAddress for T {
    fn field_address(&self) -> Text<'_> {
        self.attribute_text()
    }
}

/// The text of a field.
pub fn as_text<T: FieldText + ?Sized>(field: &T) -> &str {
    field.field_text()
}

/// The text of a field that may be absent.
pub fn as_optional_text<T: FieldText + ?Sized>(field: Option<&T>) -> Option<&str> {
    field.map(T::field_text)
}

/// The client's address of a field.
pub fn as_address<T: FieldAddress + ?Sized>(field: &T) -> Text<'_> {
    field.field_address()
}
