//! Reading packed answers.

use photo_core::job::Priority;
use photo_core::ports::StoreError;
use photo_core::{ImageKey, UnixMillis};

use crate::redis::error::unexpected;

/// Reads numbers and images one after the other.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| unexpected("a record"))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or_else(|| unexpected("a record"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn image(&mut self) -> Result<ImageKey, StoreError> {
        self.take().map(ImageKey::from_bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, StoreError> {
        self.take().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, StoreError> {
        self.take().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StoreError> {
        self.take().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StoreError> {
        self.take().map(u64::from_be_bytes)
    }

    pub(crate) fn priority(&mut self) -> Result<Priority, StoreError> {
        let index = usize::from(self.u8()?);
        Priority::ALL.get(index).copied().ok_or_else(|| unexpected("a priority"))
    }

    /// A moment, kept in six bytes.
    pub(crate) fn moment(&mut self) -> Result<UnixMillis, StoreError> {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.take::<6>()?);
        Ok(UnixMillis(u64::from_be_bytes(millis)))
    }
}
