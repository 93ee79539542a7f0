async fn sync_secrets(sync: &Sync) -> Result<impl IntoResponse, anyhow::Error> {
    let __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_project = ::kms_metrics::expansion::project(&sync);
        ::kms_metrics::records::SecretSync {
            destination: &::kms_metrics::text(&sync.destination),
            sync_id: &::kms_metrics::text(&sync.id),
            project_id: __kms_project.id,
        }
            .start()
            .count(::kms_metrics::Count::Always)
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = async move { { sync.push().await } }.await;
    if __kms_recording.is_live() {
        __kms_recording.finish((verdict_of)(&__kms_out));
    }
    __kms_out
}
