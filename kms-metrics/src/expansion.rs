//! What an annotation expands to, beside the public types: each does one thing that the expanded code would otherwise
//! have to spell out.
//!
//! Programs do not call these; whoever reads the output of `cargo expand` finds here what they mean.

use std::ops::Deref;

use crate::context::{
    Actor, Client, Definite, HasActor, HasClient, HasOrganization, HasProject, Organization, Project,
};
use crate::outcome::{ErrorType, Outcome, Verdict, error_verdict};
use crate::value::Text;

/// An organization or project that may be absent, as the attributes that it gives: so nothing has to be mapped where
/// they are used, in every annotated function anew.
#[derive(Clone, Copy, Debug)]
pub struct OptionalGroup<'a> {
    /// `kms.organization.id` or `kms.project.id`
    pub id: Option<&'a str>,
    /// `kms.organization.name` or `kms.project.name`
    pub name: Option<&'a str>,
}

/// A client that may be absent, as the attributes that it gives.
#[derive(Clone, Debug)]
pub struct OptionalClient<'a> {
    /// `client.address`
    pub address: Option<Text<'a>>,
    /// `user_agent.original`
    pub user_agent: Option<&'a str>,
}

/// The organization of a context, for a metric that requires one.
pub fn organization<'a, C>(context: &'a C) -> Organization<'a>
where
    C: HasOrganization + ?Sized,
    C::Organization<'a>: Definite<Organization<'a>>,
{
    context.organization().definite()
}

/// The organization of a context, if it has one.
pub fn optional_organization<C: HasOrganization + ?Sized>(context: &C) -> OptionalGroup<'_> {
    match context.organization().into() {
        Some(Organization { id, name }) => OptionalGroup { id: Some(id), name: Some(name) },
        None => OptionalGroup { id: None, name: None },
    }
}

/// The project of a context, for a metric that requires one.
pub fn project<'a, C>(context: &'a C) -> Project<'a>
where
    C: HasProject + ?Sized,
    C::Project<'a>: Definite<Project<'a>>,
{
    context.project().definite()
}

/// The project of a context, if it has one.
pub fn optional_project<C: HasProject + ?Sized>(context: &C) -> OptionalGroup<'_> {
    match context.project().into() {
        Some(Project { id, name }) => OptionalGroup { id: Some(id), name: Some(name) },
        None => OptionalGroup { id: None, name: None },
    }
}

/// Who is asking.
pub fn actor<C: HasActor + ?Sized>(context: &C) -> Actor<'_> {
    context.actor()
}

/// The client of a context, for a metric that requires one.
pub fn client<'a, C>(context: &'a C) -> Client<'a>
where
    C: HasClient + ?Sized,
    C::Client<'a>: Definite<Client<'a>>,
{
    context.client().definite()
}

/// The client of a context, if it has one.
pub fn optional_client<C: HasClient + ?Sized>(context: &C) -> OptionalClient<'_> {
    match context.client().into() {
        Some(Client { address, user_agent }) => OptionalClient { address: Some(address), user_agent },
        None => OptionalClient { address: None, user_agent: None },
    }
}

/// Calls a function body. As an argument, unlike called in place, a closure may return what it borrowed from what it
/// owns, which a method that returns a borrow from `&mut self` does.
#[inline]
pub fn call_once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Names the type that an async block returns, as the signature of the function did; never called.
#[must_use]
pub fn returns<T>() -> Option<T> {
    None
}

/// A returned value, to ask what it means.
///
/// [`verdict`](Self::verdict) is what the value's [`Outcome`] says; without one, of a `Result`, a success or what the
/// error's [`ErrorType`] says (of results in results, the innermost); of anything else a success.
///
/// ```
/// use kms_metrics::expansion::Returned;
/// use kms_metrics::{ErrorType, Verdict};
///
/// struct NotFound;
/// impl ErrorType for NotFound {
///     fn error_type(&self) -> &'static str {
///         "not_found"
///     }
/// }
///
/// struct Secret;
/// assert_eq!(Returned::new(&Secret).verdict(), Verdict::success());
/// assert_eq!(Returned::new(&Ok::<_, NotFound>(Secret)).verdict(), Verdict::success());
/// assert_eq!(Returned::new(&Err::<Secret, _>(NotFound)).verdict(), Verdict::failure("not_found"));
/// ```
// Which of the four methods is called is decided by the type: a method is not considered where its implementation's
// bounds do not hold, and the next is found through `Deref`. A bound on the method itself is an error instead.
#[derive(Debug)]
pub struct Returned<'a, T: ?Sized>(NestedResult<'a, T>);

#[doc(hidden)]
#[derive(Debug)]
pub struct NestedResult<'a, T: ?Sized>(PlainResult<'a, T>);

#[doc(hidden)]
#[derive(Debug)]
pub struct PlainResult<'a, T: ?Sized>(PlainValue<'a, T>);

#[doc(hidden)]
#[derive(Debug)]
pub struct PlainValue<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Returned<'a, T> {
    /// Asks about `value`.
    pub const fn new(value: &'a T) -> Self {
        Self(NestedResult(PlainResult(PlainValue(value))))
    }
}

impl<T: Outcome + ?Sized> Returned<'_, T> {
    /// What the value means.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.0.0.0.0.verdict()
    }
}

impl<T, F, E> NestedResult<'_, Result<Result<T, F>, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn verdict(&self) -> Verdict
    where
        F: ErrorType,
        E: ErrorType,
    {
        match self.0.0.0 {
            Ok(Ok(_)) => Verdict::success(),
            Ok(Err(error)) => error_verdict(error),
            Err(error) => error_verdict(error),
        }
    }
}

impl<T, E> PlainResult<'_, Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn verdict(&self) -> Verdict
    where
        E: ErrorType,
    {
        match self.0.0 {
            Ok(_) => Verdict::success(),
            Err(error) => error_verdict(error),
        }
    }
}

impl<T: ?Sized> PlainValue<'_, T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        Verdict::success()
    }
}

impl<'a, T: ?Sized> Deref for Returned<'a, T> {
    type Target = NestedResult<'a, T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T: ?Sized> Deref for NestedResult<'a, T> {
    type Target = PlainResult<'a, T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T: ?Sized> Deref for PlainResult<'a, T> {
    type Target = PlainValue<'a, T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
