#[automatically_derived]
impl<S> ::kms_metrics::HasOrganization for Context<S> {
    type Organization<'__kms> = ::kms_metrics::Organization<'__kms> where Self: '__kms;
    fn organization(&self) -> Self::Organization<'_> {
        ::kms_metrics::Organization {
            id: ::kms_metrics::field::as_text(&self.organization_id),
            name: ::kms_metrics::field::as_text(&self.organization_name),
        }
    }
}
#[automatically_derived]
impl<S> ::kms_metrics::HasProject for Context<S> {
    type Project<'__kms> = ::core::option::Option<::kms_metrics::Project<'__kms>>
    where
        Self: '__kms;
    fn project(&self) -> Self::Project<'_> {
        ::core::option::Option::Some(::kms_metrics::Project {
            id: ::kms_metrics::field::as_text(self.project.as_ref()?),
            name: ::kms_metrics::field::as_text(self.project.as_ref()?),
        })
    }
}
#[automatically_derived]
impl<S> ::kms_metrics::HasActor for Context<S>
where
    S: ::kms_metrics::HasActor,
{
    fn actor(&self) -> ::kms_metrics::Actor<'_> {
        ::kms_metrics::HasActor::actor(&self.session)
    }
}
#[automatically_derived]
impl<S> ::kms_metrics::HasClient for Context<S> {
    type Client<'__kms> = ::kms_metrics::Client<'__kms> where Self: '__kms;
    fn client(&self) -> Self::Client<'_> {
        ::kms_metrics::Client {
            address: ::kms_metrics::field::as_address(&self.peer),
            user_agent: ::kms_metrics::field::as_optional_text(self.user_agent.as_ref()),
        }
    }
}
