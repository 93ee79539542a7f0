fn read<'life0, 'async_trait>(
    &'life0 self,
    path: String,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<Secret, ApiError>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    Box::pin(async move {
        let __kms_recording = if ::kms_metrics::is_enabled() {
            let __kms_context = &self.ctx();
            let __kms_organization = ::kms_metrics::expansion::organization(
                __kms_context,
            );
            let __kms_project = ::kms_metrics::expansion::project(__kms_context);
            let __kms_actor = ::kms_metrics::expansion::actor(__kms_context);
            let __kms_client = ::kms_metrics::expansion::optional_client(__kms_context);
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
                secret_path: &::kms_metrics::text(&path),
                secret_name: ::core::option::Option::None,
            }
                .start()
        } else {
            ::kms_metrics::Recording::disabled()
        };
        let __kms_out = async move {
            if let ::core::option::Option::Some(__kms_early) = ::kms_metrics::expansion::returns::<
                Result<Secret, ApiError>,
            >() {
                return __kms_early;
            }
            {
                let __self = self;
                let path = path;
                let __ret: Result<Secret, ApiError> = { __self.store.get(path).await };
                __ret
            }
        }
            .await;
        if __kms_recording.is_live() {
            __kms_recording
                .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
        }
        __kms_out
    })
}
