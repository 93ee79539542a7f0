//! The standard's JSON encoding of TTLV (tag, type, length, value): `{"tag": "BatchCount", "type": "Integer", "value": 1}`.
//!
//! As the KMIP profiles say: the type of a structure may be left out, tags and enumerations are names or hexadecimal
//! numbers, integers may be hexadecimal strings, masks are names joined by `|`, byte strings are hexadecimal digits.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::names;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub tag: String,
    pub value: Value,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Structure(Vec<Item>),
    Integer(i32),
    LongInteger(i64),
    Enumeration(String),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
    /// Seconds since 1970.
    DateTime(i64),
    Interval(u32),
}

/// Without contents: some of them are keys.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.type_name())
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct TtlvError {
    at: String,
    problem: String,
}

impl Value {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Structure(_) => "Structure",
            Self::Integer(_) => "Integer",
            Self::LongInteger(_) => "LongInteger",
            Self::Enumeration(_) => "Enumeration",
            Self::Boolean(_) => "Boolean",
            Self::Text(_) => "TextString",
            Self::Bytes(_) => "ByteString",
            Self::DateTime(_) => "DateTime",
            Self::Interval(_) => "Interval",
        }
    }
}

impl Item {
    pub fn new(tag: &str, value: Value) -> Self {
        Self { tag: tag.to_owned(), value }
    }

    pub fn structure(tag: &str, children: Vec<Self>) -> Self {
        Self::new(tag, Value::Structure(children))
    }

    pub fn text(tag: &str, text: impl Into<String>) -> Self {
        Self::new(tag, Value::Text(text.into()))
    }

    pub fn enumeration(tag: &str, name: &str) -> Self {
        Self::new(tag, Value::Enumeration(name.to_owned()))
    }

    pub fn integer(tag: &str, value: i32) -> Self {
        Self::new(tag, Value::Integer(value))
    }

