#[kms_metric(
    secret_read,
    organization_id = "o",
    organization_name = "o",
    project_id = "p",
    project_name = "p",
    environment = "prod",
    secret_path = "/"; crate = my::kms_metrics
)]
unsafe extern "C" fn read<'a, const N: usize>(buffer: &'a [u8; N]) -> &'a [u8]
where
    [u8; N]: Sized,
{
    buffer
}
