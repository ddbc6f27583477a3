//! Records of the service: inputs, concepts, models and the like, as rows of a table and in full.

use std::io::Write;

use clarifai_core::types::{
    Annotation, App, Concept, Data, Dataset, DatasetInput, Hit, Input, InputCount, Model, ModelVersion, Status,
    Timestamp, User, Workflow, WorkflowNode,
};

use super::predict::{concept_name, unshown_of_input as unshown};
use super::table::{StreamedTable, write_fields, write_rows};
use crate::exit::Failure;
use crate::terminal::sanitize;

/// A record of the service that can be printed.
pub(crate) trait Record {
    /// What the records are called in the API, in the plural.
    const MANY: &'static str;
    /// The headings of the columns of a table.
    const HEADINGS: &'static [&'static str];
    /// The columns that contain numbers, counted from 0.
    const NUMBERS: &'static [usize] = &[];

    /// Returns the record as a row of the table.
    fn row(&self) -> Vec<String>;

    /// Prints all fields of the record.
    fn write(&self, out: &mut dyn Write) -> Result<(), Failure>;
}

/// Prints a record as a table of one row.
fn write_as_row<T: Record>(record: &T, out: &mut dyn Write) -> Result<(), Failure> {
    StreamedTable::new(T::HEADINGS, T::NUMBERS).write(&[record.row()], out)
}

fn text(text: Option<&str>) -> String {
    sanitize(text.unwrap_or_default())
}

fn time_text(time: Option<&Timestamp>) -> String {
    text(time.filter(|time| !time.is_unset()).map(Timestamp::as_str))
}

/// Returns the description of a status, or its code if it has no description.
pub(crate) fn status_text(status: Option<&Status>) -> String {
    status.map_or_else(String::new, |status| match status.description.as_deref() {
        Some(description) if !description.is_empty() => sanitize(description),
        _ => sanitize(&status.to_string()),
    })
}

impl Record for Model {
    const MANY: &'static str = "models";

    const HEADINGS: &'static [&'static str] = &["ID", "Name", "Type", "User", "App"];

    fn row(&self) -> Vec<String> {
        let display_name = self.display_name.as_deref().unwrap_or(&self.name);
        [Some(&*self.id), Some(display_name), self.kind(), self.user_id.as_deref(), self.app_id.as_deref()]
            .map(text)
            .into()
    }

    /// Prints the fields, and the concepts if the response contains them.
    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let version = self.model_version.as_deref();
        let fields = [
            ("ID", Some(&*self.id)),
            ("Name", Some(&*self.name)),
            ("Display name", self.display_name.as_deref()),
            ("Type", self.kind()),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Version", version.map(|version| &*version.id)),
            ("Status", version.and_then(|version| version.status.as_ref()?.description.as_deref())),
            ("Description", self.description.as_deref()),
        ];
        write_fields(&fields.map(|(name, field)| (name, text(field))), out)?;
        if !self.concepts().is_empty() {
            writeln!(out)?;
            let row = |concept: &Concept| [concept_name(concept), sanitize(&concept.id)];
            write_rows(["Concept", "ID"], self.concepts().iter().map(row), &[], out)?;
        }
        Ok(())
    }
}

impl Record for ModelVersion {
    const MANY: &'static str = "model_versions";

    const HEADINGS: &'static [&'static str] = &["ID", "Created", "Status", "Concepts", "Inputs"];
    const NUMBERS: &'static [usize] = &[3, 4];

    fn row(&self) -> Vec<String> {
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let (concepts, inputs) = (self.active_concept_count, self.total_input_count);
        let (created, status) = (time_text(self.created_at.as_ref()), status_text(self.status.as_ref()));
        vec![sanitize(&self.id), created, status, count(concepts), count(inputs)]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_as_row(self, out)
    }
}

impl Record for Concept {
    const MANY: &'static str = "concepts";

    const HEADINGS: &'static [&'static str] = &["ID", "Name", "Language", "App"];

    fn row(&self) -> Vec<String> {
        [Some(&*self.id), Some(&*self.name), self.language.as_deref(), self.app_id.as_deref()].map(text).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let fields = [
            ("ID", Some(&*self.id)),
            ("Name", Some(&*self.name)),
            ("Language", self.language.as_deref()),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Definition", self.definition.as_deref()),
        ];
        write_fields(&fields.map(|(name, field)| (name, text(field))), out)?;
        write_fields(&[("Created", time_text(self.created_at.as_ref()))], out)
    }
}

