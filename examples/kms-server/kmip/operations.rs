//! The eight operations.

use kms_metrics::kms_metric;

use super::KmipClient;
use super::error::{KmipError, ResultReason};
use super::object::{ManagedObject, ObjectType, State};
use super::ttlv::{Item, Value};
use crate::app::{App, Server};
use crate::crypto;
use crate::model::now;
use crate::store::OBJECTS;

/// How long it is still known that an object has been destroyed.
const DESTROYED_MEMORY: u64 = 600;

macro_rules! operations {
    ($($operation:ident = $name:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $($operation),*
        }

        impl Operation {
            /// The name in the metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$operation => $name),*
                }
            }

            fn parse(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($operation) => Some(Self::$operation),)*
                    _ => None,
                }
            }
        }
    };
}

operations! {
    Create = "create",
    Get = "get",
    GetAttributes = "get_attributes",
    Activate = "activate",
    Revoke = "revoke",
    Destroy = "destroy",
    Locate = "locate",
    Register = "register",
}

impl Operation {
    pub fn of(item: &Item) -> Result<Self, KmipError> {
        let name = enumeration(item, "Operation")?.ok_or_else(|| KmipError::missing("Operation"))?;
        Self::parse(name)
            .ok_or_else(|| KmipError::new(ResultReason::OperationNotSupported, format!("{name} is not supported")))
    }
}

pub struct Answer {
    pub payload: Vec<Item>,
    /// The object that it was about; a Locate is about none.
    pub object: Option<Subject>,
}

pub struct Subject {
    pub id: String,
    name: Option<String>,
}

/// One item of a batch.
#[kms_metric(
    kmip_operation,
    client.context,
    kmip_operation_type = operation.as_str(),
    kmip_client_id = client.id,
    kmip_object_id = |ret| subject(ret).map(|object| &object.id),
    kmip_object_name = |ret| subject(ret).and_then(|object| object.name.as_ref())
)]
pub async fn perform(
    app: &App,
    client: &KmipClient,
    operation: Operation,
    payload: Item,
    placeholder: Option<String>,
) -> Result<Answer, KmipError> {
    let project_id = client.context.project.id.clone();
    app.blocking(move |server| {
        let call = Call { server, project_id, payload, placeholder };
        match operation {
            Operation::Create => call.create(),
            Operation::Get => call.get(),
            Operation::GetAttributes => call.get_attributes(),
            Operation::Activate => call.change(|object| object.activate(now())),
            Operation::Revoke => call.revoke(),
            Operation::Destroy => call.change(|object| object.destroy(now())),
            Operation::Locate => call.locate(),
            Operation::Register => call.register(),
        }
    })
    .await
}

fn subject(returned: &Result<Answer, KmipError>) -> Option<&Subject> {
    returned.as_ref().ok().and_then(|answer| answer.object.as_ref())
}

struct Call<'a> {
    server: &'a Server,
    project_id: String,
    payload: Item,
    placeholder: Option<String>,
}

