//! The look the other way round: at unfinished jobs whose images are gone.

use std::ops::ControlFlow;

use photo_core::job::JobList;
use photo_core::ports::Inspection;

use crate::step::STEP;
use crate::{Caretaker, Report, Trouble};

/// How many places of a list are read at once.
const PLACES: u32 = 1_000;

impl Caretaker {
    /// Counts the unfinished jobs of which there is neither photo nor record. No walk over the
    /// images comes by them; they fail when it is their turn, because there is no photo. Goes no
    /// further if `go_on`, told what was found so far, says so.
    pub(crate) async fn imageless_jobs(
        &self,
        report: &mut Report,
        mut go_on: impl FnMut(&Report) -> ControlFlow<()> + Send,
    ) -> Result<(), Trouble> {
        for stats in self.jobs.stats(None).await? {
            for list in JobList::ALL {
                let (mut from, mut more) = (0, true);
                while more {
                    let listed = self.jobs.unfinished(&stats.model, list, from, PLACES).await?;
                    for images in listed.images.chunks(STEP) {
                        // What cannot be read was told when its shelf was walked over.
                        let found = self.inspect(images, &mut Report::default()).await?;
                        let is_gone = |it: &&Inspection| {
                            !it.photo && it.record.is_none() && !it.damaged_record
                        };
                        let gone = found.iter().filter(is_gone);
                        report.imageless_jobs += gone.count() as u64;
                    }
                    if go_on(report).is_break() {
                        return Ok(());
                    }
                    (from, more) = (from.saturating_add(PLACES), listed.more);
                }
            }
        }
        Ok(())
    }
}
