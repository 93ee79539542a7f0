//! The database: one redb file, records as JSON, every change a transaction that is on the disk when it returns.
//!
//! All of it blocks: call it through [`crate::app::App::blocking`].

use std::borrow::Borrow;
use std::marker::PhantomData;
use std::path::Path;

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kmip::ManagedObject;
use crate::model::{Account, Connection, Project, Secret, SecretKey, Timestamp, Token};

/// A table and the type of its records.
pub struct Records<K: redb::Key + 'static, T>(TableDefinition<'static, K, &'static [u8]>, PhantomData<T>);

impl<K: redb::Key + 'static, T> Records<K, T> {
    const fn named(name: &'static str) -> Self {
        Self(TableDefinition::new(name), PhantomData)
    }
}

pub const META: Records<&str, String> = Records::named("meta");
pub const PROJECTS: Records<&str, Project> = Records::named("projects");
/// By e-mail address or client ID.
pub const ACCOUNTS: Records<&str, Account> = Records::named("accounts");
/// By digest.
pub const TOKENS: Records<&str, Token> = Records::named("tokens");
pub const CONNECTIONS: Records<&str, Connection> = Records::named("connections");
/// By project, environment, path, name.
pub const SECRETS: Records<(&str, &str, &str, &str), Secret> = Records::named("secrets");
/// By project and unique identifier.
pub const OBJECTS: Records<(&str, &str), ManagedObject> = Records::named("kmip-objects");
/// What to delete when: tokens by digest, destroyed KMIP objects by project and identifier.
const EXPIRIES: TableDefinition<'static, (Timestamp, &str, &str, &str), ()> = TableDefinition::new("expiries");

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] redb::Error),
    #[error("database: a record in {table} cannot be read: {error}")]
    Record { table: String, error: serde_json::Error },
    #[error("database: {path}: {error}")]
    Open { path: String, error: Box<dyn std::error::Error + Send + Sync> },
}

/// redb has an error type per kind of call; to us they are one.
trait Redb<T> {
    fn redb(self) -> Result<T, StoreError>;
}

impl<T, E: Into<redb::Error>> Redb<T> for Result<T, E> {
    fn redb(self) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::Database(error.into()))
    }
}

pub struct Store(Database);

impl Store {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Open { path: path.display().to_string(), error };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        }
        let store = Self(Database::create(path).map_err(|error| failed(error.into()))?);
        store.write(|tx| tx.create_tables())?;
        Ok(store)
    }

    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Reader) -> Result<T, E>) -> Result<T, E> {
        work(&Reader(self.0.begin_read().redb()?))
    }

    /// One transaction: all of it if `work` succeeds, nothing of it if it fails.
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Writer) -> Result<T, E>) -> Result<T, E> {
        let writer = Writer(self.0.begin_write().redb()?);
        let value = work(&writer)?;
        writer.0.commit().redb()?;
        Ok(value)
    }
}

pub struct Reader(ReadTransaction);

impl Reader {
    pub fn get<'k, K: redb::Key, T: DeserializeOwned>(
        &self,
        records: Records<K, T>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<Option<T>, StoreError> {
        get_from(&self.0.open_table(records.0).redb()?, records, key)
    }

    pub fn secret(&self, key: SecretKey<'_>) -> Result<Option<Secret>, StoreError> {
        self.get(SECRETS, secret_key(key))
    }

    /// The secrets of one folder by name.
    pub fn secrets_in(
        &self,
        project_id: &str,
        environment: &str,
        path: &str,
    ) -> Result<Vec<(String, Secret)>, StoreError> {
        let table = self.0.open_table(SECRETS.0).redb()?;
        let mut found = Vec::new();
        for entry in table.range::<(&str, &str, &str, &str)>((project_id, environment, path, "")..).redb()? {
            let (key, value) = entry.redb()?;
            let (in_project, in_environment, in_path, name) = key.value();
            if (in_project, in_environment, in_path) != (project_id, environment, path) {
                break;
            }
            found.push((name.to_owned(), decode(&SECRETS, value.value())?));
        }
        Ok(found)
    }

    /// The KMIP objects of a project.
    pub fn objects_of(&self, project_id: &str) -> Result<Vec<ManagedObject>, StoreError> {
        let table = self.0.open_table(OBJECTS.0).redb()?;
        let mut found = Vec::new();
        for entry in table.range::<(&str, &str)>((project_id, "")..).redb()? {
            let (key, value) = entry.redb()?;
            if key.value().0 != project_id {
                break;
            }
            found.push(decode(&OBJECTS, value.value())?);
        }
        Ok(found)
    }
}

pub struct Writer(WriteTransaction);

impl Writer {
    fn create_tables(&self) -> Result<(), StoreError> {
        self.0.open_table(META.0).redb()?;
        self.0.open_table(PROJECTS.0).redb()?;
        self.0.open_table(ACCOUNTS.0).redb()?;
        self.0.open_table(TOKENS.0).redb()?;
        self.0.open_table(CONNECTIONS.0).redb()?;
        self.0.open_table(SECRETS.0).redb()?;
        self.0.open_table(OBJECTS.0).redb()?;
        self.0.open_table(EXPIRIES).redb()?;
        Ok(())
    }

    pub fn get<'k, K: redb::Key, T: DeserializeOwned>(
        &self,
        records: Records<K, T>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<Option<T>, StoreError> {
        get_from(&self.0.open_table(records.0).redb()?, records, key)
    }

