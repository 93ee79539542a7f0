//! A workspace with one crate per variant, all with the same handlers.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::variants::{VARIANTS, Variant};

/// Writes the workspace; what was built in it before stays.
pub(crate) fn workspace(folder: &Path, handlers: usize) -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
    fs::create_dir_all(folder)?;
    let members: Vec<_> = VARIANTS.iter().map(|variant| variant.name).collect();
    // The same profile as this workspace's, without what differs from machine to machine.
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[profile.dev]\ndebug = \"line-tables-only\"\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // The same versions too.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for variant in &VARIANTS {
        let package = folder.join(variant.name);
        fs::create_dir_all(package.join("src"))?;
        let dependencies = variant.dependencies.replace("KMS_METRICS", &root.join("kms-metrics").to_string_lossy());
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n",
            variant.name
        );
        fs::write(package.join("Cargo.toml"), manifest)?;
        fs::write(package.join("src/lib.rs"), source(variant, handlers))?;
    }
    Ok(())
}

fn source(variant: &Variant, handlers: usize) -> String {
    let mut source = format!("{COMMON}{}", variant.support);
    for number in 0..handlers {
        let _ = write!(source, "\n{}\n{}", variant.attribute, HANDLER.replace("NUMBER", &number.to_string()));
    }
    // A future that nobody could poll would not be compiled to code.
    source.push_str("\n#[must_use]\npub fn all(ctx: &AuthContext) -> Vec<Handler> {\n    vec![\n");
    for number in 0..handlers {
        let _ = writeln!(source, "        Box::pin(handler_{number}(ctx.clone(), String::new(), None)),");
    }
    source.push_str("    ]\n}\n");
    source
}

const COMMON: &str = r#"#![allow(clippy::all)]
use std::future::Future;
use std::pin::Pin;

pub type Handler = Pin<Box<dyn Future<Output = Result<String, ApiError>> + Send>>;

#[derive(Clone, Debug)]
pub struct AuthContext {
    pub organization: String,
    pub project: String,
    pub user: String,
}

#[derive(Clone, Copy, Debug)]
pub enum ApiError {
    NotFound,
    Invalid,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Invalid => "invalid",
        })
    }
}

async fn find(ctx: &AuthContext, path: &str) -> Result<String, ApiError> {
    if path == ctx.project { Err(ApiError::NotFound) } else { Ok(path.to_owned()) }
}
"#;

const HANDLER: &str = r#"pub async fn handler_NUMBER(ctx: AuthContext, path: String, name: Option<String>) -> Result<String, ApiError> {
    let Some(name) = name else {
        return Err(ApiError::Invalid);
    };
    let mut found = find(&ctx, &path).await?;
    if found.len() > NUMBER {
        found.push_str(&name);
    }
    found.insert_str(0, &ctx.user);
    Ok(found)
}
"#;
