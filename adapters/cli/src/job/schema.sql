-- Facts about the job itself, such as its ID, its command and the options that matter.
CREATE TABLE job (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each time the program worked on the job.
CREATE TABLE runs (
    run        INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    requests   INTEGER NOT NULL DEFAULT 0,
    bytes      INTEGER NOT NULL DEFAULT 0,
    exit_code  INTEGER
);

-- One row for each input, in the order in which the inputs were read.
CREATE TABLE inputs (
    position     INTEGER PRIMARY KEY,
    source       TEXT NOT NULL,
    source_bytes BLOB,
    kind         TEXT NOT NULL CHECK (kind IN ('file', 'url', 'stdin', 'record')),
    media        TEXT CHECK (media IN ('image', 'video')),
    input_id     TEXT,
    record       TEXT,
    hash         TEXT,
    bytes        INTEGER,
    modified     INTEGER,
    seen         INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'done', 'failed')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    outcome      TEXT,
    code         INTEGER,
    error        TEXT,
    request_id   TEXT,
    updated_at   INTEGER NOT NULL
);

-- One row for each attempt that ended, including those that ended because the program was killed.
CREATE TABLE attempts (
    position   INTEGER NOT NULL REFERENCES inputs (position),
    attempt    INTEGER NOT NULL,
    run        INTEGER NOT NULL REFERENCES runs (run),
    ended_at   INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    code       INTEGER,
    error      TEXT,
    request_id TEXT,
    PRIMARY KEY (position, attempt)
) WITHOUT ROWID;

-- What the service returned for an input: the JSON object of its last response.
CREATE TABLE outputs (
    position INTEGER PRIMARY KEY REFERENCES inputs (position),
    raw      TEXT NOT NULL
);

-- The results of all models: a prediction has one, a workflow one for each of its models.
CREATE VIEW results AS
    SELECT position, 0 AS result, raw FROM outputs WHERE json_type(raw, '$.outputs') IS NULL
    UNION ALL
    SELECT position, CAST(one.key AS INTEGER), one.value
        FROM outputs, json_each(outputs.raw, '$.outputs') AS one;

-- The concepts that were recognized in an input as a whole.
CREATE VIEW concepts AS
    SELECT position, (SELECT source FROM inputs WHERE inputs.position = results.position) AS source, result,
           CAST(one.key AS INTEGER) AS rank,
           coalesce(one.value ->> '$.id', '') AS id,
           coalesce(nullif(one.value ->> '$.name', ''), one.value ->> '$.id', '') AS name,
           CAST(coalesce(one.value ->> '$.value', 0) AS REAL) AS value
        FROM results, json_each(results.raw, '$.data.concepts') AS one;

-- The regions of an input, each with its box as fractions of height and width, and its most probable concept.
CREATE VIEW regions AS
    SELECT position, (SELECT source FROM inputs WHERE inputs.position = results.position) AS source, result,
           CAST(one.key AS INTEGER) AS region,
           one.value ->> '$.id' AS id,
           CAST(one.value ->> '$.region_info.bounding_box.top_row' AS REAL) AS top_row,
           CAST(one.value ->> '$.region_info.bounding_box.left_col' AS REAL) AS left_col,
           CAST(one.value ->> '$.region_info.bounding_box.bottom_row' AS REAL) AS bottom_row,
           CAST(one.value ->> '$.region_info.bounding_box.right_col' AS REAL) AS right_col,
           CAST(one.value ->> '$.value' AS REAL) AS value,
           one.value ->> '$.data.concepts[0].name' AS concept,
           one.value ->> '$.data.text.raw' AS text
        FROM results, json_each(results.raw, '$.data.regions') AS one;

-- The concepts that were recognized in a region.
CREATE VIEW region_concepts AS
    SELECT results.position, results.result, CAST(one.key AS INTEGER) AS region, CAST(two.key AS INTEGER) AS rank,
           coalesce(two.value ->> '$.id', '') AS id,
           coalesce(nullif(two.value ->> '$.name', ''), two.value ->> '$.id', '') AS name,
           CAST(coalesce(two.value ->> '$.value', 0) AS REAL) AS value
        FROM results, json_each(results.raw, '$.data.regions') AS one, json_each(one.value, '$.data.concepts') AS two;

-- The dominant colors of an input, each with the share of the image that it covers.
CREATE VIEW colors AS
    SELECT position, (SELECT source FROM inputs WHERE inputs.position = results.position) AS source, result,
           CAST(one.key AS INTEGER) AS rank,
           coalesce(one.value ->> '$.raw_hex', one.value ->> '$.w3c.hex') AS hex,
           one.value ->> '$.w3c.name' AS name,
           CAST(coalesce(one.value ->> '$.value', 0) AS REAL) AS share
        FROM results, json_each(results.raw, '$.data.colors') AS one;
