//! Handing out jobs, keeping them, and taking their endings.

use std::time::Duration;

use photo_core::JobId;
use photo_core::job::{
    Ack, ClaimRequest, Claimed, ClaimedJob, Ending, Finish, Finished, Held, Lease, Tick,
};
use photo_core::ports::StoreError;
use tracing::error;

use super::RedisJobStore;
use super::error::unexpected;
use super::model_table::ModelTable;
use super::outcome::{failure, success};
use super::record::Reader;
use super::rules::millis;

impl RedisJobStore {
    pub(super) async fn record_endings(
        &self,
        endings: &[Finish],
        then: Option<&ClaimRequest>,
    ) -> Result<Finished, StoreError> {
        let mut models = ModelTable::default();
        let (mut wants, mut ended, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for want in then.iter().flat_map(|request| &request.wants) {
            for number in [models.add(&want.model), want.slots, want.limit] {
                wants.extend_from_slice(&number.to_be_bytes());
            }
        }
        for finish in endings {
            models.pack_job(&finish.lease.id, &mut ended);
            ended.extend_from_slice(&finish.lease.fence.to_be_bytes());
            outcomes.push(pack_ending(&finish.ending, &mut ended));
        }
        if wants.is_empty() && ended.is_empty() {
            return Ok(Finished::default());
        }
        let mut call = self.call(&self.scripts.finish);
        let dispatcher = then.map(|request| request.dispatcher.to_string());
        call.arg(dispatcher.unwrap_or_default());
        call.arg(then.map_or(0, |request| millis(request.lease)));
        let weights = then.map(|request| request.weights).unwrap_or_default();
        call.arg(weights.as_array().map(u16::to_be_bytes).concat());
        call.arg(wants).arg(ended).arg(models.len());
        models.append_to(&mut call);
        for outcome in outcomes {
            call.arg(outcome);
        }

        let (acks, jobs, next_due): (Vec<u8>, Vec<u8>, i64) = self.work.run_once(&call).await?;
        if acks.len() != endings.len() {
            return Err(unexpected("the answer to endings"));
        }
        let acks = acks.into_iter().zip(endings).map(|(ack, finish)| match ack {
            b'R' => Ack::Recorded,
            b'U' => {
                error!(job.id = %finish.lease.id, "the job's record cannot be read: its outcome is lost");
                Ack::Stale
            }
            _ => Ack::Stale,
        });
        let claimed = Claimed {
            jobs: parse_claimed(&jobs, &models)?,
            next_due: u64::try_from(next_due).ok().map(Duration::from_millis),
        };
        Ok(Finished { acks: acks.collect(), claimed })
    }

    pub(super) async fn extend_leases(
        &self,
        leases: &[Lease],
        lease: Duration,
    ) -> Result<Vec<Held>, StoreError> {
        if leases.is_empty() {
            return Ok(Vec::new());
        }
        let (mut models, mut batch) = (ModelTable::default(), Vec::new());
        for lease in leases {
            models.pack_job(&lease.id, &mut batch);
            batch.extend_from_slice(&lease.fence.to_be_bytes());
        }
        let mut call = self.call(&self.scripts.extend);
        call.arg(millis(lease)).arg(batch);
        models.append_to(&mut call);

        let answers: Vec<u8> = self.beat.run(&call).await?;
        if answers.len() != leases.len() {
            return Err(unexpected("the answer to heartbeats"));
        }
        let held = |answer| match answer {
            b'E' => Ok(Held::Extended),
            b'K' => Ok(Held::CancelAsked),
            b'L' => Ok(Held::Lost),
            _ => Err(unexpected("the answer to a heartbeat")),
        };
        answers.into_iter().map(held).collect()
    }

    pub(super) async fn keep_house(&self) -> Result<Tick, StoreError> {
        let (expired, due, trimmed) = self.beat.run(&self.call(&self.scripts.tick)).await?;
        Ok(Tick { expired, due, trimmed })
    }
}

/// Appends an ending's kind and waiting time to a packed batch. Answers its outcome.
fn pack_ending(ending: &Ending, batch: &mut Vec<u8>) -> Vec<u8> {
    let (kind, after, outcome) = match ending {
        Ending::Succeeded(result) => (b'S', Duration::ZERO, success(result)),
        Ending::Failed(error) => (b'F', Duration::ZERO, failure(error)),
        Ending::Retry { after, error } => (b'R', *after, failure(error)),
        Ending::Release { after, error } => {
            (b'L', *after, error.as_ref().map(failure).unwrap_or_default())
        }
    };
    batch.push(kind);
    batch.extend_from_slice(&millis(after).to_be_bytes()[2..]);
    outcome
}

fn parse_claimed(jobs: &[u8], models: &ModelTable<'_>) -> Result<Vec<ClaimedJob>, StoreError> {
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
