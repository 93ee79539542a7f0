async fn serve(ctx: &Connection, request: Request) -> Response {
    let __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_organization = ::kms_metrics::expansion::optional_organization(&ctx);
        let __kms_project = ::kms_metrics::expansion::optional_project(&ctx);
        let __kms_actor = ::kms_metrics::expansion::actor(&ctx);
        let __kms_client = ::kms_metrics::expansion::optional_client(&ctx);
        ::kms_metrics::records::HttpRequest {
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
            http_request_method: &::kms_metrics::text(&request.method.as_str()),
            http_route: "/kmip",
            auth_method: ::core::option::Option::None,
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = async move {
        if let ::core::option::Option::Some(__kms_early) = ::kms_metrics::expansion::returns::<
            Response,
        >() {
            return __kms_early;
        }
        { ctx.answer(request).await }
    }
        .await;
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
