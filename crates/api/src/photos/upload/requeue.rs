//! Jobs that failed for want of their photo, and whose photo was posted again.

use std::collections::{BTreeSet, HashSet};

use photo_core::job::{JobView, NewJob, Requeue, Submitted};
use photo_core::ports::{Committed, StoreError};
use photo_core::record::{Acceptance, RecordLine, Withdrawal};
use photo_core::{ImageKey, JobId, JobState};

use crate::app::AppState;
use crate::app::stores::StoreDeadline;
use crate::app::stores::StoresError;

/// How many images the job store is asked about at a time.
const MAX_IMAGES_TOGETHER: usize = 20;

/// Queues again the jobs that failed because their photo was damaged or missing: the jobs asked for
/// now, and all others of the photos that are repaired. Returns which.
pub(super) async fn requeue(
    state: &AppState,
    asked: &Acceptance,
    committed: &[Committed],
    jobs: &[NewJob],
    submitted: &[Submitted],
    deadline: &mut StoreDeadline,
) -> Result<HashSet<JobId>, StoresError> {
    let mended = committed.iter().filter(|it| it.mended).map(|it| it.image);
    let failed = jobs.iter().zip(submitted);
    let failed = failed.filter(|(_, it)| **it == Submitted::Exists(JobState::Failed));
    let images: BTreeSet<ImageKey> = mended.chain(failed.map(|(job, _)| job.id.image)).collect();
    let images: Vec<ImageKey> = images.into_iter().collect();
    let mut again = HashSet::new();
    for images in images.chunks(MAX_IMAGES_TOGETHER) {
        let views = deadline.wait(state.stores.jobs.status(images)).await?;
        let lacking: Vec<(JobId, JobView)> = images
            .iter()
            .zip(views)
            .flat_map(|(image, views)| views.into_iter().map(|view| (*image, view)))
            .filter(|(_, view)| lacked_photo(view))
            .map(|(image, view)| (JobId::new(image, view.model.clone()), view))
            .collect();
        if lacking.is_empty() {
            continue;
        }
        // As a retry does it: written down first, so that they are not lost with the job store.
        let line = |(id, view): &(JobId, JobView)| {
            let models = vec![id.model.clone()];
            let (at, priority) = (state.stores.clock.now(), view.priority);
            let line = Acceptance { request: asked.request, at, priority, rerun: true, models };
            (id.image, RecordLine::from(line))
        };
        state.stores.images.append(lacking.iter().map(line).collect()).await?;
        state.stores.images.sync_records(images).await?;
        let ids: Vec<JobId> = lacking.into_iter().map(|(id, _)| id).collect();
        let requeued = deadline.wait(state.stores.jobs.requeue(&Requeue::Jobs(ids.clone()))).await;
        if let Err(error) = requeued {
            if matches!(error, StoreError::Full(_)) {
                withdraw(state, asked, &ids).await;
            }
            return Err(error.into());
        }
        again.extend(ids);
    }
    Ok(again)
}

fn lacked_photo(view: &JobView) -> bool {
    view.state == JobState::Failed
        && view.error.as_ref().is_some_and(|error| error.kind.lacks_photo())
}

async fn withdraw(state: &AppState, asked: &Acceptance, jobs: &[JobId]) {
    let lines = jobs.iter().map(|id| {
        let models = vec![id.model.clone()];
        (id.image, Withdrawal { request: asked.request, models }.into())
    });
    if let Err(error) = state.stores.images.append(lines.collect()).await {
        tracing::warn!(%error, "jobs stay in their images' records as to be done again");
    }
}
