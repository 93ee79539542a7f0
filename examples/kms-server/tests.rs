//! The whole server over HTTP.

use std::path::Path;

use tokio::sync::oneshot;

use super::*;
use crate::model::{AuthMethod, Token, now};
use crate::steps::{Captured, Step};
use crate::store::TOKENS;
use crate::testing::TemporaryFile;

struct Running {
    app: App,
    base: String,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(data: &Path) -> Self {
        let key = RootKey::parse(&"07".repeat(32)).unwrap();
        let stores = RemoteStores::new(destination::start().await.unwrap()).unwrap();
        let app = App::new(Store::open(data).unwrap(), Vault::new(&key), stores);
        app.blocking(seed::prepare).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = banner::url(listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let serving = app.clone();
        let task = tokio::spawn(async move {
            serve(serving, listener, async { stopped.await.unwrap_or_default() }).await.unwrap();
        });
        Self { app, base, stop, task }
    }

    async fn stop(self) {
        drop(self.app);
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    async fn expect(&self, step: &Step, captured: &mut Captured) {
        // A client per step: a kept connection would keep the database open.
        let client = demo::client().unwrap();
        if let Err(problem) = demo::send(&client, &self.base, step, captured).await {
            panic!("{}: {problem}", step.title);
        }
    }

    fn put_token(&self, token: &str, expires_at: u64) {
        let record = Token { login: "demo-client".into(), auth_method: AuthMethod::UniversalAuth, expires_at };
        let digest = crypto::token_digest(token);
        self.app.store.write(|tx| tx.put(TOKENS, digest.as_str(), &record)).unwrap();
    }

    async fn status_with(&self, token: &str) -> (u16, String) {
        let url = format!("{}/api/v3/secrets/raw?workspaceId=demo-project&environment=dev", self.base);
        let answer = demo::client().unwrap().get(url).bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_answered_as_it_says_twice() {
    let file = TemporaryFile::new();
    let server = Running::start(file.path()).await;
    let mut captured = Captured::default();
    for step in steps::all().iter().chain(&steps::all()) {
        server.expect(step, &mut captured).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_secrets_and_sessions() {
    let file = TemporaryFile::new();
    let mut captured = Captured::default();
    let steps = steps::all();
    let step = |title: &str| steps.iter().find(|step| step.title.starts_with(title)).unwrap();
    let server = Running::start(file.path()).await;
    server.expect(step("a machine identity logs in; "), &mut captured).await;
    server.expect(step("create a secret"), &mut captured).await;
    server.stop().await;
    let server = Running::start(file.path()).await;
    server.expect(step("create it again"), &mut captured).await;
    server.expect(step("change it"), &mut captured).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_told_from_an_invalid_one() {
    let file = TemporaryFile::new();
    let server = Running::start(file.path()).await;
    server.put_token("fresh", now() + 60);
    server.put_token("stale", now());
    assert_eq!(server.status_with("fresh").await.0, 200);
    let (status, answer) = server.status_with("stale").await;
    assert!(status == 401 && answer.contains("expired_token"), "{status} {answer}");
    let (status, answer) = server.status_with("forged").await;
    assert!(status == 401 && answer.contains("invalid_token"), "{status} {answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_refused_under_another_root_key() {
    let file = TemporaryFile::new();
    Running::start(file.path()).await.stop().await;
    let stores = RemoteStores::new("http://127.0.0.1:9".to_owned()).unwrap();
    let vault = Vault::new(&RootKey::parse(&"08".repeat(32)).unwrap());
    let app = App::new(Store::open(file.path()).unwrap(), vault, stores);
    assert!(app.blocking(seed::prepare).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_the_account() {
    let file = TemporaryFile::new();
    let server = Running::start(file.path()).await;
    let client = demo::client().unwrap();
    let url = format!("{}/api/v1/auth/login", server.base);
    let login = |password: &str| {
        let body = serde_json::json!({"email": "jane.doe@example.com", "password": password});
        client.post(&url).json(&body).send()
    };
    for _ in 0..5 {
        assert_eq!(login("wrong").await.unwrap().status(), 401);
    }
    assert_eq!(login("demo-password").await.unwrap().status(), 401, "the right one is too late");
    server.stop().await;
}
