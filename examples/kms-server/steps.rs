//! One request per thing that the server can do or refuse: printed as `curl` lines at start, sent by `--demo`, and
//! run by the tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A request, and what it is answered with. `$NAME` in the path or body stands for what an earlier step captured.
pub struct Step {
    pub title: &'static str,
    pub method: &'static str,
    pub path: String,
    pub token: Option<&'static str>,
    pub body: Option<Value>,
    pub capture: Option<Capture>,
    pub status: u16,
    /// Something that the answer contains.
    pub answer: &'static str,
    /// Creates something that stays for a while: not for every round of the demo.
    pub seldom: bool,
}

/// The text between `after` and the next quotation mark, under a name.
#[derive(Clone, Copy)]
pub struct Capture {
    name: &'static str,
    after: &'static str,
}

const TOKEN: Capture = Capture { name: "TOKEN", after: r#""accessToken":""# };
const PERSON: Capture = Capture { name: "PERSON", after: TOKEN.after };
const KEY: Capture = Capture { name: "KEY", after: r#""UniqueIdentifier","type":"TextString","value":""# };

impl Capture {
    pub fn take(self, answer: &str, captured: &mut Captured) {
        if let Some((_, rest)) = answer.split_once(self.after) {
            let value = rest.split('"').next().unwrap_or_default();
            captured.0.insert(self.name, value.to_owned());
        }
    }
}

/// What has been captured so far.
#[derive(Default)]
pub struct Captured(BTreeMap<&'static str, String>);

impl Captured {
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
    }
}

impl Step {
    fn new(title: &'static str, method: &'static str, path: impl Into<String>, status: u16) -> Self {
        let path = path.into();
        Self { title, method, path, token: None, body: None, capture: None, status, answer: "", seldom: false }
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn authenticated(mut self) -> Self {
        self.token = Some("$TOKEN");
        self
    }

    fn by_person(mut self) -> Self {
        self.token = Some("$PERSON");
        self
    }

    fn capture(mut self, capture: Capture) -> Self {
        self.capture = Some(capture);
        self
    }

    fn answer(mut self, part: &'static str) -> Self {
        self.answer = part;
        self
    }

    /// The line to paste into a shell.
    pub fn curl(&self, base: &str) -> String {
        let shell = |text: &str| text.replace('\'', r"'\''").replace("$KEY", r#"'"$KEY"'"#);
        let method = match (self.method, &self.body) {
            ("GET", _) | ("POST", Some(_)) => String::new(),
            (method, _) => format!(" -X {method}"),
        };
        let token = self.token.map(|token| format!(r#" -H "Authorization: Bearer {token}""#)).unwrap_or_default();
        let body = self.body.as_ref().map(|body| shell(&body.to_string()));
        let body = body.map(|body| format!(" -H 'Content-Type: application/json' -d '{body}'")).unwrap_or_default();
        let request = format!("{method}{token} '{base}{}'{body}", shell(&self.path));
        match self.capture {
            None => format!(r"curl -s -w '\n'{request}"),
            Some(Capture { name, after }) => {
                format!(r#"{name}=$(curl -s{request} | sed -n 's/.*{after}\([^"]*\)".*/\1/p')"#)
            }
        }
    }
}

/// All of them, in their order.
pub fn all() -> Vec<Step> {
    [logins(), secrets(), kmip(), syncs(), others()].into_iter().flatten().collect()
}

fn logins() -> Vec<Step> {
    let universal = "/api/v1/auth/universal-auth/login";
    let email = "/api/v1/auth/login";
    vec![
        Step::new("a machine identity logs in with a wrong secret", "POST", universal, 401)
            .body(json!({"clientId": "demo-client", "clientSecret": "wrong"}))
            .answer("invalid_credentials"),
        Step::new("a client that does not exist", "POST", universal, 401)
            .body(json!({"clientId": "nobody", "clientSecret": "wrong"})),
        Step::new("a person logs in with a wrong password", "POST", email, 401)
            .body(json!({"email": "jane.doe@example.com", "password": "wrong"})),
        Step::new("a person logs in; the access token stays in PERSON", "POST", email, 200)
            .body(json!({"email": "jane.doe@example.com", "password": "demo-password"}))
            .capture(PERSON),
        Step::new("a machine identity logs in; the access token stays in TOKEN", "POST", universal, 200)
            .body(json!({"clientId": "demo-client", "clientSecret": "demo-secret"}))
            .capture(TOKEN),
    ]
}

/// Only for the demo: it locks the account for a minute.
pub fn guess() -> Step {
    Step::new("somebody guesses a password", "POST", "/api/v1/auth/login", 401)
        .body(json!({"email": "john.roe@example.com", "password": "password1"}))
}

fn secrets() -> Vec<Step> {
    let at = |name: &str, environment: &str| {
        format!("/api/v3/secrets/raw{name}?workspaceId=demo-project&environment={environment}&secretPath=/")
    };
    let body = |value: &str| json!({"workspaceId": "demo-project", "environment": "dev", "secretPath": "/", "secretValue": value});
    let payments = "/api/v3/secrets/raw/PROVIDER_URL?workspaceId=demo-project&environment=staging&secretPath=/payments";
    let mut forged = Step::new("with a token that is none", "GET", at("/DATABASE_URL", "dev"), 401);
    forged.token = Some("forged");
    let flag = "/api/v3/secrets/raw/FEATURE_FLAG";
    vec![
        Step::new("read a secret", "GET", at("/DATABASE_URL", "dev"), 200).authenticated().answer("postgres://"),
        Step::new("read one in a folder", "GET", payments, 200).authenticated(),
        Step::new("read a folder", "GET", at("", "dev"), 200).authenticated().answer("SESSION_KEY"),
        Step::new("a secret that does not exist", "GET", at("/NOTHING", "dev"), 404).authenticated(),
        Step::new("an environment without access", "GET", at("/DATABASE_URL", "prod"), 403).authenticated(),
        Step::new("a person has access to it", "GET", at("/DATABASE_URL", "prod"), 200).by_person(),
        Step::new(
            "but not to another project",
            "GET",
            "/api/v3/secrets/raw?workspaceId=other-project&environment=dev",
            403,
        )
        .by_person(),
        Step::new("without a token", "GET", at("/DATABASE_URL", "dev"), 401).answer("missing_token"),
        forged.answer("invalid_token"),
        Step::new("without a project", "GET", "/api/v3/secrets/raw", 400).authenticated(),
        Step::new("create a secret", "POST", flag, 201).authenticated().body(body("on")),
        Step::new("create it again", "POST", flag, 409).authenticated().body(body("on")),
        Step::new("change it", "PATCH", flag, 200).authenticated().body(body("off")),
        Step::new("delete it", "DELETE", flag, 200).authenticated().body(body("")),
    ]
}

fn kmip() -> Vec<Step> {
    let step = |title, items: Vec<Value>| {
        let version = json!([integer("ProtocolVersionMajor", 2), integer("ProtocolVersionMinor", 1)]);
        let count = integer("BatchCount", items.len());
        let header = json!({"tag": "RequestHeader", "value": [{"tag": "ProtocolVersion", "value": version}, count]});
        let message = std::iter::once(header).chain(items).collect::<Vec<_>>();
        let mut step = Step::new(title, "POST", "/kmip/2_1", 200).authenticated();
        step.seldom = true;
        step.body(json!({"tag": "RequestMessage", "value": message})).answer(r#""value":"Success""#)
    };
    let key = || json!({"tag": "UniqueIdentifier", "type": "TextString", "value": "$KEY"});
    let on_key = |operation| item(operation, vec![key()]);
    let aes = |value| vec![enumeration("CryptographicAlgorithm", "AES"), integer("CryptographicLength", 256), value];
    let name = |name: &str| {
        let value = json!({"tag": "NameValue", "type": "TextString", "value": name});
        json!({"tag": "Name", "value": [value, enumeration("NameType", "UninterpretedTextString")]})
    };
    let attributes = |attributes: Vec<Value>| json!({"tag": "Attributes", "value": attributes});
    let usage = json!({"tag": "CryptographicUsageMask", "type": "Integer", "value": "Encrypt|Decrypt"});
    let symmetric = || enumeration("ObjectType", "SymmetricKey");
    let created = attributes(aes(usage).into_iter().chain([name("disk-encryption")]).collect());
    let material =
        json!({"tag": "KeyMaterial", "type": "ByteString", "value": "00112233445566778899AABBCCDDEEFF".repeat(2)});
    let block = aes(json!({"tag": "KeyValue", "value": [material]}));
    let block = json!({"tag": "KeyBlock", "value": std::iter::once(enumeration("KeyFormatType", "Raw")).chain(block).collect::<Vec<_>>()});
    let registered = json!({"tag": "SymmetricKey", "value": [block]});
    let reason =
        json!({"tag": "RevocationReason", "value": [enumeration("RevocationReasonCode", "CessationOfOperation")]});
    let mut locate = step("KMIP Locate", vec![item("Locate", vec![attributes(vec![name("disk-encryption")])])]);
    locate.seldom = false;
    vec![
        step("KMIP Create; its identifier stays in KEY", vec![item("Create", vec![symmetric(), created])]).capture(KEY),
        step("KMIP Get", vec![on_key("Get")]).answer("KeyMaterial"),
        step("KMIP GetAttributes", vec![on_key("GetAttributes")]).answer("PreActive"),
        locate,
        step("KMIP Activate", vec![on_key("Activate")]),
        step("KMIP Destroy of an active key, which is refused", vec![on_key("Destroy")])
            .answer("WrongKeyLifecycleState"),
        step("KMIP Revoke", vec![item("Revoke", vec![key(), reason])]),
        step("KMIP Destroy", vec![on_key("Destroy")]),
        step(
            "KMIP Register; its identifier stays in KEY",
            vec![item("Register", vec![symmetric(), attributes(vec![name("backup-key")]), registered])],
        )
        .capture(KEY),
        step("KMIP, two operations in one batch", vec![on_key("GetAttributes"), item("Destroy", vec![])]),
    ]
}

fn item(operation: &str, payload: Vec<Value>) -> Value {
    let payload = json!({"tag": "RequestPayload", "value": payload});
    json!({"tag": "BatchItem", "value": [enumeration("Operation", operation), payload]})
}

fn enumeration(tag: &str, name: &str) -> Value {
    json!({"tag": tag, "type": "Enumeration", "value": name})
}

fn integer(tag: &str, value: usize) -> Value {
    json!({"tag": tag, "type": "Integer", "value": value})
}

fn syncs() -> Vec<Step> {
    let step = |title, path: &str, status| Step::new(title, "POST", path, status).authenticated();
    let refused = |title, path: &str| step(title, path, 502).answer("auth_error");
    vec![
        step("an integration pushes a folder", "/api/v1/integrations/demo-integration/sync", 200),
        refused("an integration is refused", "/api/v1/integrations/refused-integration/sync"),
        step("push what differs", "/api/v1/secret-syncs/demo-sync/sync-secrets", 200).answer("pushed"),
        refused("… refused", "/api/v1/secret-syncs/refused-sync/sync-secrets"),
        step("… to where nobody listens", "/api/v1/secret-syncs/unreachable-sync/sync-secrets", 502)
            .answer("network_error"),
        step("import what is new there", "/api/v1/secret-syncs/demo-sync/import-secrets", 200).answer("imported"),
        refused("… refused", "/api/v1/secret-syncs/refused-sync/import-secrets"),
        step("remove it there", "/api/v1/secret-syncs/demo-sync/remove-secrets", 200).answer("removed"),
        refused("… refused", "/api/v1/secret-syncs/refused-sync/remove-secrets"),
        step("a sync that does not exist", "/api/v1/secret-syncs/nothing/sync-secrets", 404),
    ]
}

fn others() -> Vec<Step> {
    vec![
        Step::new("is it alive?", "GET", "/healthz", 200).answer("ok"),
        Step::new("a route that does not exist", "GET", "/api/v9/nothing", 404),
    ]
}
