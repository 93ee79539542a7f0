//! What a new database begins with.

use crate::app::Server;
use crate::crypto;
use crate::destination;
use crate::error::ApiError;
use crate::model::{Account, Actor, Connection, ConnectionKind, Grant, Organization, Project, Secret, SecretKey, now};
use crate::secrets::seal_secret;
use crate::store::{ACCOUNTS, CONNECTIONS, META, PROJECTS};

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

const SECRETS: [(&str, &str, &str); 4] = [
    ("/", "DATABASE_URL", "postgres://app@db.internal/app"),
    ("/", "SESSION_KEY", "correct-horse-battery-staple"),
    ("/payments", "PROVIDER_URL", "https://payments.example.com"),
    ("/payments", "PROVIDER_KEY", "not-a-real-key"),
];

/// Makes sure that the root key is the one of this database, and fills a new one.
pub fn prepare(server: &Server) -> Result<(), ApiError> {
    const CHECK: &str = "root-key-check";
    if let Some(sealed) = server.store.read(|tx| tx.get(META, CHECK))? {
        let wrong = |_| ApiError::Internal("the root key is not the one that this database was written with".into());
        server.vault.open(&sealed, &[CHECK]).map_err(wrong)?;
        return Ok(());
    }
    let jane = account(
        Actor::Person { id: "user-jane".into(), email: "jane.doe@example.com".into() },
        "demo-password",
        &ENVIRONMENTS,
    )?;
    // Nobody knows this password: an account to guess at.
    let john = account(
        Actor::Person { id: "user-john".into(), email: "john.roe@example.com".into() },
        &crypto::random_token()?,
        &ENVIRONMENTS,
    )?;
    let machine = Actor::Machine {
        id: "identity-demo".into(),
        name: "demo-app".into(),
        client_id: "demo-client".into(),
        kmip_project_id: "demo-project".into(),
    };
    let machine = account(machine, "demo-secret", &["dev", "staging"])?;
    server.store.write(|tx| {
        for (id, name) in [("demo-project", "Payment Service"), ("other-project", "Billing Service")] {
            let environments = ENVIRONMENTS.map(str::to_owned).to_vec();
            let organization_id = organization().id;
            tx.put(PROJECTS, id, &Project { id: id.into(), name: name.into(), organization_id, environments })?;
        }
        tx.put(ACCOUNTS, "jane.doe@example.com", &jane)?;
        tx.put(ACCOUNTS, "john.roe@example.com", &john)?;
        tx.put(ACCOUNTS, "demo-client", &machine)?;
        for environment in ENVIRONMENTS {
            for (path, name, value) in SECRETS {
                let key = SecretKey { project_id: "demo-project", environment, path, name };
                let sealed_value = seal_secret(server, key, value)?;
                let (created_at, updated_at) = (now(), now());
                let secret = Secret { version: 1, sealed_value, comment: String::new(), created_at, updated_at };
                tx.put_secret(key, &secret)?;
            }
        }
        for (id, kind, credential, url, store) in connections() {
            let connection = Connection {
                id: id.into(),
                kind,
                project_id: "demo-project".into(),
                environment: "dev".into(),
                secret_path: "/".into(),
                destination: "key-value-store".into(),
                url: url.map(str::to_owned),
                store: store.into(),
                sealed_credential: server.vault.seal(credential.as_bytes(), &["connection", id])?,
            };
            tx.put(CONNECTIONS, id, &connection)?;
        }
        let check = server.vault.seal(b"the root key is right", &[CHECK])?;
        Ok(tx.put(META, CHECK, &check)?)
    })
}

type Seed = (&'static str, ConnectionKind, &'static str, Option<&'static str>, &'static str);

fn connections() -> [Seed; 5] {
    use ConnectionKind::{Integration, SecretSync};
    [
        ("demo-integration", Integration, destination::CREDENTIAL, None, "mirror"),
        ("refused-integration", Integration, "a-revoked-credential", None, "mirror"),
        ("demo-sync", SecretSync, destination::CREDENTIAL, None, "app"),
        ("refused-sync", SecretSync, "a-revoked-credential", None, "app"),
        // Nothing listens on the discard port.
        ("unreachable-sync", SecretSync, destination::CREDENTIAL, Some("http://127.0.0.1:9"), "app"),
    ]
}

fn organization() -> Organization {
    Organization { id: "demo-org".into(), name: "Demo Organization".into() }
}

fn account(actor: Actor, password: &str, environments: &[&str]) -> Result<Account, ApiError> {
    let environments = environments.iter().map(|environment| (*environment).to_owned()).collect();
    Ok(Account {
        actor,
        organization: organization(),
        password_hash: crypto::hash_password(password)?,
        grants: vec![Grant { project_id: "demo-project".into(), environments }],
        failed_attempts: 0,
        locked_until: 0,
    })
}
