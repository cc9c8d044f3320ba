//! What is wrong with a server's TLS, in words.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError, InvalidMessage};

/// Why there is no TLS with a server, if that is what an error is about at its bottom. Asking the
/// same server again does not help until somebody has done something about it.
pub fn why_not(error: &(dyn Error + 'static)) -> Option<String> {
    let words = match find(error)? {
        TlsError::InvalidCertificate(error) => certificate(error),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "it does not speak TLS, so that its address begins with http://".to_owned()
        }
        TlsError::General(words) => words.clone(),
        _ => return None,
    };
    Some(words)
}

fn certificate(error: &CertificateError) -> String {
    match error {
        // The signature is bad if another one is trusted that has the issuer's name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "this machine does not trust its certificate, nor whoever issued it; SSL_CERT_FILE \
             names a file with certificates to trust instead"
                .to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().take(5).map(|name| name_in(name)).collect();
            let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
            format!("its certificate is not for {} but for {names}", expected.to_str())
        }
        CertificateError::NotValidForName => "its certificate is for another name".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this machine's clock is wrong".to_owned()
        }
        other => format!("its certificate cannot be trusted ({other})"),
    }
}

/// The name in the way in which rustls writes one that a certificate is for: `DnsName("a.b")`.
fn name_in(written: &str) -> &str {
    written.split('"').nth(1).unwrap_or(written)
}

/// The error of TLS in an error. What an [`io::Error`] holds is not what it names as its source.
fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref().and_then(io::Error::get_ref) {
        Some(held) => find(held),
        None => find(error.source()?),
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn told(error: TlsError) -> Option<String> {
        // As a client of HTTP wraps it.
        why_not(&io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error)))
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_in_words() {
        let told = |error| told(TlsError::InvalidCertificate(error)).unwrap();
        assert!(told(CertificateError::UnknownIssuer).contains("SSL_CERT_FILE"));
        assert!(told(CertificateError::Expired).contains("has expired"));
        assert!(told(CertificateError::BadSignature).contains("SSL_CERT_FILE"));
        assert!(told(CertificateError::Revoked).contains("cannot be trusted"));
        let other_name = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("photos.example").unwrap(),
            presented: vec!["DnsName(\"localhost\")".to_owned(), "odd".to_owned()],
        };
        assert_eq!(
            told(other_name),
            "its certificate is not for photos.example but for localhost, odd"
        );
    }

    #[test]
    fn what_is_not_about_tls_has_no_words() {
        assert_eq!(why_not(&io::Error::other("something else")), None);
        assert_eq!(why_not(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
        assert_eq!(told(TlsError::HandshakeNotComplete), None);
    }
}
