//! Whether what is stored of an image is whole, and mending what is not.

use photo_core::ImageKey;
use photo_core::ports::{Examination, Examined, ImageStoreError, Inspection, RecordHealth};
use photo_core::record::{Acceptance, ImageRecord, JobEnd, Rebuilt, RecordLine};
use uuid::Uuid;

use crate::{Caretaker, Depth, Mode, Report, Trouble};

impl Caretaker {
    /// Examines an image that seems to be damaged, or any on a deep check. Answers what is there of
    /// it after that.
    pub(crate) async fn heal(
        &self,
        found: Inspection,
        mode: Mode,
        depth: Depth,
        report: &mut Report,
    ) -> Result<Inspection, Trouble> {
        let (image, deep) = (found.image, depth == Depth::Deep);
        if deep || found.damaged_photo || found.damaged_record {
            let mend = mode == Mode::Mend;
            let how = Examination { deep, mend, bytes_per_second: None };
            match self.images.examine(image, how).await {
                Ok(examined) => note(image, &found, examined, deep, report),
                Err(error @ ImageStoreError::Damaged(_)) => report.unmended(image, &error),
                Err(error) => {
                    // One that cannot be read does not keep the others from being looked at.
                    report.unmended(image, &error);
                    return Ok(found);
                }
            }
            if mode == Mode::Mend {
                let now = self.images.inspect(&[image]).await?.pop();
                return self.fill_in(now.unwrap_or(found), mode, report).await;
            }
        }
        self.fill_in(found, mode, report).await
    }

    /// Adds to a record that was written anew what the job store knows of the image's jobs.
    pub(crate) async fn fill_in(
        &self,
        found: Inspection,
        mode: Mode,
        report: &mut Report,
    ) -> Result<Inspection, Trouble> {
        let image = found.image;
        let Some(record) = &found.record else { return Ok(found) };
        let Some(rebuilt) = record.rebuilt.filter(|it| !it.filled_in && mode == Mode::Mend) else {
            return Ok(found);
        };
        let mut lines = self.unrecorded(image, record).await?;
        report.written_down += lines.len() as u64;
        lines.push(RecordLine::Rebuilt(Rebuilt { filled_in: true, ..rebuilt }));
        self.images.append(lines.into_iter().map(|line| (image, line)).collect()).await?;
        self.images.sync_records(&[image]).await?;
        Ok(self.images.inspect(&[image]).await?.pop().unwrap_or(found))
    }

    /// The jobs that the job store knows and the record does not, as lines of it.
    async fn unrecorded(
        &self,
        image: ImageKey,
        record: &ImageRecord,
    ) -> Result<Vec<RecordLine>, Trouble> {
        let mut lines = Vec::new();
        for view in self.jobs.status(&[image]).await?.pop().unwrap_or_default() {
            if record.jobs.contains_key(&view.model) {
                continue;
            }
            let request = Uuid::new_v4();
            let end = JobEnd::of(&view, request);
            lines.push(RecordLine::Accepted(Acceptance {
                request,
                at: view.submitted_at,
                priority: view.priority,
                rerun: false,
                models: vec![view.model],
            }));
            lines.extend(end.map(RecordLine::from));
        }
        Ok(lines)
    }
}

/// Adds what was found of an image to the report.
fn note(image: ImageKey, found: &Inspection, examined: Examined, deep: bool, report: &mut Report) {
    report.verified_photos += u64::from(deep && examined.bytes > 0);
    report.verified_bytes += examined.bytes;
    report.checksums_added += u64::from(examined.checksum_added);
    if examined.damaged_photo || found.damaged_photo {
        report.damaged_photos += 1;
        report.find(image, "The stored photo is damaged; post it again to mend it.".to_owned());
    }
    let lost = match examined.lost_lines {
        0 => String::new(),
        1 => " One line of it is lost: a result, or what was asked for, may be missing.".to_owned(),
        lost => {
            format!(" {lost} lines of it are lost: results, or what was asked for, may be missing.")
        }
    };
    match examined.record {
        RecordHealth::Whole => {}
        RecordHealth::Mendable => {
            report.damaged_records += 1;
            report.find(image, format!("The record was damaged, and is written anew.{lost}"));
        }
        RecordHealth::Lost => {
            report.damaged_records += 1;
            report.unmended += 1;
            report.find(
                image,
                format!(
                    "The record is damaged, and there is no photo to mend it by; post it.{lost}"
                ),
            );
        }
    }
}
