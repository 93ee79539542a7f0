unsafe extern "C" fn read<'a, const N: usize>(buffer: &'a [u8; N]) -> &'a [u8]
where
    [u8; N]: Sized,
{
    let __kms_recording = if my::kms_metrics::is_enabled() {
        my::kms_metrics::records::SecretRead {
            organization_id: "o",
            organization_name: "o",
            project_id: "p",
            project_name: "p",
            user_id: ::core::option::Option::None,
            user_email: ::core::option::Option::None,
            identity_id: ::core::option::Option::None,
            identity_name: ::core::option::Option::None,
            client_address: ::core::option::Option::None,
            user_agent_original: ::core::option::Option::None,
            environment: "prod",
            secret_path: "/",
            secret_name: ::core::option::Option::None,
        }
            .start()
    } else {
        my::kms_metrics::Recording::disabled()
    };
    let __kms_out = my::kms_metrics::expansion::call_once(move || -> &'a [u8] {
        buffer
    });
    if __kms_recording.is_live() {
        __kms_recording
            .finish(my::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
