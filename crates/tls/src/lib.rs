//! TLS for clients, which trust the machine's certificates.
//!
//! If `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, the certificates they name are trusted instead.
//! Certificates are read once in a process, when the first server shows its certificate: a program
//! that never uses TLS keeps none in memory, and runs where there are none, as in a bare container.

mod machine;
mod words;

pub use machine::client_config;
pub use words::why_not;