impl Call<'_> {
    fn create(&self) -> Result<Answer, KmipError> {
        if enumeration(&self.payload, "ObjectType")?.ok_or_else(|| KmipError::missing("ObjectType"))? != "SymmetricKey"
        {
            return Err(KmipError::new(ResultReason::IllegalObjectType, "only a SymmetricKey can be created"));
        }
        let attributes = Attributes::of(&self.payload)?;
        let algorithm = attributes.algorithm.as_deref().ok_or_else(|| KmipError::missing("CryptographicAlgorithm"))?;
        let bits = attributes.length.ok_or_else(|| KmipError::missing("CryptographicLength"))?;
        check_length(algorithm, bits)?;
        let mut material = vec![0; usize::try_from(bits / 8).unwrap_or_default()];
        getrandom::fill(&mut material).map_err(crypto::CryptoError::from)?;
        self.store_new(ObjectType::SymmetricKey, attributes, &material)
    }

    fn register(&self) -> Result<Answer, KmipError> {
        let kind = match enumeration(&self.payload, "ObjectType")?.ok_or_else(|| KmipError::missing("ObjectType"))? {
            "SymmetricKey" => ObjectType::SymmetricKey,
            "SecretData" => ObjectType::SecretData,
            _ => {
                let message = "a SymmetricKey or SecretData can be registered";
                return Err(KmipError::new(ResultReason::IllegalObjectType, message));
            }
        };
        let object = self.payload.child(kind.as_str()).ok_or_else(|| KmipError::missing(kind.as_str()))?;
        let block = object.child("KeyBlock").ok_or_else(|| KmipError::missing("KeyBlock"))?;
        check_format(block)?;
        let material = block.child("KeyValue").and_then(|value| value.child("KeyMaterial"));
        let Value::Bytes(material) = &material.ok_or_else(|| KmipError::missing("KeyMaterial"))?.value else {
            return Err(KmipError::invalid("KeyMaterial", "a byte string"));
        };
        let bits = i32::try_from(material.len() * 8).unwrap_or(i32::MAX);
        let mut attributes = Attributes::of(&self.payload)?;
        let described = integer(block, "CryptographicLength")?.or(attributes.length);
        if material.is_empty() || bits > 65_536 || described.is_some_and(|described| described != bits) {
            return Err(KmipError::invalid("KeyMaterial", "at most 8 KiB, and as long as CryptographicLength says"));
        }
        let algorithm = enumeration(block, "CryptographicAlgorithm")?.map(str::to_owned);
        attributes.algorithm = algorithm.or(attributes.algorithm);
        attributes.length = Some(bits);
        match (kind, attributes.algorithm.as_deref()) {
            (ObjectType::SymmetricKey, None) => return Err(KmipError::missing("CryptographicAlgorithm")),
            (ObjectType::SymmetricKey, Some(algorithm)) => check_length(algorithm, bits)?,
            (ObjectType::SecretData, _) => {}
        }
        self.store_new(kind, attributes, material)
    }

    fn store_new(&self, kind: ObjectType, attributes: Attributes, material: &[u8]) -> Result<Answer, KmipError> {
        if attributes.state.is_some() || attributes.object_type.is_some() {
            let message = "State and ObjectType are not given with the attributes of a new object";
            return Err(KmipError::new(ResultReason::UnsupportedAttribute, message));
        }
        let mut object = ManagedObject {
            id: uuid::Uuid::new_v4().to_string(),
            project_id: self.project_id.clone(),
            object_type: kind,
            name: attributes.name,
            algorithm: attributes.algorithm,
            length: attributes.length,
            usage_mask: attributes.usage_mask,
            state: State::PreActive,
            sealed_material: None,
            created_at: now(),
            activated_at: None,
            deactivated_at: None,
            compromised_at: None,
            destroyed_at: None,
        };
        object.sealed_material = Some(self.server.vault.seal(material, &object.bound_to())?);
        self.server.store.write::<_, KmipError>(|tx| {
            tx.put(OBJECTS, (self.project_id.as_str(), object.id.as_str()), &object)?;
            Ok(tx.forget_due(now())?)
        })?;
        Ok(about(object, Vec::new()))
    }

    fn get(&self) -> Result<Answer, KmipError> {
        check_format(&self.payload)?;
        let object = self.object()?;
        let Some(sealed) = &object.sealed_material else {
            return Err(KmipError::new(ResultReason::ObjectDestroyed, "the object has been destroyed"));
        };
        let material = self.server.vault.open(sealed, &object.bound_to())?;
        let value = Item::structure("KeyValue", vec![Item::new("KeyMaterial", Value::Bytes(material))]);
        let mut block = vec![Item::enumeration("KeyFormatType", "Raw"), value];
        block.extend(object.algorithm.as_deref().map(|it| Item::enumeration("CryptographicAlgorithm", it)));
        block.extend(object.length.map(|it| Item::integer("CryptographicLength", it)));
        let kind = object.object_type.as_str();
        let mut contents = Vec::new();
        if object.object_type == ObjectType::SecretData {
            contents.push(Item::enumeration("SecretDataType", "Password"));
        }
        contents.push(Item::structure("KeyBlock", block));
        let key = Item::structure(kind, contents);
        Ok(about(object, vec![Item::enumeration("ObjectType", kind), key]))
    }

    fn get_attributes(&self) -> Result<Answer, KmipError> {
        let object = self.object()?;
        let mut wanted = Vec::new();
        for item in self.payload.children().iter().filter(|item| item.tag == "AttributeReference") {
            match &item.value {
                Value::Enumeration(tag) => wanted.push(tag.as_str()),
                _ => return Err(KmipError::invalid("AttributeReference", "the tag of an attribute")),
            }
        }
        let mut attributes = object.attributes();
        attributes.retain(|attribute| wanted.is_empty() || wanted.contains(&attribute.tag.as_str()));
        Ok(about(object, vec![Item::structure("Attributes", attributes)]))
    }

    fn revoke(&self) -> Result<Answer, KmipError> {
        let reason = self.payload.child("RevocationReason").ok_or_else(|| KmipError::missing("RevocationReason"))?;
        let code = enumeration(reason, "RevocationReasonCode")?;
        let code = code.ok_or_else(|| KmipError::missing("RevocationReasonCode"))?;
        let compromised = matches!(code, "KeyCompromise" | "CACompromise");
        self.change(|object| object.revoke(compromised, now()))
    }

    fn locate(&self) -> Result<Answer, KmipError> {
        let wanted = Attributes::of(&self.payload)?;
        let most = integer(&self.payload, "MaximumItems")?.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(0));
        let mut found = self.server.store.read(|tx| tx.objects_of(&self.project_id))?;
        found.retain(|object| wanted.describe(object));
        let count = Item::integer("LocatedItems", i32::try_from(found.len()).unwrap_or(i32::MAX));
        let ids = found.iter().take(most).map(|object| Item::text("UniqueIdentifier", &object.id));
        Ok(Answer { payload: std::iter::once(count).chain(ids).collect(), object: None })
    }

    /// Which object is meant.
    fn id(&self) -> Result<&str, KmipError> {
        let given = text(&self.payload, "UniqueIdentifier")?.or(self.placeholder.as_deref());
        given.ok_or_else(|| KmipError::missing("UniqueIdentifier"))
    }

    fn object(&self) -> Result<ManagedObject, KmipError> {
        let id = self.id()?;
        self.server.store.read(|tx| tx.get(OBJECTS, (self.project_id.as_str(), id)))?.ok_or_else(not_found)
    }

    fn change(&self, step: impl FnOnce(&mut ManagedObject) -> Result<(), KmipError>) -> Result<Answer, KmipError> {
        let key = (self.project_id.as_str(), self.id()?);
        let object = self.server.store.write(|tx| {
            let mut object = tx.get(OBJECTS, key)?.ok_or_else(not_found)?;
            step(&mut object)?;
            tx.put(OBJECTS, key, &object)?;
            if let Some(destroyed_at) = object.destroyed_at {
                tx.forget_object_at(destroyed_at + DESTROYED_MEMORY, key.0, key.1)?;
            }
            Ok::<_, KmipError>(object)
        })?;
        Ok(about(object, Vec::new()))
    }
}

