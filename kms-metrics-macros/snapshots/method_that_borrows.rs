#[kms_metric(kmip_operation, self.ctx, kmip_operation_type = %self.operation, kmip_client_id = &self.client)]
pub fn object(&mut self, id: &str) -> Option<&mut Object> {
    self.objects.get_mut(id)
}
