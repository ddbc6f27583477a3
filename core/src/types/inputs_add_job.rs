//! [`InputsAddJob`]: the progress of inputs that are being added to an app, and the jobs that it consists of.

use serde_json::Value;

use super::{EnumValue, Status, Timestamp};
use crate::lenient::record;

record! {
    /// The progress of inputs that are being added to an app.
    ///
    /// Its own status reports `JOB_COMPLETED` (64002) once the request was accepted, while files are still being
    /// extracted and inputs processed. [`is_settled`](Self::is_settled) considers all of it.
    pub struct InputsAddJob {
        /// Job id: chosen by the caller, or assigned by the service.
        pub id: String,
        /// Number of inputs in each state. An absent number counts as 0.
        pub progress: Option<InputsAddJobProgress>,
        /// The jobs that extract inputs from cloud storage and from archives.
        pub extraction_jobs: Option<Vec<InputsExtractionJob>>,
        /// The files that are being uploaded for this job.
        pub uploads: Option<Vec<ContentUpload>>,
        /// State of the request to add inputs. See [`is_settled`](Self::is_settled).
        pub status: Option<Status>,
        /// Time the job was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// URL that the service calls when the job ends.
        pub call_back_url: Option<String>,
    }
}

record! {
    /// The number of inputs of an [`InputsAddJob`] in each state. The service leaves out zeros.
    pub struct InputsAddJobProgress {
        /// Number of inputs that wait.
        pub pending_count: Option<u64>,
        /// Number of inputs that are being processed.
        pub in_progress_count: Option<u64>,
        /// Number of inputs that were added.
        pub success_count: Option<u64>,
        /// Number of inputs that could not be added.
        pub failed_count: Option<u64>,
    }
}

record! {
    /// A job that extracts inputs from cloud storage or from an archive.
    pub struct InputsExtractionJob {
        /// Job id.
        pub id: String,
        /// State of the job.
        pub status: Option<Status>,
        /// URL that the inputs are extracted from.
        pub url: Option<String>,
        /// Numbers of what was found.
        pub progress: Option<InputsExtractionJobProgress>,
        /// What happens with an input whose id exists already: 1 skips it, 2 gives it another id.
        pub input_id_conflict_resolution: Option<EnumValue>,
        /// What each extracted input has besides its medium, as free-form JSON.
        pub input_template: Option<Value>,
        /// Time the job was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
    }
}

record! {
    /// What an [`InputsExtractionJob`] has found. The service leaves out zeros.
    pub struct InputsExtractionJobProgress {
        /// Number of images.
        pub image_inputs_count: Option<u64>,
        /// Number of videos.
        pub video_inputs_count: Option<u64>,
        /// Number of audio recordings.
        pub audio_inputs_count: Option<u64>,
        /// Number of texts.
        pub text_inputs_count: Option<u64>,
        /// Number of archives that wait.
        pub pending_archives_count: Option<u64>,
        /// Number of archives that are being extracted.
        pub in_progress_archives_count: Option<u64>,
        /// Number of extracted archives.
        pub completed_archives_count: Option<u64>,
        /// Number of archives that could not be extracted.
        pub failed_archives_count: Option<u64>,
    }
}

record! {
    /// A file that is uploaded in parts.
    #[doc(alias = "Upload")]
    pub struct ContentUpload {
        /// Upload id.
        pub id: String,
        /// State of the upload.
        pub status: Option<Status>,
        /// Name of the file.
        pub content_name: Option<String>,
        /// Length of the file in bytes.
        pub content_length: Option<u64>,
        /// URL of the complete file.
        pub content_url: Option<String>,
        /// Time the upload was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Time after which no more parts are accepted.
        pub expires_at: Option<Timestamp>,
    }
}

impl InputsAddJob {
    /// Returns the number of inputs that wait or are being processed.
    pub fn unfinished(&self) -> u64 {
        let progress = self.progress.as_ref();
        let pending = progress.and_then(|progress| progress.pending_count).unwrap_or(0);
        pending.saturating_add(progress.and_then(|progress| progress.in_progress_count).unwrap_or(0))
    }

    /// Returns the number of inputs that were added.
    pub fn succeeded(&self) -> u64 {
        self.progress.as_ref().and_then(|progress| progress.success_count).unwrap_or(0)
    }

    /// Returns the number of inputs that could not be added.
    pub fn failed(&self) -> u64 {
        self.progress.as_ref().and_then(|progress| progress.failed_count).unwrap_or(0)
    }

    /// Returns the jobs that extract inputs from cloud storage and from archives.
    pub fn extraction_jobs(&self) -> &[InputsExtractionJob] {
        self.extraction_jobs.as_deref().unwrap_or_default()
    }

    /// Returns the states of the job and of everything that it consists of: its own, those of its extraction jobs, and
    /// those of its uploads.
    pub fn statuses(&self) -> impl Iterator<Item = &Status> {
        let extractions = self.extraction_jobs().iter().filter_map(|job| job.status.as_ref());
        let uploads = self.uploads.iter().flatten().filter_map(|upload| upload.status.as_ref());
        self.status.iter().chain(extractions).chain(uploads)
    }

    /// Returns whether nothing of the job is waiting or running: no input, no extraction job and no upload.
    ///
    /// A job whose own status is `JOB_COMPLETED` is not settled while one of its extraction jobs is queued.
    pub fn is_settled(&self) -> bool {
        use super::StatusClass::{Pending, Retry};
        self.unfinished() == 0 && !self.statuses().any(|status| matches!(status.class(), Pending | Retry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body that Clarifai's documentation shows: completed by its own status, and still extracting.
    #[test]
    fn a_completed_job_is_not_settled_while_its_extraction_is_queued() {
        let job = |extraction: u32, progress: &str| -> InputsAddJob {
            let json = format!(
                r#"{{"id": "j", "progress": {progress}, "status": {{"code": 64002}},
                     "extraction_jobs": [{{"id": "e", "status": {{"code": {extraction}}}, "progress": {{}}}}]}}"#
            );
            serde_json::from_str(&json).expect("JSON")
        };
        for (extraction, progress, settled) in [
            (64_000, "{}", false),
            (64_001, "{}", false),
            (64_002, "{}", true),
            (64_003, "{}", true),
            (64_002, r#"{"pending_count": "1"}"#, false),
            (64_002, r#"{"in_progress_count": 1}"#, false),
            (64_002, r#"{"success_count": "18446744073709551615", "failed_count": 2}"#, true),
        ] {
            assert_eq!(job(extraction, progress).is_settled(), settled, "{extraction} {progress}");
        }
    }
}