fn about(object: ManagedObject, rest: Vec<Item>) -> Answer {
    let id = Item::text("UniqueIdentifier", &object.id);
    let payload = std::iter::once(id).chain(rest).collect();
    Answer { payload, object: Some(Subject { id: object.id, name: object.name }) }
}

fn not_found() -> KmipError {
    KmipError::new(ResultReason::ItemNotFound, "there is no such object")
}

/// The attributes that a client may give, to describe a new object or to find one.
#[derive(Default)]
struct Attributes {
    name: Option<String>,
    algorithm: Option<String>,
    length: Option<i32>,
    usage_mask: Option<i32>,
    object_type: Option<String>,
    state: Option<String>,
}

impl Attributes {
    fn of(payload: &Item) -> Result<Self, KmipError> {
        let mut given = Self::default();
        let Some(attributes) = payload.child("Attributes") else {
            return Ok(given);
        };
        for attribute in attributes.children() {
            match attribute.tag.as_str() {
                "Name" => {
                    let name = text(attribute, "NameValue")?.ok_or_else(|| KmipError::missing("NameValue"))?;
                    given.name = Some(name.to_owned());
                }
                "CryptographicAlgorithm" => given.algorithm = enumeration_of(attribute)?,
                "CryptographicLength" => given.length = integer(attributes, "CryptographicLength")?,
                "CryptographicUsageMask" => given.usage_mask = integer(attributes, "CryptographicUsageMask")?,
                "ObjectType" => given.object_type = enumeration_of(attribute)?,
                "State" => given.state = enumeration_of(attribute)?,
                other => {
                    let message = format!("the attribute {other} is not supported");
                    return Err(KmipError::new(ResultReason::UnsupportedAttribute, message));
                }
            }
        }
        Ok(given)
    }

