//! Why a client may not use the server.

use actix_web::http::StatusCode;
use thiserror::Error;

use crate::http::problem::Problem;

/// Why a request is refused before its path is looked at.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    /// A page of another site asks, of this origin if its browser says so.
    #[error("{}", other_site(.origin.as_deref()))]
    OtherSite { origin: Option<String> },
    /// The request calls the server by a name that is not its own.
    #[error(
        "This server is not called {host:?}, and nothing was done. Call it localhost, or by its IP \
         address; if that name is to lead here, as that of a reverse proxy, its operator lists it in \
         api.allowed_hosts of photo.toml."
    )]
    UnknownHost { host: String },
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        let (status, title) = match error {
            AccessError::OtherSite { .. } => (StatusCode::FORBIDDEN, "Request of another site"),
            AccessError::UnknownHost { .. } => (StatusCode::MISDIRECTED_REQUEST, "Unknown host"),
        };
        Self::new(status, title, &error)
    }
}

fn other_site(origin: Option<&str>) -> String {
    match origin {
        Some(origin) => format!(
            "A page of another site ({origin:?}) asked for this, and nothing was done. If its pages \
             are to use this server, its operator lists that origin in api.allowed_origins of \
             photo.toml."
        ),
        None => {
            "A page of another site asked for this, and nothing was done. If its pages are to use \
                 this server, its operator lists their origin, such as http://localhost:3000, in \
                 api.allowed_origins of photo.toml."
                .to_owned()
        }
    }
}
