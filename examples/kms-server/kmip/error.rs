//! Why an operation failed, in the standard's words.

use kms_metrics::ErrorType;

use crate::crypto::CryptoError;
use crate::store::StoreError;

#[derive(Debug)]
pub struct KmipError {
    pub reason: ResultReason,
    pub message: String,
}

impl KmipError {
    pub fn new(reason: ResultReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    pub fn missing(tag: &str) -> Self {
        Self::new(ResultReason::MissingData, format!("{tag} is required"))
    }

    pub fn invalid(tag: &str, expected: &str) -> Self {
        Self::new(ResultReason::InvalidField, format!("{tag}: expected {expected}"))
    }
}

macro_rules! result_reasons {
    ($($reason:ident = $error_type:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ResultReason {
            $($reason),*
        }

        impl ResultReason {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => stringify!($reason)),*
                }
            }
        }

        impl ErrorType for KmipError {
            fn error_type(&self) -> &'static str {
                match self.reason {
                    $(ResultReason::$reason => $error_type),*
                }
            }
        }
    };
}

result_reasons! {
    ItemNotFound = "item_not_found",
    InvalidMessage = "invalid_message",
    OperationNotSupported = "operation_not_supported",
    MissingData = "missing_data",
    InvalidField = "invalid_field",
    FeatureNotSupported = "feature_not_supported",
    IllegalObjectType = "illegal_object_type",
    KeyFormatTypeNotSupported = "key_format_type_not_supported",
    ObjectDestroyed = "object_destroyed",
    WrongKeyLifecycleState = "wrong_key_lifecycle_state",
    UnsupportedAttribute = "unsupported_attribute",
    UnsupportedProtocolVersion = "unsupported_protocol_version",
    GeneralFailure = "internal_error",
}

macro_rules! general_failure {
    ($($error:ty),*) => {$(
        impl From<$error> for KmipError {
            /// Logged here; the client learns only that it happened.
            fn from(error: $error) -> Self {
                tracing::error!(%error, "a KMIP operation failed");
                Self::new(ResultReason::GeneralFailure, "something went wrong here; the server's log says what")
            }
        }
    )*};
}

general_failure!(StoreError, CryptoError, tokio::task::JoinError);
