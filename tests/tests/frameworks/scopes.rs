//! Where a function stands: among names that hide the standard library's, inside another function, and inside what a
//! macro generates.

use kms_metrics::kms_metric;
use kms_metrics::testing::capture;
use kms_metrics_tests::{ApiError, AuthContext, person, ready};

use super::{READS, errors, read};

/// Every name that the expansion could mean by accident means something else here.
mod hidden {
    #![expect(dead_code, reason = "they are here to be in the way")]

    use ::kms_metrics::kms_metric;
    use kms_metrics_tests::{ApiError, AuthContext};

    mod kms_metrics {}
    mod core {}
    mod std {}
    struct Option;
    struct Some;
    struct None;
    struct Result;
    struct Ok;
    struct Err;
    struct Box;
    struct String;
    struct Recording;
    trait Into {}
    trait Deref {}
    trait FnOnce {}
    const fn drop() {}

    type Read<T> = ::core::result::Result<T, ApiError>;

    #[kms_metric(secret_read, ctx, environment = "e", secret_path = path, secret_name = |read| read.as_ref().ok())]
    pub(super) async fn asynchronous(ctx: &AuthContext, path: &'static str) -> Read<&'static str> {
        ::core::future::ready(ctx).await;
        if path.is_empty() { Read::Err(ApiError::NotFound) } else { Read::Ok(path) }
    }

    #[kms_metric(secret_read, ctx, environment = %out, secret_path = recording; count = always)]
    pub(super) fn synchronous(ctx: &AuthContext, recording: &str, out: u8) -> usize {
        let result = out;
        ctx.project_id.len() + recording.len() + usize::from(result)
    }

    #[kms_metric(kmip_operation, ctx, kmip_operation_type = "get", kmip_client_id = client, kmip_object_id = it)]
    pub(super) fn nothing(ctx: &AuthContext, client: &str, it: ::core::option::Option<&str>) {
        let (_, _, _) = (ctx, client, it);
    }
}

#[test]
fn names_that_hide_the_standard_librarys() {
    assert_eq!(read(|| assert_eq!(ready(hidden::asynchronous(&person(), "/a")), Ok("/a"))), ["/a"]);
    assert_eq!(read(|| assert_eq!(hidden::synchronous(&person(), "b", 7), 17)), ["b"]);
    let capture = capture();
    assert!(ready(hidden::asynchronous(&person(), "")).is_err());
    assert_eq!(errors(&capture), ["not_found"]);
    hidden::nothing(&person(), "client", Some("object"));
    assert_eq!(capture.point("kms.kmip.operation.count").attributes["kms.kmip.object.id"], "object");
}

fn outer(ctx: &AuthContext, path: &str) -> Result<usize, ApiError> {
    #[kms_metric(secret_read, ctx, environment = "e", secret_path = path)]
    fn inner(ctx: &AuthContext, path: &str) -> Result<usize, ApiError> {
        #[kms_metric(secret_read, ctx, environment = "e", secret_path = "innermost")]
        async fn innermost(ctx: &AuthContext) -> usize {
            std::future::ready(ctx.project_id.len()).await
        }
        Ok(ready(innermost(ctx)) + path.len())
    }
    inner(ctx, path).map(|length| length + 1)
}

#[test]
fn functions_inside_functions() {
    assert_eq!(read(|| assert_eq!(outer(&person(), "/a"), Ok(12))), ["/a", "innermost"]);
}

/// Its own `ctx`, `path` and `out` are not those of the caller.
macro_rules! handler {
    ($name:ident, $path:expr) => {
        #[kms_metric(secret_read, ctx, environment = "e", secret_path = $path, secret_name = path)]
        async fn $name(ctx: &AuthContext, path: &str) -> Result<usize, ApiError> {
            let out = std::future::ready(path.len()).await;
            if out == 0 { Err(ApiError::NotFound) } else { Ok(out + ctx.project_id.len()) }
        }
    };
    ($(#[$attribute:meta])* fn $name:ident($ctx:ident: $context:ty $(, $argument:ident: $type:ty)*) $body:block) => {
        $(#[$attribute])*
        #[kms_metric(secret_read, $ctx, environment = "e", secret_path = stringify!($name) $(, secret_name = $argument)*)]
        fn $name($ctx: $context $(, $argument: $type)*) -> usize $body
    };
    ($metric:ident, $key:ident = $value:literal, $name:ident, $ctx:expr, $late:expr) => {
        #[kms_metric($metric, $ctx, environment = "e", $key = $value, secret_name = |ret| *ret)]
        fn $name() -> Option<&'static str> {
            $late
        }
    };
}

handler!(named, "of the macro's caller");
handler!(constant, PATH);
handler! {
    /// With a body of its own.
    #[inline]
    fn with_a_body(request: &AuthContext, name: &str) {
        let recording = name.len();
        recording + request.project_id.len()
    }
}
handler!(secret_read, secret_path = "computed", computed, person(), Some("late"));

const PATH: &str = "constant";

#[test]
fn functions_that_a_macro_generates() {
    assert_eq!(read(|| assert_eq!(ready(named(&person(), "a")), Ok(10))), ["of the macro's caller"]);
    assert_eq!(read(|| assert_eq!(ready(constant(&person(), "a")), Ok(10))), ["constant"]);
    assert_eq!(read(|| assert_eq!(with_a_body(&person(), "four"), 13)), ["with_a_body"]);
    let capture = capture();
    assert_eq!(computed(), Some("late"));
    let attributes = capture.point(READS).attributes;
    assert_eq!((&*attributes["kms.secret.path"], &*attributes["kms.secret.name"]), ("computed", "late"));
    assert!(ready(named(&person(), "")).is_err());
    assert_eq!(errors(&capture), ["not_found"]);
}

/// Items of a macro, with methods and their `self`.
macro_rules! service {
    ($name:ident { $($method:ident => $path:literal),* }) => {
        struct $name(AuthContext);

        impl $name {
            $(
                #[kms_metric(secret_read, self.0, environment = "e", secret_path = $path)]
                fn $method(&mut self) -> Option<&mut String> {
                    self.0.user_id.as_mut()
                }
            )*
        }
    };
}

service!(Service { first => "/first", second => "/second" });

#[test]
fn methods_that_a_macro_generates() {
    let mut service = Service(person());
    assert_eq!(read(|| assert!(service.first().is_some())), ["/first"]);
    assert_eq!(read(|| assert!(service.second().is_some())), ["/second"]);
}