    pub fn date(tag: &str, seconds: u64) -> Self {
        Self::new(tag, Value::DateTime(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    pub fn children(&self) -> &[Self] {
        match &self.value {
            Value::Structure(children) => children,
            _ => &[],
        }
    }

    pub fn child(&self, tag: &str) -> Option<&Self> {
        self.children().iter().find(|child| child.tag == tag)
    }

    pub fn parse(json: &Json) -> Result<Self, TtlvError> {
        Self::parse_at(json, "the message")
    }

    fn parse_at(json: &Json, parent: &str) -> Result<Self, TtlvError> {
        let wrong = |at: &str, problem: &str| TtlvError { at: at.to_owned(), problem: problem.to_owned() };
        let object = json.as_object().ok_or_else(|| wrong(parent, "expected an object with tag, type and value"))?;
        let tag = object.get("tag").and_then(Json::as_str).ok_or_else(|| wrong(parent, "an item has no tag"))?;
        let tag = names::tag(tag).ok_or_else(|| wrong(parent, "a tag is neither a name nor six hexadecimal digits"))?;
        let at = if parent == "the message" { tag.clone() } else { format!("{parent}/{tag}") };
        let kind = match object.get("type") {
            None => "Structure",
            Some(kind) => kind.as_str().ok_or_else(|| wrong(&at, "the type is not a string"))?,
        };
        let value = object.get("value").ok_or_else(|| wrong(&at, "there is no value"))?;
        let parsed = if kind == "Structure" {
            let children = value.as_array().ok_or_else(|| wrong(&at, "a structure's value is an array"))?;
            Some(Value::Structure(children.iter().map(|child| Self::parse_at(child, &at)).collect::<Result<_, _>>()?))
        } else {
            primitive(&tag, kind, value)
        };
        let parsed = parsed.ok_or_else(|| wrong(&at, &format!("the value is not one of the type {kind:?}")))?;
        Ok(Self { tag, value: parsed })
    }

    pub fn to_json(&self) -> Json {
        let value = match &self.value {
            Value::Structure(children) => {
                return json!({"tag": self.tag, "value": children.iter().map(Self::to_json).collect::<Vec<_>>()});
            }
            Value::Integer(mask) if self.tag == names::USAGE_MASK => json!(names::usage_mask_text(*mask)),
            Value::Integer(value) => json!(value),
            // Beyond 2^52 a JSON number is not exact everywhere.
            Value::LongInteger(value) => json!(format!("0x{value:016x}")),
            Value::Enumeration(name) | Value::Text(name) => json!(name),
            Value::Boolean(value) => json!(value),
            Value::Bytes(bytes) => json!(hex::encode_upper(bytes)),
            Value::DateTime(seconds) => json!(Timestamp::from_second(*seconds).unwrap_or_default().to_string()),
            Value::Interval(seconds) => json!(seconds),
        };
        json!({"tag": self.tag, "type": self.value.type_name(), "value": value})
    }
}

fn primitive(tag: &str, kind: &str, value: &Json) -> Option<Value> {
    let hexadecimal = value.as_str().and_then(|text| text.strip_prefix("0x"));
    Some(match kind {
        "Integer" => Value::Integer(match (hexadecimal, value.as_str()) {
            (Some(digits), _) => u32::from_str_radix(digits, 16).ok()?.cast_signed(),
            (None, Some(mask)) if tag == names::USAGE_MASK => names::usage_mask(mask)?,
            _ => value.as_i64()?.try_into().ok()?,
        }),
        "LongInteger" => Value::LongInteger(match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16).ok()?.cast_signed(),
            None => value.as_i64()?,
        }),
        "Enumeration" => Value::Enumeration(match hexadecimal {
            Some(digits) => names::enumeration(tag, u32::from_str_radix(digits, 16).ok()?),
            None => value.as_str().filter(|name| names::is_name(name))?.to_owned(),
        }),
        "Boolean" => Value::Boolean(match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16).ok()? != 0,
            None => value.as_bool()?,
        }),
        "TextString" => Value::Text(value.as_str()?.to_owned()),
        "ByteString" => Value::Bytes(hex::decode(value.as_str()?).ok()?),
        "DateTime" => Value::DateTime(match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16).ok()?.cast_signed(),
            None => value.as_str()?.parse::<Timestamp>().ok()?.as_second(),
        }),
        "Interval" => Value::Interval(match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => value.as_u64()?.try_into().ok()?,
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &Json) -> Result<Item, String> {
        Item::parse(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_type_survives_the_round_trip() {
        let item = Item::structure(
            "RequestPayload",
            vec![
                Item::integer("CryptographicLength", -1),
                Item::integer("CryptographicUsageMask", 12),
                Item::new("LeaseTime", Value::Interval(7)),
                Item::new("UsageLimitsTotal", Value::LongInteger(i64::MIN)),
                Item::enumeration("Operation", "GetAttributes"),
                Item::new("Fresh", Value::Boolean(true)),
                Item::text("UniqueIdentifier", "ä\"\n"),
                Item::new("KeyMaterial", Value::Bytes(vec![0, 255])),
                Item::date("InitialDate", 1_700_000_000),
                Item::structure("Attributes", vec![]),
            ],
        );
        assert_eq!(Item::parse(&item.to_json()).unwrap(), item);
    }

    #[test]
    fn numbers_may_be_hexadecimal_and_names_codes() {
        let item = parse(&json!({"tag": "0x42005C", "type": "Enumeration", "value": "0x0000000B"})).unwrap();
        assert_eq!(item, Item::enumeration("Operation", "GetAttributes"));
        let item = parse(&json!({"tag": "BatchCount", "type": "Integer", "value": "0xffffffff"})).unwrap();
        assert_eq!(item, Item::integer("BatchCount", -1));
        let mask = json!({"tag": "CryptographicUsageMask", "type": "Integer", "value": "Encrypt|Decrypt"});
        assert_eq!(parse(&mask).unwrap(), Item::integer("CryptographicUsageMask", 12));
        let date = json!({"tag": "ActivationDate", "type": "DateTime", "value": "2001-01-01T10:00:00+10:00"});
        assert_eq!(parse(&date).unwrap().value, Value::DateTime(978_307_200));
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_place() {
        for (json, expected) in [
            (json!([]), "the message: expected an object with tag, type and value"),
            (json!({"value": []}), "the message: an item has no tag"),
            (
                json!({"tag": "not a tag", "value": []}),
                "the message: a tag is neither a name nor six hexadecimal digits",
            ),
            (json!({"tag": "RequestMessage"}), "RequestMessage: there is no value"),
            (json!({"tag": "RequestMessage", "value": {}}), "RequestMessage: a structure's value is an array"),
            (json!({"tag": "RequestMessage", "type": 1, "value": []}), "RequestMessage: the type is not a string"),
            (
                json!({"tag": "RequestMessage", "value": [{"tag": "BatchItem", "value": [7]}]}),
                "RequestMessage/BatchItem: expected an object with tag, type and value",
            ),
        ] {
            assert_eq!(parse(&json).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (kind, value) in [
            ("Integer", json!(4_294_967_296_u64)),
            ("Integer", json!(1.5)),
            ("Integer", json!("0x1ffffffff")),
            ("Integer", json!("Encrypt")),
            ("LongInteger", json!("seven")),
            ("Enumeration", json!(3)),
            ("Enumeration", json!("not a name")),
            ("Boolean", json!("true")),
            ("TextString", json!(null)),
            ("ByteString", json!("ABC")),
            ("ByteString", json!("zz")),
            ("DateTime", json!("yesterday")),
            ("Interval", json!(-1)),
            ("Nonsense", json!(1)),
        ] {
            let refused = parse(&json!({"tag": "BatchCount", "type": kind, "value": value})).unwrap_err();
            assert!(refused.contains(kind), "{kind} {value}: {refused}");
        }
    }
}