/// Returns the annotated concepts of an input, negative ones with `not` in front.
fn annotated_concepts(input: &Input) -> String {
    let concepts = input.data.as_ref().map_or(&[][..], Data::concepts);
    let one =
        // An absent value means that the concept is present.
        |concept: &Concept| {
            let is_negative = concept.value.is_some_and(|value| value < 0.5);
            format!("{}{}", if is_negative { "not " } else { "" }, concept_name(concept))
        };
    concepts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Returns an input as a row of a table.
fn input_row(input: &Input) -> [String; 4] {
    [sanitize(&input.id), status_text(input.status.as_ref()), annotated_concepts(input), text(input.url())]
}

/// The members of the data of an input that have a line of their own, or are its medium.
const SHOWN_OF_INPUTS: [&str; 5] = ["geo", "image", "video", "audio", "metadata"];

const INPUT_HEADINGS: [&str; 4] = ["ID", "Status", "Concepts", "URL"];

impl Record for Input {
    const MANY: &'static str = "inputs";

    const HEADINGS: &'static [&'static str] = &INPUT_HEADINGS;

    fn row(&self) -> Vec<String> {
        input_row(self).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let data = self.data.as_ref();
        let point = data.and_then(|data| data.geo.as_ref()?.geo_point.as_ref());
        let location = point.and_then(|point| Some(format!("{},{}", point.longitude?, point.latitude?)));
        let metadata = data.and_then(|data| data.metadata.as_ref()).map(ToString::to_string);
        let json = data.and_then(|data| serde_json::to_value(data).ok()).unwrap_or_default();
        let also: Vec<_> =
            unshown(&json).into_iter().filter(|name| !SHOWN_OF_INPUTS.contains(&name.as_str())).collect();
        let also = if also.is_empty() { String::new() } else { format!("{}; see --json", also.join(", ")) };
        let fields = [
            ("ID", sanitize(&self.id)),
            ("Status", status_text(self.status.as_ref())),
            ("URL", text(self.url())),
            ("Concepts", annotated_concepts(self)),
            ("Metadata", text(metadata.as_deref())),
            ("Location", location.unwrap_or_default()),
            ("Also", also),
            ("Created", time_text(self.created_at.as_ref())),
            ("Modified", time_text(self.modified_at.as_ref())),
        ];
        write_fields(&fields, out)
    }
}

/// Prints inputs after an update.
pub(crate) fn write_updated_inputs(inputs: &[&Input], out: &mut dyn Write) -> Result<(), Failure> {
    let rows: Vec<_> = inputs.iter().map(|input| input.row()).collect();
    StreamedTable::new(Input::HEADINGS, Input::NUMBERS).write(&rows, out)
}

impl Record for InputCount {
    const MANY: &'static str = "counts";

    const HEADINGS: &'static [&'static str] = &["Processed", "Pending", "Processing", "Failed"];
    const NUMBERS: &'static [usize] = &[0, 1, 2, 3];

    fn row(&self) -> Vec<String> {
        let counts = [self.processed, self.to_process, self.processing, self.errors];
        counts.map(|count| count.unwrap_or(0).to_string()).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let rows = [
            ("Processed", self.processed),
            ("Pending", self.to_process),
            ("Processing", self.processing),
            ("Failed", self.errors),
            ("Reindexed", self.reindexed),
            ("Reindex pending", self.to_reindex),
            ("Reindexing", self.reindexing),
            ("Reindex failed", self.reindex_errors),
        ];
        // The first four are always printed, the others only if they are not 0.
        let row = |(index, (label, count)): (usize, (&str, Option<u64>))| {
            (index < 4 || count.is_some_and(|count| count > 0))
                .then(|| [label.to_owned(), count.unwrap_or(0).to_string()])
        };
        write_rows(["Inputs", "Count"], rows.into_iter().enumerate().filter_map(row), &[1], out)
    }
}

impl Record for Hit {
    const MANY: &'static str = "hits";

    const HEADINGS: &'static [&'static str] = &["Score", "ID", "Concepts", "URL"];
    const NUMBERS: &'static [usize] = &[0];

    fn row(&self) -> Vec<String> {
        let [id, _, concepts, url] = self.input.as_deref().map(input_row).unwrap_or_default();
        vec![format!("{:.3}", self.score()), id, concepts, url]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_as_row(self, out)
    }
}

impl Record for Workflow {
    const MANY: &'static str = "workflows";

    const HEADINGS: &'static [&'static str] = &["ID", "Models", "User", "App"];

    fn row(&self) -> Vec<String> {
        let models: Vec<_> =
            self.nodes().iter().filter_map(|node| node.model.as_deref()).map(|model| sanitize(&model.id)).collect();
        let [id, user, app] = [Some(&*self.id), self.user_id.as_deref(), self.app_id.as_deref()].map(text);
        vec![id, models.join(", "), user, app]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let fields = [
            ("ID", Some(&*self.id)),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Version", self.version.as_deref().map(|version| &*version.id)),
            ("Description", self.description.as_deref()),
        ];
        write_fields(&fields.map(|(name, field)| (name, text(field))), out)?;
        writeln!(out)?;
        let row = |node: &WorkflowNode| {
            let model = node.model.as_deref();
            let after = node.node_inputs.iter().flatten().filter_map(|input| input.node_id.as_deref());
            let after: Vec<_> = after.map(sanitize).collect();
            let name = |model: &Model| if model.name.is_empty() { model.id.clone() } else { model.name.clone() };
            [sanitize(&node.id), sanitize(&model.map(name).unwrap_or_default()), after.join(", ")]
        };
        write_rows(["Node", "Model", "After"], self.nodes().iter().map(row), &[], out)
    }
}

