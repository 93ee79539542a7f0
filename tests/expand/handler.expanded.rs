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
    pub async fn read_secret(
        ctx: AuthContext,
        Query(query): Query<ReadQuery>,
    ) -> Result<Html<String>, ApiError> {
        let __kms_recording = if ::kms_metrics::is_enabled() {
            let __kms_organization = ::kms_metrics::expansion::organization(&ctx);
            let __kms_project = ::kms_metrics::expansion::project(&ctx);
            let __kms_actor = ::kms_metrics::expansion::actor(&ctx);
            let __kms_client = ::kms_metrics::expansion::optional_client(&ctx);
            ::kms_metrics::records::SecretRead {
                organization_id: __kms_organization.id,
                organization_name: __kms_organization.name,
                project_id: __kms_project.id,
                project_name: __kms_project.name,
                user_id: __kms_actor.user_id,
                user_email: __kms_actor.user_email,
                identity_id: __kms_actor.identity_id,
                identity_name: __kms_actor.identity_name,
                client_address: __kms_client.address.as_deref(),
                user_agent_original: __kms_client.user_agent,
                environment: "prod",
                secret_path: &::kms_metrics::text(&query.path),
                secret_name: ::kms_metrics::optional_text(&query.name).as_deref(),
            }
                .start()
        } else {
            ::kms_metrics::Recording::disabled()
        };
        let __kms_out = async move {
            if let ::core::option::Option::Some(__kms_early) = ::kms_metrics::expansion::returns::<
                Result<Html<String>, ApiError>,
            >() {
                return __kms_early;
            }
            let _ = (&query, &ctx);
            {
                let name = query.name.ok_or(ApiError::NotFound)?;
                Ok(Html(std::future::ready(ctx.organization_id + &name).await))
            }
        }
            .await;
        if __kms_recording.is_live() {
            __kms_recording
                .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
        }
        __kms_out
    }
    /// `?path=…&name=…`
    pub struct ReadQuery {
        path: String,
        name: Option<String>,
    }
}
