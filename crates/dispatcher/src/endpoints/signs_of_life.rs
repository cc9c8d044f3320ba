//! Which endpoints answered about a photo.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use photo_core::ModelName;

/// A model, and the address of one of its endpoints.
pub type EndpointName = (ModelName, String);

/// The endpoints that answered about a photo since they were last looked at.
#[derive(Debug, Default)]
pub struct SignsOfLife(Mutex<HashSet<EndpointName>>);

impl SignsOfLife {
    /// Adds some.
    pub fn add(&self, endpoints: impl IntoIterator<Item = EndpointName>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(endpoints);
    }

    /// Returns them, and forgets them.
    pub fn take(&self) -> HashSet<EndpointName> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
