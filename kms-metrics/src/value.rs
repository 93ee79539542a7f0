//! Attribute values: what an annotation accepts, as text, without allocating.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// How many bytes of formatted text stay on the stack: an IPv6 address, a UUID, any integer.
const INLINE: usize = 46;

/// The text of an attribute value: borrowed, or formatted on the stack, or, when it is long, on the heap.
#[derive(Clone)]
pub struct Text<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Borrowed(&'a str),
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(String),
}

impl<'a> Text<'a> {
    /// Text that is there already.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Repr::Borrowed(text))
    }

    /// The text that `value` prints. Up to 46 bytes stay on the stack; a `Display` that fails gives what it had
    /// written until then.
    pub fn display(value: &(impl Display + ?Sized)) -> Self {
        let mut text = Self(Repr::Inline { len: 0, bytes: [0; INLINE] });
        let _ = write!(text, "{value}");
        text
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Borrowed(text) => text,
            Repr::Inline { len, bytes } => str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default(),
            Repr::Heap(text) => text,
        }
    }
}

impl Write for Text<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        match &mut self.0 {
            Repr::Inline { len, bytes } => {
                let start = usize::from(*len);
                match bytes.get_mut(start..start + part.len()) {
                    Some(room) => {
                        room.copy_from_slice(part.as_bytes());
                        *len += part.len() as u8;
                    }
                    None => self.0 = Repr::Heap([self.as_str(), part].concat()),
                }
            }
            Repr::Borrowed(text) => self.0 = Repr::Heap([text, part].concat()),
            Repr::Heap(text) => text.push_str(part),
        }
        Ok(())
    }
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text<'_> {}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl From<IpAddr> for Text<'_> {
    /// An IPv4 address mapped into IPv6, as a dual-stack listener reports it, is written as IPv4.
    fn from(address: IpAddr) -> Self {
        Self::display(&address.to_canonical())
    }
}

/// A value for a required string attribute.
///
/// Strings in their usual forms, addresses (`SocketAddr` without its port) and, with the feature `uuid`, UUIDs.
/// Anything else that implements `Display` is given with a `%` in front: `key = %value`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a required string attribute",
    label = "expected a string, an address or a UUID, found `{Self}`",
    note = "to format it through `Display`, write `%` in front: `key = %value`",
    note = "an `Option` is accepted only where the catalogue lets the attribute be absent"
)]
pub trait AttributeText {
    /// The value as text.
    fn attribute_text(&self) -> Text<'_>;
}

macro_rules! borrow_as_str {
    ($($type:ty),* $(,)?) => {$(
        impl AttributeText for $type {
            fn attribute_text(&self) -> Text<'_> {
                Text::borrowed(self)
            }
        }
    )*};
}

borrow_as_str!(str, String, Box<str>, Rc<str>, Arc<str>, Cow<'_, str>, Text<'_>);

impl<T: AttributeText + ?Sized> AttributeText for &T {
    fn attribute_text(&self) -> Text<'_> {
        (**self).attribute_text()
    }
}

impl<T: AttributeText + ?Sized> AttributeText for &mut T {
    fn attribute_text(&self) -> Text<'_> {
        (**self).attribute_text()
    }
}

impl AttributeText for IpAddr {
    fn attribute_text(&self) -> Text<'_> {
        (*self).into()
    }
}

impl AttributeText for Ipv4Addr {
    fn attribute_text(&self) -> Text<'_> {
        IpAddr::V4(*self).into()
    }
}

impl AttributeText for Ipv6Addr {
    fn attribute_text(&self) -> Text<'_> {
        IpAddr::V6(*self).into()
    }
}

impl AttributeText for SocketAddr {
    fn attribute_text(&self) -> Text<'_> {
        self.ip().into()
    }
}

#[cfg(feature = "uuid")]
impl AttributeText for uuid::Uuid {
    fn attribute_text(&self) -> Text<'_> {
        Text::display(self)
    }
}

/// A value for an attribute that may be absent: what a required one accepts, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an optional string attribute",
    label = "expected a string, an address, a UUID or an `Option` of one, found `{Self}`",
    note = "to format it through `Display`, write `%` in front: `key = %value`"
)]
pub trait OptionalText {
    /// The value as text, if there is one.
    fn optional_text(&self) -> Option<Text<'_>>;
}

impl<T: AttributeText + ?Sized> OptionalText for T {
    fn optional_text(&self) -> Option<Text<'_>> {
        Some(self.attribute_text())
    }
}

impl<T: AttributeText> OptionalText for Option<T> {
    fn optional_text(&self) -> Option<Text<'_>> {
        self.as_ref().map(AttributeText::attribute_text)
    }
}

impl<T: AttributeText> OptionalText for &Option<T> {
    fn optional_text(&self) -> Option<Text<'_>> {
        self.as_ref().map(AttributeText::attribute_text)
    }
}

/// The text of a required value.
pub fn text<T: AttributeText + ?Sized>(value: &T) -> Text<'_> {
    value.attribute_text()
}

/// The text of a value that may be absent.
pub fn optional_text<T: OptionalText + ?Sized>(value: &T) -> Option<Text<'_>> {
    value.optional_text()
}

/// The text that `value` prints.
pub fn display_text<T: Display + ?Sized>(value: &T) -> Text<'static> {
    Text::display(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_without_its_port_and_unmapped() {
        let mapped: SocketAddr = "[::ffff:192.0.2.7]:443".parse().unwrap();
        assert_eq!(&*text(&mapped), "192.0.2.7");
        let v6: SocketAddr = "[2001:db8::1]:443".parse().unwrap();
        assert_eq!(&*text(&v6), "2001:db8::1");
    }

    #[test]
    fn long_display_text_is_whole() {
        let long = "é".repeat(200);
        assert_eq!(&*Text::display(&format_args!("{long}{long}")), long.repeat(2));
    }

    #[test]
    fn the_longest_address_stays_on_the_stack() {
        let longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
        assert!(longest <= INLINE);
        assert!(matches!(Text::display(&"x".repeat(INLINE)).0, Repr::Inline { .. }));
    }
}
