//! How a batch names its models.

use std::collections::HashMap;

use deadpool_redis::redis::ScriptInvocation;
use photo_core::{JobId, ModelName};

/// The models of one call. Each is sent once; the jobs of the call refer to it by its index.
#[derive(Default)]
pub(crate) struct ModelTable<'a> {
    models: Vec<&'a ModelName>,
    indexes: HashMap<&'a ModelName, u32>,
}

impl<'a> ModelTable<'a> {
    /// The model's index. It has one from now on if it had none.
    pub(crate) fn add(&mut self, model: &'a ModelName) -> u32 {
        *self.indexes.entry(model).or_insert_with(|| {
            self.models.push(model);
            u32::try_from(self.models.len() - 1).expect("2^32 names do not fit in memory")
        })
    }

    /// Appends image and model index to a packed batch.
    pub(crate) fn pack_job(&mut self, id: &'a JobId, batch: &mut Vec<u8>) {
        batch.extend_from_slice(id.image.as_bytes());
        batch.extend_from_slice(&self.add(&id.model).to_be_bytes());
    }

    /// The model with this index.
    pub(crate) fn get(&self, index: u32) -> Option<&'a ModelName> {
        self.models.get(usize::try_from(index).ok()?).copied()
    }

    /// How many models there are.
    pub(crate) fn len(&self) -> usize {
        self.models.len()
    }

    /// Adds the names, in the order of their indexes, to a call's arguments.
    pub(crate) fn append_to(&self, call: &mut ScriptInvocation<'_>) {
        for model in &self.models {
            call.arg(model.as_str());
        }
    }
}
