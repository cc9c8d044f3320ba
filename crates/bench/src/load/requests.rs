//! What is asked, over and over.

use std::net::SocketAddr;

use anyhow::ensure;
use bytes::{Buf, Bytes};

use super::form::Form;
use super::wire::{RequestBytes, WireResponse};

/// Requests to one server.
pub struct Requests {
    /// Where it is.
    pub address: SocketAddr,
    /// What it answers if all is well.
    pub expected: u16,
    kind: Kind,
}

enum Kind {
    Upload(Form),
    Get { turn: std::cell::Cell<usize>, of: Vec<Bytes> },
}

impl Requests {
    /// Uploads of a photo that is another one each time.
    pub fn upload(address: SocketAddr, expected: u16, form: Form) -> Self {
        Self { address, expected, kind: Kind::Upload(form) }
    }

    /// GETs of these targets, one after the other.
    pub fn get(address: SocketAddr, targets: &[String]) -> Self {
        let of = targets.iter().map(|target| get(address, target)).collect();
        Self { address, expected: 200, kind: Kind::Get { turn: 0.into(), of } }
    }

    /// The next question.
    pub fn next(&self) -> RequestBytes {
        match &self.kind {
            Kind::Upload(form) => form.fill(),
            Kind::Get { turn, of } => {
                turn.set((turn.get() + 1) % of.len());
                of[turn.get()].clone().chain(Bytes::new())
            }
        }
    }

    /// Fails if the answer is not the one expected.
    pub fn check(&self, answer: &WireResponse<'_>) -> anyhow::Result<()> {
        let WireResponse { status, body } = answer;
        let words = String::from_utf8_lossy(body);
        ensure!(*status == self.expected, "{} answered {status}: {words}", self.address);
        Ok(())
    }
}

/// A GET as it goes over the wire.
pub fn get(address: SocketAddr, target: &str) -> Bytes {
    format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").into()
}
