//! The record beside a photo: a text that may have been torn anywhere.

use photo_core::job::Priority;
use photo_core::record::{Acceptance, ImageRecord, RecordLine};
use photo_core::{ImageKey, UnixMillis};

/// Any text is a record, and what is added to it is found, whatever it ends with.
pub fn check(input: &[u8]) {
    let record = ImageRecord::read(input).expect("a text in memory can be read");
    for (model, job) in &record.jobs {
        let view = job.view(model);
        assert_eq!(view.state.is_final(), job.end.is_some());
        assert!(
            serde_json::to_string(&(view.submitted_at, view.started_at, view.changed_at)).is_ok()
        );
        if let Some(ended) = job.ended(ImageKey::from_bytes([7; 16])) {
            assert_eq!((ended.id.model, ended.outcome.state()), (model.clone(), view.state));
            let line = RecordLine::from(job.end.clone().expect("it ended")).to_text();
            let inner = line.trim_ascii();
            assert!(!inner.contains(&b'\n'), "a line is one line");
        }
    }
    let model: photo_core::ModelName = "added".parse().expect("a name");
    let acceptance = Acceptance {
        request: uuid::Uuid::from_u128(u128::MAX),
        at: UnixMillis(u64::from(u32::MAX)),
        priority: Priority::Normal,
        rerun: true,
        models: vec![model.clone()],
    };
    let more = [input, &RecordLine::Accepted(acceptance.clone()).to_text()].concat();
    let more = ImageRecord::read(&more[..]).expect("a text in memory can be read");
    assert_eq!(more.jobs[&model].request, acceptance.request);
    assert!(more.jobs[&model].end.is_none());
    assert!(more.jobs.len() <= record.jobs.len() + 1);
}
