#[kms_metric(secret_sync, ctx, destination = "vault", sync_id = id)]
fn write(ctx: &Project, lock: FileLock, id: String, mut file: BufWriter<File>) -> Result<(), SyncError> {
    lock.check()?;
    file.write_all(id.as_bytes())?;
    Ok(())
}