    pub fn put<'k, K: redb::Key, T: Serialize>(
        &self,
        records: Records<K, T>,
        key: impl Borrow<K::SelfType<'k>>,
        record: &T,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_vec(record).map_err(|error| unreadable(&records, error))?;
        self.0.open_table(records.0).redb()?.insert(key, json.as_slice()).redb()?;
        Ok(())
    }

    /// Whether it was there.
    pub fn remove<'k, K: redb::Key, T>(
        &self,
        records: Records<K, T>,
        key: impl Borrow<K::SelfType<'k>>,
    ) -> Result<bool, StoreError> {
        Ok(self.0.open_table(records.0).redb()?.remove(key).redb()?.is_some())
    }

    pub fn secret(&self, key: SecretKey<'_>) -> Result<Option<Secret>, StoreError> {
        self.get(SECRETS, secret_key(key))
    }

    pub fn put_secret(&self, key: SecretKey<'_>, secret: &Secret) -> Result<(), StoreError> {
        self.put(SECRETS, secret_key(key), secret)
    }

    pub fn remove_secret(&self, key: SecretKey<'_>) -> Result<bool, StoreError> {
        self.remove(SECRETS, secret_key(key))
    }

    /// Deletes a token some time after it has expired; until then its bearer is told that it has.
    pub fn forget_token_at(&self, when: Timestamp, digest: &str) -> Result<(), StoreError> {
        self.0.open_table(EXPIRIES).redb()?.insert((when, "token", digest, ""), ()).redb()?;
        Ok(())
    }

    /// Deletes what is left of a destroyed KMIP object.
    pub fn forget_object_at(&self, when: Timestamp, project_id: &str, id: &str) -> Result<(), StoreError> {
        self.0.open_table(EXPIRIES).redb()?.insert((when, "object", project_id, id), ()).redb()?;
        Ok(())
    }

    /// Carries out what was due until now.
    pub fn forget_due(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut tokens = self.0.open_table(TOKENS.0).redb()?;
        let mut objects = self.0.open_table(OBJECTS.0).redb()?;
        let mut expiries = self.0.open_table(EXPIRIES).redb()?;
        let due = ..=(now, "~", "~", "~");
        for entry in expiries.extract_from_if::<(Timestamp, &str, &str, &str), _>(due, |_, ()| true).redb()? {
            let (key, _) = entry.redb()?;
            match key.value() {
                (_, "token", digest, _) => tokens.remove(digest).redb()?.is_some(),
                (_, _, project_id, id) => objects.remove((project_id, id)).redb()?.is_some(),
            };
        }
        Ok(())
    }
}

fn secret_key(key: SecretKey<'_>) -> (&str, &str, &str, &str) {
    (key.project_id, key.environment, key.path, key.name)
}

fn get_from<'k, K: redb::Key, T: DeserializeOwned>(
    table: &impl ReadableTable<K, &'static [u8]>,
    records: Records<K, T>,
    key: impl Borrow<K::SelfType<'k>>,
) -> Result<Option<T>, StoreError> {
    table.get(key).redb()?.map(|value| decode(&records, value.value())).transpose()
}

fn decode<K: redb::Key, T: DeserializeOwned>(records: &Records<K, T>, json: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| unreadable(records, error))
}

fn unreadable<K: redb::Key, T>(records: &Records<K, T>, error: serde_json::Error) -> StoreError {
    StoreError::Record { table: redb::TableHandle::name(&records.0).to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TemporaryFile;

    fn token(expires_at: Timestamp) -> Token {
        Token { login: "demo-client".into(), auth_method: crate::model::AuthMethod::UniversalAuth, expires_at }
    }

    const KEY: SecretKey<'_> = SecretKey { project_id: "p", environment: "dev", path: "/", name: "A" };

    fn secret(version: u64) -> Secret {
        Secret { version, sealed_value: "…".into(), comment: String::new(), created_at: 1, updated_at: 2 }
    }

    #[test]
    fn what_was_written_survives_a_restart() {
        let file = TemporaryFile::new();
        Store::open(file.path()).unwrap().write(|tx| tx.put_secret(KEY, &secret(3))).unwrap();
        let reopened = Store::open(file.path()).unwrap();
        assert_eq!(reopened.read(|tx| tx.secret(KEY)).unwrap().unwrap().version, 3);
    }

    #[test]
    fn a_failed_transaction_leaves_nothing() {
        let file = TemporaryFile::new();
        let store = Store::open(file.path()).unwrap();
        let failed: Result<(), StoreError> = store.write(|tx| {
            tx.put_secret(KEY, &secret(1))?;
            Err(StoreError::Open { path: String::new(), error: "no".into() })
        });
        assert!(failed.is_err());
        assert!(store.read(|tx| tx.secret(KEY)).unwrap().is_none());
    }

    #[test]
    fn a_folder_is_listed_without_its_neighbours() {
        let file = TemporaryFile::new();
        let store = Store::open(file.path()).unwrap();
        store
            .write::<_, StoreError>(|tx| {
                for (environment, path, name) in
                    [("dev", "/", "A"), ("dev", "/", "B"), ("dev", "/a", "C"), ("de", "/", "D"), ("prod", "/", "E")]
                {
                    tx.put_secret(SecretKey { project_id: "p", environment, path, name }, &secret(1))?;
                }
                Ok(())
            })
            .unwrap();
        let names: Vec<_> =
            store.read(|tx| tx.secrets_in("p", "dev", "/")).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn only_what_is_due_is_forgotten() {
        let file = TemporaryFile::new();
        let store = Store::open(file.path()).unwrap();
        store
            .write::<_, StoreError>(|tx| {
                for (digest, when) in [("old", 10), ("new", 11)] {
                    tx.put(TOKENS, digest, &token(when))?;
                    tx.forget_token_at(when, digest)?;
                }
                tx.forget_due(10)
            })
            .unwrap();
        assert!(store.read(|tx| tx.get(TOKENS, "old")).unwrap().is_none());
        assert!(store.read(|tx| tx.get(TOKENS, "new")).unwrap().is_some());
    }
}
