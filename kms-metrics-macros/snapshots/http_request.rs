#[kms_metric(http_request, ctx, http_request_method = request.method.as_str(), http_route = "/kmip")]
async fn serve(ctx: &Connection, request: Request) -> Response {
    ctx.answer(request).await
}
