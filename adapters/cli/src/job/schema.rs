//! The schema of job files, and how a database is recognized as one.

use rusqlite::{Connection, TransactionBehavior};

use super::error::JobError;

/// The header of each job file contains this number: `CLJB` in ASCII. It is also what `file` shows.
pub(crate) const APPLICATION_ID: i32 = 0x434C_4A42;

/// The version of the schema. Columns and views can be added without a new version; anything else needs one.
pub(crate) const VERSION: i32 = 1;

/// The statements that create all tables and views.
pub(crate) const SCHEMA: &str = include_str!("schema.sql");

/// What a database contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing yet.
    Empty,
    /// A job of this version.
    Job,
}

/// Returns whether the database is empty or a job file. Errors if it is anything else, so that nothing is written to
/// the database of another program.
pub(crate) fn recognize(connection: &Connection) -> Result<Content, JobError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION_ID, VERSION) => Ok(Content::Job),
        (APPLICATION_ID, version) => Err(JobError(format!(
            "has version {version} of the format of job files; this program reads version {VERSION}"
        ))),
        (0, 0) if is_empty(connection)? => Ok(Content::Empty),
        _ => Err(JobError("is a database of another program, not a job file".to_owned())),
    }
}

fn is_empty(connection: &Connection) -> Result<bool, JobError> {
    Ok(connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?)
}

/// Creates the tables in an empty database, all of them or none.
pub(crate) fn create(connection: &mut Connection) -> Result<(), JobError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const OUTPUT: &str = r##"{"id": "o", "data": {
        "concepts": [{"id": "c1", "name": "boat", "value": 0.9}, {"id": "c2", "value": "0.5"}],
        "colors": [{"raw_hex": "#102030", "value": 0.4, "w3c": {"hex": "#000", "name": "Black"}}],
        "regions": [{"id": "r", "value": 0.7,
            "region_info": {"bounding_box": {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.3, "right_col": 0.4}},
            "data": {"concepts": [{"id": "f", "name": "face", "value": 0.8}]}}]}}"##;

    fn database(outputs: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        create(&mut connection).unwrap();
        for (position, raw) in outputs.iter().enumerate() {
            let insert = "INSERT INTO inputs (position, source, kind, seen, state, updated_at)
                          VALUES (?1, 'photo' || ?1, 'file', 1, 'done', 0)";
            connection.execute(insert, [position]).unwrap();
            connection.execute("INSERT INTO outputs VALUES (?1, ?2)", rusqlite::params![position, raw]).unwrap();
        }
        connection
    }

    fn rows(connection: &Connection, query: &str) -> Vec<String> {
        let mut statement = connection.prepare(&format!("SELECT json_array({query}")).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn views_show_what_the_outputs_contain() {
        let workflow = format!(r#"{{"status": {{}}, "outputs": [{{"data": null}}, {OUTPUT}]}}"#);
        let connection = database(&[OUTPUT, "{}", &workflow]);
        for (query, expected) in [
            (
                "source, result, rank, id, name, value) FROM concepts",
                &[
                    r#"["photo0",0,0,"c1","boat",0.9]"#,
                    r#"["photo0",0,1,"c2","c2",0.5]"#,
                    r#"["photo2",1,0,"c1","boat",0.9]"#,
                    r#"["photo2",1,1,"c2","c2",0.5]"#,
                ][..],
            ),
            (
                "source, result, region, id, top_row, left_col, bottom_row, right_col, value, concept) FROM regions",
                &[
                    r#"["photo0",0,0,"r",0.1,0.2,0.3,0.4,0.7,"face"]"#,
                    r#"["photo2",1,0,"r",0.1,0.2,0.3,0.4,0.7,"face"]"#,
                ],
            ),
            (
                "position, result, region, rank, id, name, value) FROM region_concepts",
                &[r#"[0,0,0,0,"f","face",0.8]"#, r#"[2,1,0,0,"f","face",0.8]"#],
            ),
            (
                "source, result, hex, name, share) FROM colors",
                &[r##"["photo0",0,"#102030","Black",0.4]"##, r##"["photo2",1,"#102030","Black",0.4]"##],
            ),
            (
                "name, count(*)) FROM concepts GROUP BY name ORDER BY count(*) DESC, name LIMIT 10",
                &[r#"["boat",2]"#, r#"["c2",2]"#],
            ),
        ] {
            assert_eq!(rows(&connection, query), expected, "{query}");
        }
    }

    #[test]
    fn other_databases_are_not_taken_for_job_files() {
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(recognize(&connection), Ok(Content::Empty));
        connection.execute_batch("CREATE TABLE photos (name TEXT)").unwrap();
        assert!(recognize(&connection).unwrap_err().0.contains("another program"));
        let connection = database(&[]);
        assert_eq!(recognize(&connection), Ok(Content::Job));
        connection.pragma_update(None, "user_version", 9).unwrap();
        assert!(recognize(&connection).unwrap_err().0.contains("version 9"));
    }

    /// The page in the documentation describes exactly the tables, views and columns that exist.
    #[test]
    fn documentation_lists_every_column() {
        let page = include_str!("../../docs/job-file.md");
        let connection = database(&[]);
        let documented = |table: &str| -> Vec<String> {
            let section = page.split(&format!("### `{table}`\n")).nth(1).unwrap_or_else(|| panic!("{table}"));
            let section = section.split("\n#").next().unwrap();
            let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
            rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
        };
        let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(page.matches("### `").count(), tables.len());
        for table in tables {
            let columns = rows(&connection, &format!("name) FROM pragma_table_info('{table}')"));
            let columns: Vec<_> = columns.iter().map(|json| json.trim_matches(['[', ']', '"']).to_owned()).collect();
            assert_eq!(documented(&table), columns, "{table}");
        }
    }
}
