async fn read_secret(
    ctx: AuthContext,
    name: Option<String>,
    query: ReadQuery,
) -> Result<Json<Secret>, ApiError> {
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
            environment: &::kms_metrics::text(&query.environment),
            secret_path: &::kms_metrics::text(&query.path),
            secret_name: ::kms_metrics::optional_text(&name).as_deref(),
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = async move {
        if let ::core::option::Option::Some(__kms_early) = ::kms_metrics::expansion::returns::<
            Result<Json<Secret>, ApiError>,
        >() {
            return __kms_early;
        }
        {
            let secret = store.get(&query.path).await?;
            Ok(Json(secret))
        }
    }
        .await;
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
