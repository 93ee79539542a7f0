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
        pub fn newest(&mut self) -> Option<&mut String> {
            let __kms_recording = if ::kms_metrics::is_enabled() {
                let __kms_organization = ::kms_metrics::expansion::organization(
                    &self.ctx,
                );
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
                    kmip_operation_type: "locate",
                    kmip_client_id: &::kms_metrics::text(
                        &self.ctx.user_id.as_deref().unwrap_or("none"),
                    ),
                    kmip_object_id: ::core::option::Option::None,
                    kmip_object_name: ::core::option::Option::None,
                }
                    .start()
            } else {
                ::kms_metrics::Recording::disabled()
            };
            let __kms_out = ::kms_metrics::expansion::call_once(move || -> Option<
                &mut String,
            > { self.objects.last_mut() });
            if __kms_recording.is_live() {
                __kms_recording
                    .finish(
                        ::kms_metrics::expansion::Returned::new(&__kms_out).verdict(),
                    );
            }
            __kms_out
        }
    }
}
