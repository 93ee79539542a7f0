//! What `scripts/test-expand` shows to `cargo expand`: one module per snapshot beside this file.

#![deny(clippy::pedantic, clippy::nursery, unused)]
#![expect(missing_debug_implementations, reason = "a derive would be expanded too")]

pub mod handler {
    //! A handler of a web framework: `handler.expanded.rs`.

    use axum::extract::Query;
    use axum::response::Html;
    use kms_metrics::kms_metric;
    use kms_metrics_tests::{ApiError, AuthContext};

    /// Answers with a secret.
    ///
    /// # Errors
    ///
    /// When there is none of the name.
    #[kms_metric(secret_read, ctx, environment = "prod", secret_path = query.path, secret_name = query.name)]
    pub async fn read_secret(ctx: AuthContext, Query(query): Query<ReadQuery>) -> Result<Html<String>, ApiError> {
        let name = query.name.ok_or(ApiError::NotFound)?;
        Ok(Html(std::future::ready(ctx.organization_id + &name).await))
    }

    /// `?path=…&name=…`
    pub struct ReadQuery {
        path: String,
        name: Option<String>,
    }
}

pub mod method {
    //! A method that returns what it borrows: `method.expanded.rs`.

    use kms_metrics::kms_metric;
    use kms_metrics_tests::AuthContext;

    /// A connected client.
    pub struct Session {
        ctx: AuthContext,
        objects: Vec<String>,
    }

    impl Session {
        /// The newest object.
        #[kms_metric(kmip_operation, self.ctx, kmip_operation_type = "locate", kmip_client_id = self.ctx.user_id.as_deref().unwrap_or("none"))]
        pub fn newest(&mut self) -> Option<&mut String> {
            self.objects.last_mut()
        }
    }
}

pub mod job {
    //! A function that returns nothing: `job.expanded.rs`.

    use kms_metrics::kms_metric;
    use kms_metrics_tests::AuthContext;

    /// Brings a destination up to date.
    #[kms_metric(secret_removal, ctx, destination = "aws-secrets-manager", sync_id = %id)]
    pub fn remove(ctx: &AuthContext, id: u32, removed: &mut Vec<(String, u32)>) {
        removed.push((ctx.project_id.clone(), id));
    }
}
