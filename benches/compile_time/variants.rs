//! The contestants: what stands above each handler, and what their crate needs.

/// One generated crate.
pub(crate) struct Variant {
    /// The crate's name.
    pub(crate) name: &'static str,
    /// In the table.
    pub(crate) title: &'static str,
    /// Above each handler; empty for the plain ones.
    pub(crate) attribute: &'static str,
    /// `[dependencies]`, with `KMS_METRICS` where the folder of the crate is.
    pub(crate) dependencies: &'static str,
    /// Beside the handlers.
    pub(crate) support: &'static str,
}

pub(crate) const VARIANTS: [Variant; 5] = [
    Variant { name: "plain", title: "plain", attribute: "", dependencies: "", support: "" },
    Variant {
        name: "kms_metric",
        title: "kms_metric, 13 attributes",
        attribute: r#"#[kms_metrics::kms_metric(secret_read, ctx, environment = "prod", secret_path = path, secret_name = name)]"#,
        dependencies: "kms-metrics = { path = 'KMS_METRICS' }",
        support: IMPLEMENTATIONS,
    },
    Variant {
        name: "tracing_bare",
        title: "tracing::instrument, no fields",
        attribute: "#[tracing::instrument(skip_all)]",
        dependencies: TRACING,
        support: "",
    },
    Variant {
        name: "tracing_fields",
        title: "tracing::instrument, 4 fields and err",
        attribute: "#[tracing::instrument(skip_all, err, fields(\
                    project = ctx.project, environment = \"prod\", path = path, name = name))]",
        dependencies: TRACING,
        support: "",
    },
    Variant {
        name: "autometrics_",
        title: "autometrics",
        attribute: "#[autometrics::autometrics]",
        dependencies: r#"autometrics = { version = "3", features = ["prometheus"] }"#,
        support: "",
    },
];

const TRACING: &str = r#"tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }"#;

const IMPLEMENTATIONS: &str = r#"
impl kms_metrics::ErrorType for ApiError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
        }
    }
}

impl kms_metrics::HasOrganization for AuthContext {
    type Organization<'a> = kms_metrics::Organization<'a>;
    fn organization(&self) -> kms_metrics::Organization<'_> {
        kms_metrics::Organization { id: &self.organization, name: &self.organization }
    }
}

impl kms_metrics::HasProject for AuthContext {
    type Project<'a> = kms_metrics::Project<'a>;
    fn project(&self) -> kms_metrics::Project<'_> {
        kms_metrics::Project { id: &self.project, name: &self.project }
    }
}

impl kms_metrics::HasActor for AuthContext {
    fn actor(&self) -> kms_metrics::Actor<'_> {
        kms_metrics::Actor::user(&self.user, "jane.doe@example.com")
    }
}

impl kms_metrics::HasClient for AuthContext {
    type Client<'a> = kms_metrics::Client<'a>;
    fn client(&self) -> kms_metrics::Client<'_> {
        kms_metrics::Client { address: "192.0.2.7".into(), user_agent: Some("cli/1.0") }
    }
}
"#;
