async fn log_in(peer: SocketAddr, login: Login) -> LoginResponse {
    let mut __kms_recording = if ::kms_metrics::is_enabled() {
        ::kms_metrics::records::AuthAttempt {
            organization_id: ::core::option::Option::None,
            organization_name: ::core::option::Option::None,
            user_id: ::core::option::Option::None,
            user_email: ::core::option::Option::None,
            identity_id: ::core::option::Option::None,
            identity_name: ::core::option::Option::None,
            client_address: &::kms_metrics::text(&peer.ip()),
            user_agent_original: ::core::option::Option::None,
            auth_method: "universal-auth",
            auth_attempt_username: ::kms_metrics::optional_text(&login.client_id)
                .as_deref(),
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = async move {
        if let ::core::option::Option::Some(__kms_early) = ::kms_metrics::expansion::returns::<
            LoginResponse,
        >() {
            return __kms_early;
        }
        { authenticate(login).await }
    }
        .await;
    if let ::core::option::Option::Some(__kms_early) = &__kms_recording.early() {
        let ret = &__kms_out;
        __kms_recording
            .complete(
                &::kms_metrics::records::AuthAttempt {
                    organization_id: ::kms_metrics::optional_text(&ret.organization_id())
                        .as_deref(),
                    organization_name: ::kms_metrics::optional_text(
                            &ret.organization_name(),
                        )
                        .as_deref(),
                    ..::kms_metrics::records::AuthAttempt::from_early(__kms_early)
                },
            );
    }
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
