enum LoginError<E> {
    #[metric(error_type = "invalid_credentials", status_code = 401)]
    WrongPassword,
    #[metric(error_type = "invalid_credentials")]
    WrongUser { name: String },
    AccountLocked(Duration),
    #[metric(transparent)]
    Pool(E),
}
