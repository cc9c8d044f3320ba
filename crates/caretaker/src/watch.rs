//! Noticing that the job store lost something, and walking in time.

use std::ops::ControlFlow;
use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::Beat;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::notes::Notes;
use crate::step::Walk;
use crate::{Caretaker, Depth, Mode, Report};

/// How often the job store is asked for a sign of life.
const BEAT: Duration = Duration::from_secs(1);

/// How long it may take to answer: a call that hangs must not keep us from the next.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a process asks whether it is to take care now.
const STANDBY: Duration = Duration::from_secs(2);

/// After how many signs of life in a row notes are written and leftovers are removed.
const CHORES: u32 = 60;

/// How often all images are looked at with no special reason; more often if the job store forgets
/// sooner, since a result that nobody wrote down is gone with that.
const WALK_EVERY: Duration = Duration::from_hours(24);

/// How soon a walk is followed by another that is needed.
const AGAIN: Duration = Duration::from_mins(1);

/// How many times as long as each of its steps a walk without haste rests.
const REST: u32 = 9;

/// How long to wait with a walk after a store did not answer; doubles up to the cap.
const RETRY_BASE: Duration = Duration::from_secs(1);
const RETRY_CAP: Duration = Duration::from_secs(30);

const FAILED_OVER: &str = "the job store's server was restarted or failed over";

const SET_BACK: &str = "the job store was set back to an earlier state";

impl Caretaker {
    /// Takes care of the stores until `stop` is cancelled; waits for its turn if another process
    /// does already.
    pub async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            self.await_turn().await;
            let notes = Notes::read(&*self.images).await;
            self.set_verified(notes.as_ref().and_then(|notes| notes.verified));
            tokio::join!(self.take_care(notes), self.verify_for_ever());
        })
        .await;
    }

    async fn await_turn(&self) {
        let mut told = false;
        loop {
            match self.images.take_care().await {
                Ok(true) => return,
                Err(error) if !std::mem::replace(&mut told, true) => {
                    warn!(%error, "nobody can take care of the images");
                }
                Ok(false) | Err(_) => {}
            }
            sleep(STANDBY).await;
        }
    }

    async fn take_care(&self, mut notes: Option<Notes>) {
        let mut beat = self.beat().await;
        let mut reason = match &notes {
            None => Some("there are no notes of an earlier walk"),
            // An older copy of a file would be opened like the file itself.
            Some(_) if beat.server.is_empty() => Some("this program has just started"),
            Some(notes) => loss(&notes.beat, &beat),
        };
        loop {
            let walk = async {
                match (reason, &notes) {
                    (None, Some(notes)) => {
                        sleep(self.until_next(notes.walked_at)).await;
                        self.walk(REST).await
                    }
                    (reason, _) => {
                        let reason = reason.unwrap_or_default();
                        info!(reason, "comparing the job store with all images' records");
                        self.walk(0).await
                    }
                }
            };
            let mended = tokio::select! {
                report = walk => Some(report),
                lost = self.watch(&mut beat, reason.is_none()) => {
                    reason = Some(lost);
                    notes = None;
                    None
                }
            };
            if let Some(report) = mended {
                tell(&report);
                // An old master may have taken jobs until it learnt that there is another; and
                // what could not be mended now may be later.
                let again = reason == Some(FAILED_OVER) || report.unmended > 0;
                let since =
                    if again { self.walk_every().saturating_sub(AGAIN) } else { Duration::ZERO };
                let walked_at = UnixMillis(self.clock.now().0.saturating_sub(millis(since)));
                reason = None;
                let new = Notes { beat: beat.clone(), walked_at, verified: self.verified() };
                new.write(&*self.images).await;
                notes = Some(new);
            }
        }
    }

    /// Ends when the job store has lost something, with what speaks for it. `beat` is its latest
    /// sign of life; while all is well it is noted now and then.
    async fn watch(&self, beat: &mut Beat, all_is_well: bool) -> &'static str {
        for count in 1_u32.. {
            sleep(BEAT).await;
            let new = self.beat().await;
            let lost = loss(beat, &new);
            *beat = new;
            if let Some(lost) = lost {
                return lost;
            }
            if count.is_multiple_of(CHORES) {
                if all_is_well && let Some(notes) = Notes::read(&*self.images).await {
                    let (beat, verified) = (beat.clone(), self.verified());
                    Notes { beat, verified, ..notes }.write(&*self.images).await;
                }
                if let Err(error) = self.images.clean_up().await {
                    warn!(%error, "half-received photos of programs that died cannot be removed");
                }
            }
        }
        "it was watched for a hundred years"
    }

    /// The job store's next sign of life, however long that takes.
    async fn beat(&self) -> Beat {
        loop {
            // That the store is away is told by those who need it.
            if let Ok(Ok(beat)) = timeout(PATIENCE, self.jobs.beat()).await {
                return beat;
            }
            sleep(BEAT).await;
        }
    }

    /// Walks over all images and mends, however often the stores go away meanwhile.
    async fn walk(&self, rest: u32) -> Report {
        let mut report = Report::default();
        for shelf in 0..=u8::MAX {
            let mut pause = RETRY_BASE;
            let walk = Walk { mode: Mode::Mend, depth: Depth::Shallow, rest };
            let go_on = &mut |_: &Report| ControlFlow::Continue(());
            while let Err(error) = self.shelf(shelf, walk, &mut report, go_on).await {
                warn!(%error, "the job store cannot be compared with the images now; trying again");
                sleep(pause).await;
                pause = (pause * 2).min(RETRY_CAP);
            }
        }
        report.spool_files = self.images.clean_up().await.unwrap_or_default();
        report
    }

    fn until_next(&self, walked_at: UnixMillis) -> Duration {
        let since = Duration::from_millis(self.clock.now().0.saturating_sub(walked_at.0));
        self.walk_every().saturating_sub(since)
    }

    fn walk_every(&self) -> Duration {
        WALK_EVERY.min(self.rules.jobs / 4)
    }
}

/// Why the job store may have lost something between two signs of life.
fn loss(before: &Beat, now: &Beat) -> Option<&'static str> {
    if now.store != before.store {
        Some("the job store is another one, or was emptied")
    } else if now.server != before.server {
        Some(FAILED_OVER)
    } else if now.count < before.count || (now.count == before.count && !now.server.is_empty()) {
        Some(SET_BACK)
    } else {
        None
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn tell(report: &Report) {
    let Report { images, queued_again, given_back, written_down, missing_photos, .. } = *report;
    if report.has_findings() {
        warn!(
            images,
            queued_again,
            given_back,
            written_down,
            missing_photos,
            "job store and records did not agree, and were mended"
        );
    } else {
        info!(images, "job store and records agree");
    }
}
