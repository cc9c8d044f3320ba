//! Putting jobs in line, and taking them out unworked.

use photo_core::job::{NewJob, Requeue, SubmitMode, Submitted};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName};

use super::RedisJobStore;
use super::error::unexpected;
use super::model_table::ModelTable;
use super::record::{parse_model, state};

/// The most jobs put back in line by age in one call: one script must not hold up the server.
const MOST_REQUEUED: u32 = 10_000;

impl RedisJobStore {
    pub(super) async fn put_in_line(
        &self,
        jobs: &[NewJob],
        mode: SubmitMode,
    ) -> Result<Vec<Submitted>, StoreError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let (mut models, mut batch) = (ModelTable::default(), Vec::new());
        for job in jobs {
            models.pack_job(&job.id, &mut batch);
            batch.extend([job.priority as u8, job.ended_before.into()]);
        }
        let mut call = self.call(&self.scripts.submit);
        call.arg(match mode {
            SubmitMode::New => "new",
            SubmitMode::Rerun => "rerun",
            SubmitMode::Refill => "refill",
            SubmitMode::Look => "look",
        });
        call.arg(batch);
        models.append_to(&mut call);

        let answers: Vec<u8> = self.nearest().run(&call).await?;
        if answers.len() != jobs.len() {
            return Err(unexpected("the answer to a submission"));
        }
        let submitted = |answer| match answer {
            b'+' => Ok(Submitted::Queued),
            b'-' => Ok(Submitted::Forgotten),
            letter => state(letter).map(Submitted::Exists),
        };
        answers.into_iter().map(submitted).collect()
    }

    pub(super) async fn ask_to_cancel(
        &self,
        image: ImageKey,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<(ModelName, JobState)>, StoreError> {
        let mut call = self.call(&self.scripts.cancel);
        call.arg(image.as_bytes());
        if let Some(models) = models {
            if models.is_empty() {
                return Ok(Vec::new());
            }
            let mut models: Vec<_> = models.iter().map(ModelName::as_str).collect();
            models.sort_unstable();
            models.dedup();
            call.arg(models);
        }
        let answers: Vec<(String, String)> = self.nearest().run(&call).await?;
        let mut answers = answers
            .into_iter()
            .map(|(model, letter)| {
                let letter = letter.bytes().next().ok_or_else(|| unexpected("a job's state"))?;
                Ok((parse_model(&model)?, state(letter)?))
            })
            .collect::<Result<Vec<(ModelName, JobState)>, StoreError>>()?;
        answers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(answers)
    }

    pub(super) async fn put_back_in_line(&self, which: &Requeue) -> Result<u64, StoreError> {
        let (mut models, mut batch) = (ModelTable::default(), Vec::new());
        let mut most = 0;
        match which {
            Requeue::Jobs(jobs) => {
                for id in jobs {
                    models.pack_job(id, &mut batch);
                }
                if jobs.is_empty() {
                    return Ok(0);
                }
            }
            Requeue::Oldest { model, count } => {
                models.add(model);
                most = (*count).min(MOST_REQUEUED);
                if most == 0 {
                    return Ok(0);
                }
            }
        }
        let mut call = self.call(&self.scripts.requeue);
        call.arg(batch).arg(most);
        models.append_to(&mut call);
        match which {
            Requeue::Jobs(_) => self.nearest().run(&call).await,
            // A second run would take others, and count only those.
            Requeue::Oldest { .. } => self.work.run_once(&call).await,
        }
    }
}
