#[kms_metric(
    auth_attempt,
    auth_method = "universal-auth",
    client_address = peer.ip(),
    auth_attempt_username = &login.client_id,
    organization_id = |ret| ret.organization_id(),
    organization_name = |ret| ret.organization_name(),
)]
async fn log_in(peer: SocketAddr, login: Login) -> LoginResponse {
    authenticate(login).await
}