impl Record for Dataset {
    const MANY: &'static str = "datasets";

    const HEADINGS: &'static [&'static str] = &["ID", "Description", "Created", "User", "App"];

    fn row(&self) -> Vec<String> {
        let [id, description, user, app] =
            [Some(&*self.id), self.description.as_deref(), self.user_id.as_deref(), self.app_id.as_deref()].map(text);
        vec![id, description, time_text(self.created_at.as_ref()), user, app]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let metadata = self.metadata.as_ref().map(ToString::to_string);
        let fields = [
            ("ID", text(Some(&self.id))),
            ("User", text(self.user_id.as_deref())),
            ("App", text(self.app_id.as_deref())),
            ("Description", text(self.description.as_deref())),
            ("Notes", text(self.notes.as_deref())),
            ("Metadata", text(metadata.as_deref())),
            ("Created", time_text(self.created_at.as_ref())),
            ("Modified", time_text(self.modified_at.as_ref())),
        ];
        write_fields(&fields, out)
    }
}

impl Record for App {
    const MANY: &'static str = "apps";

    const HEADINGS: &'static [&'static str] = &["ID", "Description", "Created", "User"];

    fn row(&self) -> Vec<String> {
        let [id, description, user] = [Some(&*self.id), self.description.as_deref(), self.user_id.as_deref()].map(text);
        vec![id, description, time_text(self.created_at.as_ref()), user]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let metadata = self.metadata.as_ref().map(ToString::to_string);
        let workflow = self.default_workflow.as_ref().map(|workflow| &*workflow.id);
        let fields = [
            ("ID", text(Some(&self.id))),
            ("User", text(self.user_id.as_deref())),
            ("Description", text(self.description.as_deref())),
            ("Notes", text(self.notes.as_deref())),
            ("Language", text(self.default_language.as_deref())),
            ("Workflow", text(workflow.or(self.default_workflow_id.as_deref()))),
            ("Metadata", text(metadata.as_deref())),
            ("Created", time_text(self.created_at.as_ref())),
            ("Modified", time_text(self.modified_at.as_ref())),
        ];
        write_fields(&fields, out)
    }
}

impl Record for User {
    const MANY: &'static str = "users";

    const HEADINGS: &'static [&'static str] = &["ID", "Name"];

    fn row(&self) -> Vec<String> {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![text(Some(&self.id)), text(Some(&name))]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let [id, name] = self.row().try_into().unwrap_or_default();
        let email = self.user_detail.as_ref().and_then(|detail| detail.primary_email.as_deref());
        let fields = [
            ("ID", id),
            ("Name", name),
            ("Company", text(self.company_name.as_deref())),
            ("Email", text(email)),
            ("Created", time_text(self.created_at.as_ref())),
        ];
        write_fields(&fields, out)
    }
}

impl Record for DatasetInput {
    const MANY: &'static str = "inputs";

    const HEADINGS: &'static [&'static str] = &["ID", "Added", "Concepts", "URL"];

    fn row(&self) -> Vec<String> {
        let [_, _, concepts, url] = self.input.as_ref().map(input_row).unwrap_or_default();
        vec![sanitize(self.input_id()), time_text(self.created_at.as_ref()), concepts, url]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_as_row(self, out)
    }
}

/// Returns what an annotation describes, such as `2 regions`.
fn described(data: &Data) -> String {
    let parts =
        [("region", data.regions().len()), ("frame", data.frames().len()), ("time range", data.time_segments().len())];
    let part = |(name, count): (&str, usize)| match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        count => Some(format!("{count} {name}s")),
    };
    let parts: Vec<_> = parts.into_iter().filter_map(part).collect();
    if parts.is_empty() { "input".to_owned() } else { parts.join(", ") }
}

impl Record for Annotation {
    const MANY: &'static str = "annotations";

    const HEADINGS: &'static [&'static str] = &["ID", "Input", "Status", "Part", "Concepts"];

    fn row(&self) -> Vec<String> {
        let data = self.data.as_deref();
        let parts = data.into_iter().flat_map(|data| {
            let regions = data.regions().iter().filter_map(|region| region.data.as_ref());
            let segments = data.time_segments().iter().filter_map(|segment| segment.data.as_ref());
            std::iter::once(data).chain(regions).chain(segments)
        });
        let mut concepts: Vec<String> = Vec::new();
        for concept in parts.flat_map(Data::concepts) {
            let name = format!("{}{}", if concept.value() < 0.5 { "not " } else { "" }, concept_name(concept));
            if !concepts.contains(&name) {
                concepts.push(name);
            }
        }
        vec![
            sanitize(&self.id),
            text(self.input_id.as_deref()),
            status_text(self.status.as_ref()),
            data.map(described).unwrap_or_default(),
            concepts.join(", "),
        ]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_as_row(self, out)
    }
}