    /// Whether the object has all of them; a destroyed one is found only by its state.
    fn describe(&self, object: &ManagedObject) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<T>, actual: Option<T>) -> bool {
            wanted.is_none() || wanted == actual
        }
        (self.state.is_some() || !object.state.is_destroyed())
            && agrees(self.state.as_deref(), Some(object.state.as_str()))
            && agrees(self.name.as_deref(), object.name.as_deref())
            && agrees(self.algorithm.as_deref(), object.algorithm.as_deref())
            && agrees(self.length, object.length)
            && agrees(self.usage_mask, object.usage_mask)
            && agrees(self.object_type.as_deref(), Some(object.object_type.as_str()))
    }
}

fn check_length(algorithm: &str, bits: i32) -> Result<(), KmipError> {
    let (allowed, expected) = match algorithm {
        "AES" => (matches!(bits, 128 | 192 | 256), "128, 192 or 256"),
        "ChaCha20" => (bits == 256, "256"),
        "HMACSHA256" => (bits % 8 == 0 && (128..=512).contains(&bits), "128 to 512, whole bytes"),
        _ => return Err(KmipError::invalid("CryptographicAlgorithm", "AES, ChaCha20 or HMACSHA256")),
    };
    if allowed { Ok(()) } else { Err(KmipError::invalid("CryptographicLength", expected)) }
}

fn check_format(parent: &Item) -> Result<(), KmipError> {
    match enumeration(parent, "KeyFormatType")? {
        None | Some("Raw" | "Opaque") => Ok(()),
        Some(other) => {
            let message = format!("keys are raw here, not {other}");
            Err(KmipError::new(ResultReason::KeyFormatTypeNotSupported, message))
        }
    }
}

fn text<'a>(parent: &'a Item, tag: &str) -> Result<Option<&'a str>, KmipError> {
    match parent.child(tag).map(|item| &item.value) {
        None => Ok(None),
        Some(Value::Text(text)) if (1..=1024).contains(&text.len()) => Ok(Some(text)),
        Some(_) => Err(KmipError::invalid(tag, "a text string of 1 to 1024 bytes")),
    }
}

fn integer(parent: &Item, tag: &str) -> Result<Option<i32>, KmipError> {
    match parent.child(tag).map(|item| &item.value) {
        None => Ok(None),
        Some(Value::Integer(value)) => Ok(Some(*value)),
        Some(_) => Err(KmipError::invalid(tag, "an integer")),
    }
}

fn enumeration<'a>(parent: &'a Item, tag: &str) -> Result<Option<&'a str>, KmipError> {
    match parent.child(tag).map(|item| &item.value) {
        None => Ok(None),
        Some(Value::Enumeration(name)) => Ok(Some(name)),
        Some(_) => Err(KmipError::invalid(tag, "an enumeration")),
    }
}

fn enumeration_of(item: &Item) -> Result<Option<String>, KmipError> {
    match &item.value {
        Value::Enumeration(name) => Ok(Some(name.clone())),
        _ => Err(KmipError::invalid(&item.tag, "an enumeration")),
    }
}
