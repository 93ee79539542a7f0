pub mod job {
    //! A function that returns nothing: `job.expanded.rs`.
    use kms_metrics::kms_metric;
    use kms_metrics_tests::AuthContext;
    /// Brings a destination up to date.
    pub fn remove(ctx: &AuthContext, id: u32, removed: &mut Vec<(String, u32)>) {
        let __kms_recording = if ::kms_metrics::is_enabled() {
            let __kms_project = ::kms_metrics::expansion::project(&ctx);
            ::kms_metrics::records::SecretRemoval {
                destination: "aws-secrets-manager",
                sync_id: &::kms_metrics::display_text(&id),
                project_id: __kms_project.id,
            }
                .start()
                .until_dropped()
        } else {
            ::kms_metrics::Recording::disabled()
        };
        removed.push((ctx.project_id.clone(), id));
    }
}
