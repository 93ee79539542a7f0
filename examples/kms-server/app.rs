//! What every handler needs.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::crypto::Vault;
use crate::store::Store;
use crate::sync::RemoteStores;

/// How many passwords are hashed at a time: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 4;

pub struct Server {
    pub store: Store,
    pub vault: Vault,
    pub password_hashing: Arc<Semaphore>,
    pub remote_stores: RemoteStores,
}

#[derive(Clone)]
pub struct App(Arc<Server>);

impl App {
    pub fn new(store: Store, vault: Vault, remote_stores: RemoteStores) -> Self {
        let password_hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self(Arc::new(Server { store, vault, password_hashing, remote_stores }))
    }

    /// Runs what blocks (the database, password hashing) on a thread where it may.
    ///
    /// It runs to its end even when the caller goes away: a transaction is never cut in two.
    pub async fn blocking<T, E>(&self, work: impl FnOnce(&Server) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<JoinError> + Send + 'static,
    {
        let server = self.0.clone();
        tokio::task::spawn_blocking(move || work(&server)).await?
    }
}

impl std::ops::Deref for App {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.0
    }
}
