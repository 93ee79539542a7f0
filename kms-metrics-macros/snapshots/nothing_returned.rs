#[kms_metric(integration_sync, job, integration = job.integration, integration_id = job.id)]
fn sync(job: &Job) {
    job.run();
}
