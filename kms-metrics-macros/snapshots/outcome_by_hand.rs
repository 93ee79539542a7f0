#[kms_metric(secret_sync, sync, destination = sync.destination, sync_id = sync.id; outcome = verdict_of, count = always)]
async fn sync_secrets(sync: &Sync) -> Result<impl IntoResponse, anyhow::Error> {
    sync.push().await
}
