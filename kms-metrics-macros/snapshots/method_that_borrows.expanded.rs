pub fn object(&mut self, id: &str) -> Option<&mut Object> {
    let __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_organization = ::kms_metrics::expansion::organization(&self.ctx);
        let __kms_project = ::kms_metrics::expansion::project(&self.ctx);
        let __kms_actor = ::kms_metrics::expansion::actor(&self.ctx);
        let __kms_client = ::kms_metrics::expansion::optional_client(&self.ctx);
        ::kms_metrics::records::KmipOperation {
            organization_id: __kms_organization.id,
            project_id: __kms_project.id,
            identity_id: __kms_actor.identity_id,
            identity_name: __kms_actor.identity_name,
            client_address: __kms_client.address.as_deref(),
            user_agent_original: __kms_client.user_agent,
            kmip_operation_type: &::kms_metrics::display_text(&self.operation),
            kmip_client_id: &::kms_metrics::text(&self.client),
            kmip_object_id: ::core::option::Option::None,
            kmip_object_name: ::core::option::Option::None,
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = ::kms_metrics::expansion::call_once(move || -> Option<&mut Object> {
        self.objects.get_mut(id)
    });
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
