#[kms_metric(secret_read, ctx, environment = &query.environment, secret_path = &query.path, secret_name = name)]
async fn read_secret(ctx: AuthContext, name: Option<String>, query: ReadQuery) -> Result<Json<Secret>, ApiError> {
    let secret = store.get(&query.path).await?;
    Ok(Json(secret))
}
