fn sync(job: &Job) {
    let __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_project = ::kms_metrics::expansion::project(&job);
        ::kms_metrics::records::IntegrationSync {
            integration: &::kms_metrics::text(&job.integration),
            integration_id: &::kms_metrics::text(&job.id),
            project_id: __kms_project.id,
        }
            .start()
            .until_dropped()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    job.run();
}
