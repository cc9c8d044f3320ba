//! The calls that are made, drawn at random from few images, models and times, so that they meet.

use std::time::Duration;

use photo_core::job::PriorityWeights;
use photo_core::job::{
    Announcement, Callback, CallbackEnd, ClaimRequest, DispatcherId, EndedJob, Ending, JobOutcome,
    NewJob, Priority, Requeue, SubmitMode, Want,
};
use photo_core::{ImageKey, JobError, JobErrorKind, JobId, ModelName, UnixMillis};
use proptest::prelude::*;
use serde_json::value::RawValue;
use uuid::Uuid;

/// The clock is moved by even multiples of this, and everything lasts odd multiples; so nothing
/// depends on how long the calls themselves take.
pub const UNIT: Duration = Duration::from_mins(10);

/// The models there are.
pub const MODELS: [&str; 2] = ["m", "n"];
const IMAGES: u8 = 4;
/// Restored jobs ended within so many units, which are over when the calls begin.
pub const UNITS_BEFORE: u32 = 10;

/// A call of a store. Leases are named by how many were handed out after them.
#[derive(Debug, Clone)]
pub enum Operation {
    Submit {
        jobs: Vec<NewJob>,
        mode: SubmitMode,
    },
    /// The times are counted from the start of the pair.
    Restore(Vec<EndedJob>),
    Claim(ClaimRequest),
    Extend {
        leases: Vec<usize>,
        lease: Duration,
    },
    Finish {
        endings: Vec<(usize, Ending)>,
        then: Option<ClaimRequest>,
    },
    Cancel {
        image: ImageKey,
        models: Option<Vec<ModelName>>,
    },
    Requeue(Requeue),
    Tick,
    Announce(Announcement),
    Forget(ModelName),
    Describe {
        model: ModelName,
        classes: serde_json::Value,
    },
    Hold {
        model: ModelName,
        reason: Option<JobError>,
        lifetime: Duration,
    },
    KeepCallbacks(Vec<Callback>),
    LeaseCallbacks {
        most: u32,
        lease: Duration,
    },
    EndCallback(Callback, CallbackEnd),
    Advance(Duration),
}

/// Any call. Those that move jobs are the more frequent ones.
pub fn any_operation() -> impl Strategy<Value = Operation> {
    let jobs = prop::collection::vec(new_job(), 0..6);
    let mode = prop_oneof![
        3 => Just(SubmitMode::New),
        1 => Just(SubmitMode::Rerun),
        1 => Just(SubmitMode::Refill),
    ];
    let endings = prop::collection::vec((recent(), ending()), 0..4);
    prop_oneof![
        5 => (jobs, mode).prop_map(|(jobs, mode)| Operation::Submit { jobs, mode }),
        2 => prop::collection::vec(ended_job(), 0..4).prop_map(Operation::Restore),
        6 => claim().prop_map(Operation::Claim),
        2 => (prop::collection::vec(recent(), 0..4), lasting())
            .prop_map(|(leases, lease)| Operation::Extend { leases, lease }),
        6 => (endings, prop::option::of(claim()))
            .prop_map(|(endings, then)| Operation::Finish { endings, then }),
        2 => (image(), prop::option::of(prop::collection::vec(model(), 0..3)))
            .prop_map(|(image, models)| Operation::Cancel { image, models }),
        1 => requeue().prop_map(Operation::Requeue),
        2 => Just(Operation::Tick),
        1 => (model(), 1..3u8, lasting()).prop_map(|(model, host, lifetime)| {
            let url = format!("http://{host}");
            Operation::Announce(Announcement { model, url, lifetime, from: None })
        }),
        1 => model().prop_map(Operation::Forget),
        1 => (model(), any::<bool>()).prop_map(|(model, flag)| Operation::Describe {
            model,
            classes: serde_json::json!(["cat", flag]),
        }),
        1 => (model(), prop::option::of(error()), lasting())
            .prop_map(|(model, reason, lifetime)| Operation::Hold { model, reason, lifetime }),
        1 => prop::collection::vec(callback(), 0..4).prop_map(Operation::KeepCallbacks),
        2 => (0..4u32, lasting())
            .prop_map(|(most, lease)| Operation::LeaseCallbacks { most, lease }),
        1 => (callback(), callback_end())
            .prop_map(|(callback, end)| Operation::EndCallback(callback, end)),
        3 => (1..3u32).prop_map(|times| Operation::Advance(UNIT * 2 * times)),
    ]
}

