//! For tests.

use std::path::{Path, PathBuf};

/// A path for a database of its own; the file goes with it.
pub struct TemporaryFile(PathBuf);

impl TemporaryFile {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("kms-server-{}.redb", uuid::Uuid::new_v4())))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
