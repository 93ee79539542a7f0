//! A key-value store for the seeded integrations to push to, so that the example needs nothing else: an HTTP service
//! of its own on a free loopback port, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header::AUTHORIZATION};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use crate::sync::StoredSecrets;

/// The one credential that it accepts.
pub const CREDENTIAL: &str = "key-value-store-credential";

#[derive(Clone, Default)]
struct Stores(Arc<Mutex<BTreeMap<String, BTreeMap<String, String>>>>);

impl Stores {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct StoredValue {
    value: String,
}

/// Its base URL.
pub async fn start() -> std::io::Result<String> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stores = Stores::default();
    // Something that only the store knows, for the first import.
    stores
        .lock()
        .entry("app".to_owned())
        .or_default()
        .insert("LEGACY_TOKEN".to_owned(), "left by the old tool".to_owned());
    let router = Router::new()
        .route("/v1/stores/{store}/secrets", get(list).put(replace))
        .route("/v1/stores/{store}/secrets/{name}", put(store_one).delete(delete_one))
        .layer(from_fn(check_credential))
        .with_state(stores);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn check_credential(request: Request, next: Next) -> Result<Response, StatusCode> {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if given != Some(CREDENTIAL) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(next.run(request).await)
}

async fn list(State(stores): State<Stores>, Path(store): Path<String>) -> Json<StoredSecrets> {
    Json(StoredSecrets { secrets: stores.lock().get(&store).cloned().unwrap_or_default() })
}

async fn replace(
    State(stores): State<Stores>,
    Path(store): Path<String>,
    Json(new): Json<StoredSecrets>,
) -> StatusCode {
    stores.lock().insert(store, new.secrets);
    StatusCode::NO_CONTENT
}

async fn store_one(
    State(stores): State<Stores>,
    Path((store, name)): Path<(String, String)>,
    Json(new): Json<StoredValue>,
) -> StatusCode {
    stores.lock().entry(store).or_default().insert(name, new.value);
    StatusCode::NO_CONTENT
}

async fn delete_one(State(stores): State<Stores>, Path((store, name)): Path<(String, String)>) -> StatusCode {
    match stores.lock().get_mut(&store).and_then(|secrets| secrets.remove(&name)) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}
