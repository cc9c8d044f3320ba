//! Claimed jobs as the scripts answer them.

use photo_core::JobId;
use photo_core::job::{ClaimedJob, Lease};
use photo_core::ports::StoreError;

use super::model_table::ModelTable;
use super::reader::Reader;
use crate::redis::error::unexpected;

/// Reads the jobs that a script has handed out.
pub(crate) fn parse_claimed(
    jobs: &[u8],
    models: &ModelTable<'_>,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let mut reader = Reader::new(jobs);
    let mut claimed = Vec::new();
    while !reader.is_empty() {
        let image = reader.image()?;
        let model = models.get(reader.u32()?).ok_or_else(|| unexpected("a claimed job"))?;
        claimed.push(ClaimedJob {
            lease: Lease { id: JobId::new(image, model.clone()), fence: reader.u64()? },
            attempts: reader.u16()?.into(),
            failures: reader.u16()?.into(),
            priority: reader.priority()?,
        });
    }
    Ok(claimed)
}
