enum Login {
    #[metric(success)]
    LoggedIn { session: String },
    #[metric(failure = "invalid_credentials", name = "WrongPassword", status_code = 401)]
    Refused,
    #[metric(not_attempted)]
    NoCredential,
    Directory {
        #[metric(transparent)]
        answer: Result<(), DirectoryError>,
        server: String,
    },
}
