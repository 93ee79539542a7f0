#[automatically_derived]
impl ::kms_metrics::Outcome for Login {
    fn verdict(&self) -> ::kms_metrics::Verdict {
        match self {
            Self::LoggedIn { .. } => ::kms_metrics::Verdict::success(),
            Self::Refused => {
                ::kms_metrics::Verdict::failure("invalid_credentials")
                    .with_error_name("WrongPassword")
                    .with_status_code(401u16)
            }
            Self::NoCredential => ::kms_metrics::Verdict::not_attempted(),
            Self::Directory { answer: __kms_inner, .. } => {
                ::kms_metrics::Outcome::verdict(__kms_inner)
            }
        }
    }
}
