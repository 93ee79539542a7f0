fn create(ctx: &Session, object: &mut Object) -> Result<(), KmipError> {
    let mut __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_organization = ::kms_metrics::expansion::organization(&ctx);
        let __kms_project = ::kms_metrics::expansion::project(&ctx);
        let __kms_actor = ::kms_metrics::expansion::actor(&ctx);
        let __kms_client = ::kms_metrics::expansion::optional_client(&ctx);
        ::kms_metrics::records::KmipOperation {
            organization_id: __kms_organization.id,
            project_id: __kms_project.id,
            identity_id: __kms_actor.identity_id,
            identity_name: __kms_actor.identity_name,
            client_address: __kms_client.address.as_deref(),
            user_agent_original: __kms_client.user_agent,
            kmip_operation_type: "create",
            kmip_client_id: &::kms_metrics::text(&ctx.client_id),
            kmip_object_id: ::core::option::Option::None,
            kmip_object_name: ::core::option::Option::None,
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = ::kms_metrics::expansion::call_once(|| -> Result<(), KmipError> {
        object.id = ctx.store.insert()?;
        Ok(())
    });
    if let ::core::option::Option::Some(__kms_early) = &__kms_recording.early() {
        let _ret = &__kms_out;
        __kms_recording
            .complete(
                &::kms_metrics::records::KmipOperation {
                    kmip_object_id: ::kms_metrics::optional_text(&object.id).as_deref(),
                    ..::kms_metrics::records::KmipOperation::from_early(__kms_early)
                },
            );
    }
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
