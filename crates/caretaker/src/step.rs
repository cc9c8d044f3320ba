//! One step of a walk: a few images, looked at and mended.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::slice;
use std::time::Duration;

use photo_core::job::{NewJob, Priority, SubmitMode, Submitted};
use photo_core::ports::{Inspection, StoreError};
use photo_core::record::{JobEnd, RecordLine, RecordedJob};
use photo_core::{ImageKey, JobId, JobState, ModelName};
use tokio::time::{Instant, sleep};

use crate::judge::Verdict;
use crate::{Caretaker, Depth, Mode, Report, Trouble};

/// How many images are looked at in one step, whose results are then in memory.
pub(crate) const STEP: usize = 16;

/// How many jobs the job store is asked about in one go.
const JOBS: usize = 1_000;

/// How far the clocks of api and job store may be apart, in milliseconds.
const SKEW_MS: u64 = 5_000;

/// How a walk goes.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) mode: Mode,
    pub(crate) depth: Depth,
    /// How many times as long as each step took is rested after it.
    pub(crate) rest: u32,
}

impl Caretaker {
    /// Looks at all images of a shelf; goes no further if `go_on`, told what was found so far after
    /// each step, says so.
    pub(crate) async fn shelf(
        &self,
        shelf: u8,
        walk: Walk,
        report: &mut Report,
        go_on: &mut (dyn FnMut(&Report) -> ControlFlow<()> + Send),
    ) -> Result<ControlFlow<()>, Trouble> {
        for images in self.images.list(shelf).await?.chunks(STEP) {
            let began = Instant::now();
            self.step(images, walk, report).await?;
            if go_on(report).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if walk.rest > 0 {
                sleep(began.elapsed() * walk.rest + Duration::from_millis(1)).await;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn step(
        &self,
        images: &[ImageKey],
        walk: Walk,
        report: &mut Report,
    ) -> Result<(), Trouble> {
        let Walk { mode, depth, .. } = walk;
        let mut found = Vec::with_capacity(images.len());
        for one in self.inspect(images, report).await? {
            report.unreadable_lines += one.record.as_ref().map_or(0, |it| it.unreadable);
            found.push(self.heal(one, mode, depth, report).await?);
        }
        report.images += images.len() as u64;
        let mut compare = Vec::new();
        for found in &found {
            let remove = match self.rules.judge(found, self.clock.now()) {
                Verdict::Leave => None,
                Verdict::Compare { jobs, photo_is_missing } => {
                    report.missing_photos += u64::from(photo_is_missing);
                    compare.extend(jobs.into_iter().map(|(model, ended)| (found, model, ended)));
                    None
                }
                Verdict::RemoveUnlessKnown(models) => {
                    let known = self.knows_any(found.image, models).await?;
                    (!known).then_some((&mut report.orphans, true))
                }
                Verdict::RemoveOrphan => Some((&mut report.orphans, true)),
                Verdict::RemovePhoto => Some((&mut report.expired_photos, false)),
                Verdict::RemoveAll => Some((&mut report.expired_records, true)),
            };
            let Some((count, record_too)) = remove else { continue };
            if mode == Mode::Look {
                *count += 1;
                continue;
            }
            match self.images.remove(found, record_too).await {
                Ok(removed) => *count += u64::from(removed),
                Err(error) => report.unmended(found.image, &error),
            }
        }
        for jobs in compare.chunks(JOBS) {
            match self.compare(jobs, mode, report).await {
                Err(Trouble::Jobs(error @ (StoreError::Full(_) | StoreError::Corrupt(_)))) => {
                    // One that cannot be mended does not keep the others from it.
                    for job in jobs {
                        let one = self.compare(slice::from_ref(job), mode, report).await;
                        match one {
                            Err(Trouble::Jobs(StoreError::Full(_) | StoreError::Corrupt(_))) => {
                                report.unmended(job.0.image, &error);
                            }
                            one => one?,
                        }
                    }
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// One that cannot be read does not keep the others from being looked at.
    pub(crate) async fn inspect(
        &self,
        images: &[ImageKey],
        report: &mut Report,
    ) -> Result<Vec<Inspection>, Trouble> {
        if let Ok(found) = self.images.inspect(images).await {
            return Ok(found);
        }
        let mut found = Vec::new();
        for image in images {
            match self.images.inspect(&[*image]).await {
                Ok(one) => found.extend(one),
                Err(error) => report.unmended(*image, &error),
            }
        }
        Ok(found)
    }

    /// Whether the job store knows any of an image's jobs.
    async fn knows_any(&self, image: ImageKey, models: Vec<ModelName>) -> Result<bool, Trouble> {
        let jobs: Vec<NewJob> = models
            .into_iter()
            .map(|model| NewJob {
                id: JobId::new(image, model),
                priority: Priority::Normal,
                ended_before: false,
            })
            .collect();
        let answers = self.jobs.submit(&jobs, SubmitMode::Look).await?;
        Ok(answers.iter().any(|answer| matches!(answer, Submitted::Exists(_))))
    }

    /// Compares jobs, each with whether it ended, with what the job store knows.
    async fn compare(
        &self,
        jobs: &[(&Inspection, ModelName, bool)],
        mode: Mode,
        report: &mut Report,
    ) -> Result<(), Trouble> {
        let asked: Vec<NewJob> = jobs
            .iter()
            .map(|(found, model, ended)| NewJob {
                id: JobId::new(found.image, model.clone()),
                priority: recorded(found, model).map_or_else(Priority::default, |it| it.priority),
                ended_before: *ended,
            })
            .collect();
        let look = if mode == Mode::Mend { SubmitMode::Refill } else { SubmitMode::Look };
        let answers = self.jobs.submit(&asked, look).await?;
        let (mut lost, mut unwritten) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        for ((found, model, _), answer) in jobs.iter().zip(answers) {
            match answer {
                Submitted::Queued => report.queued_again += 1,
                Submitted::Forgotten => {
                    lost.extend(recorded(found, model).and_then(|job| job.ended(found.image)));
                }
                Submitted::Exists(state) if is_unwritten(state, recorded(found, model)) => {
                    unwritten.entry(found.image).or_default().push((*found, model));
                }
                Submitted::Exists(_) => {}
            }
        }
        report.given_back += lost.len() as u64;
        if mode == Mode::Mend && !lost.is_empty() {
            self.jobs.restore(&lost).await?;
        }
        self.write_down(unwritten, mode, report).await
    }

    /// Writes down how jobs ended. One whose end in the job store is of an earlier time than it was
    /// last asked for, is queued again: the job store was set back to before that.
    async fn write_down(
        &self,
        unwritten: HashMap<ImageKey, Vec<(&Inspection, &ModelName)>>,
        mode: Mode,
        report: &mut Report,
    ) -> Result<(), Trouble> {
        let (mut lines, mut again) = (Vec::new(), Vec::new());
        for (image, unwritten) in unwritten {
            let views = self.jobs.status(&[image]).await?.pop().unwrap_or_default();
            for (found, model) in unwritten {
                let Some(job) = recorded(found, model) else { continue };
                let Some(view) = views.iter().find(|view| view.model == *model) else { continue };
                if job.rerun && view.submitted_at.0 + SKEW_MS < job.accepted_at.0 {
                    // Unless it was cancelled since.
                    if job.end.is_none() {
                        let id = JobId::new(image, model.clone());
                        again.push(NewJob { id, priority: job.priority, ended_before: false });
                    }
                } else if let Some(end) = JobEnd::of(view, job.request) {
                    lines.push((image, RecordLine::from(end)));
                }
            }
        }
        report.written_down += lines.len() as u64;
        report.queued_again += again.len() as u64;
        if mode == Mode::Mend {
            for line in lines {
                let image = line.0;
                if let Err(error) = self.images.append(vec![line]).await {
                    report.unmended(image, &error);
                }
            }
            if !again.is_empty() {
                self.jobs.submit(&again, SubmitMode::Rerun).await?;
            }
        }
        Ok(())
    }
}

fn recorded<'a>(found: &'a Inspection, model: &ModelName) -> Option<&'a RecordedJob> {
    found.record.as_ref()?.jobs.get(model)
}

/// Whether the record does not have the end of a job that is in this state. One that was finished
/// although it was to be cancelled may be recorded as cancelled.
fn is_unwritten(state: JobState, job: Option<&RecordedJob>) -> bool {
    let end = job.and_then(|job| job.end.as_ref()).map(|end| end.outcome.state());
    match end {
        None => state.is_final(),
        Some(JobState::Cancelled) => state.is_final() && state != JobState::Cancelled,
        Some(_) => false,
    }
}
