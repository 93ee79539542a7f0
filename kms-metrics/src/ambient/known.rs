//! What is known about a request: owned, cloned without copying text (but for an address), and changed a group at a
//! time.

use std::sync::Arc;

use crate::context::{Actor, Client, Organization, Project};
use crate::value::Text;

#[derive(Clone, Default)]
pub(crate) struct Known {
    pub(crate) organization: Option<Named>,
    pub(crate) project: Option<Named>,
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) user_email: Option<Arc<str>>,
    pub(crate) identity_id: Option<Arc<str>>,
    pub(crate) identity_name: Option<Arc<str>>,
    pub(crate) client_address: Option<Text<'static>>,
    pub(crate) user_agent: Option<Arc<str>>,
}

/// An id and the name that goes with it.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) id: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Known {
    pub(crate) fn organization(&self) -> Option<Organization<'_>> {
        self.organization.as_ref().map(|Named { id, name }| Organization { id, name })
    }

    pub(crate) fn project(&self) -> Option<Project<'_>> {
        self.project.as_ref().map(|Named { id, name }| Project { id, name })
    }

    pub(crate) fn actor(&self) -> Actor<'_> {
        Actor {
            user_id: self.user_id.as_deref(),
            user_email: self.user_email.as_deref(),
            identity_id: self.identity_id.as_deref(),
            identity_name: self.identity_name.as_deref(),
        }
    }
}

/// A change of a [`Known`] whose values are copied already, so that it can be made while a lock is held.
pub(crate) trait Change: FnOnce(&mut Known) {}

impl<F: FnOnce(&mut Known)> Change for F {}

pub(crate) fn set_organization(organization: Option<Organization<'_>>) -> impl Change + use<> {
    let organization = organization.map(|Organization { id, name }| Named { id: id.into(), name: name.into() });
    move |known| known.organization = organization
}

pub(crate) fn set_project(project: Option<Project<'_>>) -> impl Change + use<> {
    let project = project.map(|Project { id, name }| Named { id: id.into(), name: name.into() });
    move |known| known.project = project
}

pub(crate) fn set_actor(actor: Actor<'_>) -> impl Change + use<> {
    let [user_id, user_email, identity_id, identity_name] =
        [actor.user_id, actor.user_email, actor.identity_id, actor.identity_name].map(|value| value.map(Arc::from));
    move |known| {
        known.user_id = user_id;
        known.user_email = user_email;
        known.identity_id = identity_id;
        known.identity_name = identity_name;
    }
}

pub(crate) fn set_client(client: Option<Client<'_>>) -> impl Change + use<> {
    let user_agent = client.as_ref().and_then(|client| client.user_agent).map(Arc::from);
    let address = client.map(|client| Text::display(client.address.as_str()));
    move |known| {
        known.client_address = address;
        known.user_agent = user_agent;
    }
}
