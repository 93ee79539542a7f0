//! What a derive does not depend on: the names around it, the name of this crate, the macro that it stands in.

use kms_metrics::{Actor, ErrorType, HasActor, Outcome, Verdict};
use kms_metrics_tests::person;

/// Where the crate is when it is not a dependency by its own name.
mod renamed {
    pub(crate) mod metrics {
        pub(crate) use kms_metrics::*;
    }

    /// Traits of its own in their place show that nothing goes to `::kms_metrics`.
    pub(crate) mod own {
        pub(crate) use kms_metrics::{Actor, Verdict, field};

        pub(crate) trait HasActor {
            fn actor(&self) -> Actor<'_>;
        }
        pub(crate) trait ErrorType {
            fn error_type(&self) -> &'static str;
        }
        pub(crate) trait Outcome {
            fn verdict(&self) -> Verdict;
        }
    }
}

#[test]
fn the_crate_is_where_the_type_says() {
    use renamed::own::{ErrorType, HasActor, Outcome};

    #[derive(kms_metrics::MetricContext)]
    #[metric(crate = renamed::own)]
    struct Context(#[metric(user_id)] &'static str);
    assert_eq!(HasActor::actor(&Context("jane")).user_id, Some("jane"));

    #[derive(kms_metrics::ErrorType)]
    #[metric(crate = renamed::own, error_type = "refused")]
    enum Error {
        Refused,
    }
    assert_eq!(ErrorType::error_type(&Error::Refused), "refused");

    #[derive(kms_metrics::Outcome)]
    #[metric(crate = renamed::own, success)]
    struct Done;
    assert_eq!(Outcome::verdict(&Done), Verdict::success());
}

/// What a program may have in its scope must not change what is derived.
mod surroundings {
    #![deny(warnings)]
    #![allow(dead_code, non_camel_case_types, non_upper_case_globals, reason = "names that nobody should give")]

    use super::renamed::metrics;

    struct Option;
    struct Some;
    struct Result;
    struct kms_metrics;
    trait FieldText {}
    const inner: u8 = 0;

    #[derive(metrics::MetricContext)]
    #[metric(crate = metrics)]
    pub(crate) struct Context<'a, '__a, const N: usize> {
        #[metric(user_id)]
        pub(crate) r#type: &'a str,
        #[metric(user_email)]
        pub(crate) email: &'__a str,
        #[metric(organization, client)]
        pub(crate) session: kms_metrics_tests::AuthContext,
        pub(crate) rest: [u8; N],
    }

    #[derive(metrics::ErrorType)]
    #[metric(crate = super::renamed::metrics)]
    pub(crate) enum Error {
        #[deprecated]
        Old,
        #[metric(transparent)]
        r#New(std::convert::Infallible),
    }

    #[derive(metrics::Outcome)]
    #[metric(crate = metrics)]
    pub(crate) enum Answer {
        #[metric(success)]
        #[deprecated]
        Some,
        #[metric(success, status_code = 204)]
        None,
        #[metric(transparent)]
        Ok(()),
    }

    macro_rules! answers {
        ($name:ident, $class:literal, $ty:ty) => {
            #[derive(metrics::Outcome, Debug)]
            #[metric(crate = metrics)]
            pub(crate) enum $name {
                #[metric(failure = $class)]
                No,
                #[metric(transparent)]
                Inner($ty),
            }
        };
    }
    answers!(Generated, "from_a_macro", metrics::Verdict);
}

#[test]
fn a_derive_is_blind_to_the_names_around_it() {
    let context = surroundings::Context { r#type: "t", email: "e", session: person(), rest: [0; 2] };
    assert_eq!((context.actor(), context.rest.len()), (Actor::user("t", "e"), 2));
    #[expect(deprecated, reason = "old, and there")]
    let old = surroundings::Error::Old;
    assert_eq!(old.error_type(), "old");
    assert_eq!(surroundings::Answer::None.verdict(), Verdict::success().with_status_code(204));
    assert_eq!(surroundings::Generated::No.verdict(), Verdict::failure("from_a_macro"));
    let inner = surroundings::Generated::Inner(Verdict::not_attempted());
    assert_eq!(inner.verdict(), Verdict::not_attempted());
}
