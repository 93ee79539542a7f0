//! `POST /kmip/2_1`: KMIP 2.1 in its JSON encoding. The client is the machine identity whose access token comes with
//! the request; its objects live in the identity's project.

mod error;
mod names;
mod object;
mod operations;
mod ttlv;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use serde_json::Value as JsonValue;

pub use self::error::{KmipError, ResultReason};
pub use self::object::ManagedObject;
pub use self::operations::Operation;
use self::ttlv::{Item, Value};
use crate::app::App;
use crate::context::{ApiJson, AuthContext, ProjectContext};
use crate::error::ApiError;
use crate::model::{Actor, now};

const LONGEST_BATCH: usize = 100;

/// A machine identity in its KMIP project.
pub struct KmipClient {
    pub context: ProjectContext,
    pub id: String,
}

impl FromRequestParts<App> for KmipClient {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let auth = AuthContext::from_request_parts(parts, app).await?;
        let Actor::Machine { client_id, kmip_project_id, .. } = &auth.account.actor else {
            return Err(ApiError::Forbidden("KMIP: it is for machine identities".to_owned()));
        };
        let (id, project_id) = (client_id.clone(), kmip_project_id.clone());
        Ok(Self { context: ProjectContext::resolve(app, auth, project_id, None).await?, id })
    }
}

/// The handler. What is not TTLV at all is a bad request; everything else is answered in KMIP.
pub async fn handle(
    State(app): State<App>,
    client: KmipClient,
    ApiJson(message): ApiJson<JsonValue>,
) -> Result<Json<JsonValue>, ApiError> {
    let message = Item::parse(&message).map_err(|error| ApiError::BadRequest(error.to_string()))?;
    let items = match Batch::of(&message) {
        Ok(batch) => batch.perform(&app, &client).await,
        Err(error) => vec![result_item(None, None, Err(error))],
    };
    Ok(Json(response(items).to_json()))
}

struct Batch<'a> {
    items: Vec<&'a Item>,
    continue_after_error: bool,
}

impl<'a> Batch<'a> {
    fn of(message: &'a Item) -> Result<Self, KmipError> {
        let invalid = |problem: &str| KmipError::new(ResultReason::InvalidMessage, problem);
        if message.tag != "RequestMessage" {
            return Err(invalid("expected a RequestMessage"));
        }
        let header = message.child("RequestHeader").ok_or_else(|| invalid("the RequestHeader is missing"))?;
        let version = header.child("ProtocolVersion").ok_or_else(|| invalid("the ProtocolVersion is missing"))?;
        let number = |tag| version.child(tag).map(|item| &item.value);
        match (number("ProtocolVersionMajor"), number("ProtocolVersionMinor")) {
            (Some(Value::Integer(2)), Some(Value::Integer(0 | 1))) => {}
            _ => return Err(KmipError::new(ResultReason::UnsupportedProtocolVersion, "this is KMIP 2.1")),
        }
        let continue_after_error = match header.child("BatchErrorContinuationOption").map(|item| &item.value) {
            None => false,
            Some(Value::Enumeration(name)) if name == "Stop" => false,
            Some(Value::Enumeration(name)) if name == "Continue" => true,
            _ => {
                let message = "BatchErrorContinuationOption: Stop or Continue";
                return Err(KmipError::new(ResultReason::FeatureNotSupported, message));
            }
        };
        let items: Vec<_> = message.children().iter().filter(|item| item.tag == "BatchItem").collect();
        if items.is_empty() || items.len() > LONGEST_BATCH {
            return Err(invalid(&format!("a batch has 1 to {LONGEST_BATCH} items")));
        }
        let count = Value::Integer(i32::try_from(items.len()).unwrap_or(i32::MAX));
        if header.child("BatchCount").is_some_and(|given| given.value != count) {
            return Err(invalid("BatchCount is not the number of items"));
        }
        Ok(Self { items, continue_after_error })
    }

    /// One after the other. An item without a UniqueIdentifier means the object of the one before it.
    async fn perform(self, app: &App, client: &KmipClient) -> Vec<Item> {
        let mut results = Vec::with_capacity(self.items.len());
        let mut placeholder = None;
        for item in self.items {
            let result = match Operation::of(item) {
                Ok(operation) => {
                    let payload = item.child("RequestPayload").cloned();
                    let payload = payload.unwrap_or_else(|| Item::structure("RequestPayload", Vec::new()));
                    operations::perform(app, client, operation, payload, placeholder.clone()).await
                }
                Err(error) => Err(error),
            };
            let failed = result.is_err();
            if let Ok(answer) = &result {
                placeholder = answer.object.as_ref().map(|object| object.id.clone()).or(placeholder);
            }
            let payload = result.map(|answer| answer.payload);
            results.push(result_item(item.child("Operation"), item.child("UniqueBatchItemID"), payload));
            if failed && !self.continue_after_error {
                break;
            }
        }
        results
    }
}

fn result_item(operation: Option<&Item>, id: Option<&Item>, result: Result<Vec<Item>, KmipError>) -> Item {
    let mut item: Vec<_> = operation.into_iter().chain(id).cloned().collect();
    match result {
        Ok(payload) => {
            item.push(Item::enumeration("ResultStatus", "Success"));
            item.push(Item::structure("ResponsePayload", payload));
        }
        Err(error) => {
            item.push(Item::enumeration("ResultStatus", "OperationFailed"));
            item.push(Item::enumeration("ResultReason", error.reason.as_str()));
            item.push(Item::text("ResultMessage", error.message));
        }
    }
    Item::structure("BatchItem", item)
}

fn response(items: Vec<Item>) -> Item {
    let version = vec![Item::integer("ProtocolVersionMajor", 2), Item::integer("ProtocolVersionMinor", 1)];
    let header = vec![
        Item::structure("ProtocolVersion", version),
        Item::date("TimeStamp", now()),
        Item::integer("BatchCount", i32::try_from(items.len()).unwrap_or(i32::MAX)),
    ];
    let header = Item::structure("ResponseHeader", header);
    Item::structure("ResponseMessage", std::iter::once(header).chain(items).collect())
}
