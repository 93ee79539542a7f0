fn write(
    ctx: &Project,
    lock: FileLock,
    id: String,
    mut file: BufWriter<File>,
) -> Result<(), SyncError> {
    let __kms_recording = if ::kms_metrics::is_enabled() {
        let __kms_project = ::kms_metrics::expansion::project(&ctx);
        ::kms_metrics::records::SecretSync {
            destination: "vault",
            sync_id: &::kms_metrics::text(&id),
            project_id: __kms_project.id,
        }
            .start()
    } else {
        ::kms_metrics::Recording::disabled()
    };
    let __kms_out = ::kms_metrics::expansion::call_once(move || -> Result<(), SyncError> {
        let _ = (&file, &id, &lock);
        {
            lock.check()?;
            file.write_all(id.as_bytes())?;
            Ok(())
        }
    });
    if __kms_recording.is_live() {
        __kms_recording
            .finish(::kms_metrics::expansion::Returned::new(&__kms_out).verdict());
    }
    __kms_out
}
