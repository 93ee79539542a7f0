struct Context<S> {
    #[metric(organization_id)]
    organization_id: String,
    #[metric(organization_name)]
    organization_name: String,
    #[metric(project_id, project_name)]
    project: Option<String>,
    #[metric(actor)]
    session: S,
    #[metric(client_address)]
    peer: SocketAddr,
    #[metric(user_agent_original)]
    user_agent: Option<String>,
}
