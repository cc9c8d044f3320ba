//! What api, dispatcher and store tell each other about jobs.

mod callback;
mod change;
mod claim;
mod ended;
mod failed;
mod finish;
mod line;
mod queue;
mod report;
mod submit;
mod view;

pub use callback::{Callback, CallbackEnd, DueCallback};
pub use change::{Change, StoreClock};
pub use claim::{
    ClaimRequest, Claimed, ClaimedJob, DispatcherId, Held, InvalidWeights, Lease, PriorityWeights,
    Want,
};
pub use ended::{Beat, EndedJob, JobOutcome};
pub use failed::FailedJob;
pub use finish::{Ack, Ending, Finish, Finished};
pub use line::{LineEnds, QueueView};
pub use queue::{JobList, Listed, Requeue, Tick, Wake};
pub use report::{DispatcherReport, DispatcherView, EndpointReport, EndpointState};
pub use submit::{InvalidPriority, NewJob, Priority, SubmitMode, Submitted};
pub use view::{
    AnnouncedEndpoint, Announcement, ForgetModel, JobView, KnownEndpoint, KnownModel, ModelStats,
};
