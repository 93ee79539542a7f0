#[automatically_derived]
impl<E> ::kms_metrics::ErrorType for LoginError<E>
where
    E: ::kms_metrics::ErrorType,
{
    fn error_type(&self) -> &'static str {
        match self {
            Self::WrongPassword | Self::WrongUser { .. } => "invalid_credentials",
            Self::AccountLocked(..) => "account_locked",
            Self::Pool(__kms_inner) => ::kms_metrics::ErrorType::error_type(__kms_inner),
        }
    }
    fn error_name(&self) -> ::core::option::Option<&'static str> {
        match self {
            Self::WrongPassword | Self::WrongUser { .. } | Self::AccountLocked(..) => {
                ::core::option::Option::None
            }
            Self::Pool(__kms_inner) => ::kms_metrics::ErrorType::error_name(__kms_inner),
        }
    }
    fn status_code(&self) -> ::core::option::Option<u16> {
        match self {
            Self::WrongPassword => ::core::option::Option::Some(401u16),
            Self::WrongUser { .. } | Self::AccountLocked(..) => {
                ::core::option::Option::None
            }
            Self::Pool(__kms_inner) => ::kms_metrics::ErrorType::status_code(__kms_inner),
        }
    }
}