fn new_job() -> impl Strategy<Value = NewJob> {
    let ended_before = prop::bool::weighted(0.2);
    (job(), priority(), ended_before).prop_map(|(id, priority, ended_before)| NewJob {
        id,
        priority,
        ended_before,
    })
}

fn ended_job() -> impl Strategy<Value = EndedJob> {
    let time = || (0..UNITS_BEFORE).prop_map(in_units);
    let times = (time(), prop::option::of(time()), time());
    (job(), priority(), 0..3u32, 0..3u32, times, outcome()).prop_map(
        |(id, priority, attempts, failures, (submitted_at, started_at, ended_at), outcome)| {
            EndedJob {
                id,
                priority,
                attempts,
                failures,
                submitted_at,
                started_at,
                ended_at,
                outcome,
            }
        },
    )
}

fn in_units(units: u32) -> UnixMillis {
    UnixMillis(u64::try_from((UNIT * units).as_millis()).unwrap())
}

fn outcome() -> impl Strategy<Value = JobOutcome> {
    prop_oneof![
        result().prop_map(JobOutcome::Succeeded),
        error().prop_map(JobOutcome::Failed),
        prop::option::of(error()).prop_map(JobOutcome::Cancelled),
    ]
}

fn result() -> impl Strategy<Value = Box<RawValue>> {
    (0..9u8).prop_map(|n| RawValue::from_string(format!("{{ \"n\": {n} }}")).unwrap())
}

fn claim() -> impl Strategy<Value = ClaimRequest> {
    let want = |model: &str| {
        let model: ModelName = model.parse().unwrap();
        (0..4u32, 1..5u32).prop_map(move |(slots, limit)| Want {
            model: model.clone(),
            slots,
            limit,
        })
    };
    let wants =
        (want(MODELS[0]), want(MODELS[1]), 0..4u8).prop_map(|(one, other, which)| match which {
            0 => vec![one],
            1 => vec![other],
            2 => vec![one, other],
            _ => vec![other, one],
        });
    (wants, lasting()).prop_map(|(wants, lease)| ClaimRequest {
        dispatcher: DispatcherId::random(),
        lease,
        weights: PriorityWeights::default(),
        wants,
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    let after = || prop_oneof![Just(Duration::ZERO), lasting()];
    prop_oneof![
        result().prop_map(Ending::Succeeded),
        error().prop_map(Ending::Failed),
        (after(), error()).prop_map(|(after, error)| Ending::Retry { after, error }),
        (after(), prop::option::of(error()))
            .prop_map(|(after, error)| Ending::Release { after, error }),
    ]
}

fn callback() -> impl Strategy<Value = Callback> {
    let models = prop::collection::btree_set(model(), 0..3);
    (0..2u8, image(), models, 0..2u8).prop_map(|(id, image, models, host)| Callback {
        id: Uuid::from_bytes([id; 16]),
        image,
        models: models.into_iter().collect(),
        url: format!("http://{host}"),
    })
}

fn callback_end() -> impl Strategy<Value = CallbackEnd> {
    prop_oneof![
        Just(CallbackEnd::Settled),
        lasting().prop_map(|retry_after| CallbackEnd::Failed { retry_after }),
        lasting().prop_map(|retry_after| CallbackEnd::TooEarly { retry_after }),
    ]
}

fn requeue() -> impl Strategy<Value = Requeue> {
    prop_oneof![
        prop::collection::vec(job(), 0..4).prop_map(Requeue::Jobs),
        (model(), 0..4u32).prop_map(|(model, count)| Requeue::Oldest { model, count }),
    ]
}

fn error() -> impl Strategy<Value = JobError> {
    (0..9u8).prop_map(|n| JobError::new(JobErrorKind::ServerError, format!("error {n}")))
}

/// One of the leases handed out last, by how many were handed out after it.
fn recent() -> impl Strategy<Value = usize> {
    0..6usize
}

fn lasting() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(UNIT), Just(UNIT * 3), Just(UNIT * 5)]
}

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL.to_vec())
}

fn model() -> impl Strategy<Value = ModelName> {
    prop::sample::select(MODELS.to_vec()).prop_map(|name| name.parse().unwrap())
}

/// All images there are.
pub fn images() -> Vec<ImageKey> {
    (0..IMAGES).map(|number| ImageKey::from_bytes([number; 16])).collect()
}

fn image() -> impl Strategy<Value = ImageKey> {
    prop::sample::select(images())
}

fn job() -> impl Strategy<Value = JobId> {
    (image(), model()).prop_map(|(image, model)| JobId::new(image, model))
}
