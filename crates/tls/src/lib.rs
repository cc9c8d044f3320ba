//! TLS for clients, which trust whom the machine trusts.
//!
//! What `SSL_CERT_FILE` and `SSL_CERT_DIR` name is trusted in place of the machine's certificates.
//! They are read once in a process, when the first server shows its certificate: a program that
//! meets no TLS has none of them in memory, and runs where there are none, as in a bare container.

mod machine;
mod words;

pub use machine::client_config;
pub use words::why_not;
