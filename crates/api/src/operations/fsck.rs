//! `POST /fsck`: what `api fsck` does, with its progress as lines of JSON.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::{Stream, stream};
use photo_caretaker::{Depth, Mode, Report, SHELVES, Trouble};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// The longest time without a line.
const MAX_SILENCE: Duration = Duration::from_secs(10);

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["dry_run", "deep"];

/// Why the stores are not checked now.
#[derive(Debug, Error)]
pub(crate) enum FsckError {
    #[error(
        "This server is comparing photos, records and job store already. Ask again when that is done."
    )]
    UnderWay,
}

impl From<FsckError> for Problem {
    fn from(error: FsckError) -> Self {
        Self::new(StatusCode::CONFLICT, "Check under way", &error)
    }
}

/// One line of the answer. The last one is the report, or the problem that ended the walk.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FsckLine)]
pub(crate) enum FsckLine {
    Progress {
        /// How many shards of photos are checked.
        shelves: u16,
        /// How many there are.
        of: u16,
        /// How many images were looked at.
        images: u64,
        /// How many bytes of photos were read, on a deep check.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        bytes: Option<u64>,
    },
    Report {
        #[serde(flatten)]
        report: Report,
        /// Whether job store and records agreed.
        agree: bool,
    },
    /// As the body of a failure.
    Problem(Value),
}

/// Compares photos, records and job store, and mends what does not agree unless it is only to
/// look. Once the client has hung up the walk ends where it may.
pub(crate) async fn walk(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let query = Query::parse(request.query_string());
    let (only_look, deep) = (query.flag("dry_run")?, query.flag("deep")?);
    let alone =
        Arc::clone(&state.fsck_permit).try_acquire_owned().map_err(|_| FsckError::UnderWay)?;
    let mode = if only_look { Mode::Look } else { Mode::Mend };
    let depth = if deep { Depth::Deep } else { Depth::Shallow };
    let (lines, mut latest) = watch::channel(progress(0, depth, &Report::default()));
    latest.mark_changed();
    tokio::spawn(check(state, mode, depth, lines, alone));
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(text(latest)))
}

async fn check(
    state: web::Data<AppState>,
    mode: Mode,
    depth: Depth,
    lines: watch::Sender<FsckLine>,
    _alone: OwnedSemaphorePermit,
) {
    tracing::info!(?mode, ?depth, "comparing photos, records and job store, as somebody asks for");
    let mut behind = 0;
    let checked = state.caretaker.check(mode, depth, |shelves, report| {
        behind = shelves;
        if state.closing.is_cancelled() {
            return ControlFlow::Break(());
        }
        tell(&lines, progress(shelves, depth, report))
    });
    let last = match checked.await {
        // Broken off: the client has gone, or the server stops.
        Ok(_) if behind < SHELVES => return,
        Ok(report) => FsckLine::Report { agree: !report.has_findings(), report },
        Err(trouble) => {
            let problem = match trouble {
                Trouble::Jobs(error) => Problem::from(error),
                Trouble::Images(error) => Problem::from(error),
            };
            problem.log();
            FsckLine::Problem(problem.body())
        }
    };
    lines.send_replace(last);
}

fn progress(shelves: u16, depth: Depth, report: &Report) -> FsckLine {
    let bytes = (depth == Depth::Deep).then_some(report.verified_bytes);
    FsckLine::Progress { shelves, of: SHELVES, images: report.images, bytes }
}

/// Sends how far the check is; breaks if the client has gone.
fn tell(lines: &watch::Sender<FsckLine>, progress: FsckLine) -> ControlFlow<()> {
    if lines.send(progress).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// The lines as they are sent. A client that reads slowly misses some of the progress, and never
/// the last line. Where it takes long to the next the last one is said again: so the client knows
/// that we are there, and we that it is.
fn text(latest: watch::Receiver<FsckLine>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(latest, |mut latest| async move {
        if let Ok(changed) = timeout(MAX_SILENCE, latest.changed()).await {
            changed.ok()?;
        }
        let mut line = serde_json::to_vec(&*latest.borrow_and_update()).ok()?;
        line.push(b'\n');
        Some((Ok(line.into()), latest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_on_for_as_long_as_somebody_listens() {
        let at = |shelves| progress(shelves, Depth::Shallow, &Report::default());
        let (lines, latest) = watch::channel(at(0));
        assert!(tell(&lines, at(1)).is_continue());
        drop(latest);
        assert!(tell(&lines, at(2)).is_break());
    }
}
