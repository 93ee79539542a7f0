#[kms_metric(secret_read, self.ctx(), environment = "prod", secret_path = path)]
fn read<'life0, 'async_trait>(
    &'life0 self,
    path: String,
) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<Secret, ApiError>> + ::core::marker::Send + 'async_trait>>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    Box::pin(async move {
        let __self = self;
        let path = path;
        let __ret: Result<Secret, ApiError> = { __self.store.get(path).await };
        __ret
    })
}
