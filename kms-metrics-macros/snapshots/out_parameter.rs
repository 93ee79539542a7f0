#[kms_metric(kmip_operation, ctx, kmip_operation_type = "create", kmip_client_id = &ctx.client_id, kmip_object_id = |_ret| &object.id)]
fn create(ctx: &Session, object: &mut Object) -> Result<(), KmipError> {
    object.id = ctx.store.insert()?;
    Ok(())
}
