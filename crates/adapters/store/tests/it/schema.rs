//! The two schemas are one: tables, columns, nullability, classes of type, keys and indexes, partitions left out.

use crate::setup::{Client, Place};

/// Each column, as `table.column class null|not null key position`.
const SQLITE_COLUMNS: &str = "
    SELECT t.name || '.' || c.name || ' ' || lower(c.type)
        || CASE WHEN c.\"notnull\" = 1 THEN ' not null' ELSE ' null' END || ' key ' || c.pk AS cell
    FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> '__diesel_schema_migrations'";

const POSTGRES_COLUMNS: &str = "
    SELECT t.relname || '.' || a.attname || ' '
        || CASE format_type(a.atttypid, NULL)
            WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'blob' ELSE format_type(a.atttypid, NULL) END
        || CASE WHEN a.attnotnull THEN ' not null' ELSE ' null' END
        || ' key ' || coalesce(array_position(k.indkey::int2[], a.attnum) + 1, 0) AS cell
    FROM pg_class t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index k ON k.indrelid = t.oid AND k.indisprimary
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
        AND t.relname <> '__diesel_schema_migrations'";

/// Each index but the primary keys', as `table index unique|plain columns`.
const SQLITE_INDEXES: &str = "
    SELECT t.name || ' ' || i.name || CASE WHEN i.\"unique\" = 1 THEN ' unique ' ELSE ' plain ' END
        || (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS cell
    FROM sqlite_schema AS t, pragma_index_list(t.name) AS i
    WHERE t.type = 'table' AND i.origin <> 'pk'";

const POSTGRES_INDEXES: &str = "
    SELECT t.relname || ' ' || i.relname || CASE WHEN x.indisunique THEN ' unique ' ELSE ' plain ' END
        || (SELECT string_agg(a.attname, ',' ORDER BY array_position(x.indkey::int2[], a.attnum))
            FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (x.indkey)) AS cell
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND NOT x.indisprimary
        AND t.relname <> '__diesel_schema_migrations'";

/// Everything about the schema of a database that both engines know.
pub(crate) fn described(client: &mut Client) -> Vec<String> {
    let (columns, indexes) = match client {
        Client::Postgres(_) => (POSTGRES_COLUMNS, POSTGRES_INDEXES),
        Client::Sqlite(_) => (SQLITE_COLUMNS, SQLITE_INDEXES),
    };
    let mut lines = client.texts(columns);
    lines.extend(client.texts(indexes));
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_one_schema() {
    let sqlite = described(&mut Place::sqlite().await.client());
    let postgres = described(&mut Place::postgres().await.client());
    assert!(sqlite.iter().any(|line| line == "grants_long.id blob not null key 1"), "{sqlite:#?}");
    assert!(sqlite.iter().any(|line| line == "users users_by_username unique username"), "{sqlite:#?}");
    assert_eq!(sqlite, postgres);
}

/// `STRICT`: otherwise SQLite keeps a value of any type in any column, and a mistake shows up as a corrupt row much
/// later.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_refuses_values_of_another_type() {
    let place = Place::sqlite().await;
    let lax = place.client().texts(
        "SELECT name AS cell FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND strict = 0
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '__diesel_schema_migrations'",
    );
    assert_eq!(lax, Vec::<String>::new());
}

/// Text compares by bytes on both: an index in a collation of the operating system breaks when that is upgraded.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_text_keys_compare_by_bytes() {
    let place = Place::postgres().await;
    let collated = place.client().texts(
        "SELECT i.relname || ' ' || used::regcollation AS cell
         FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid,
            unnest(x.indcollation::oid[]) AS used
         WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> '__diesel_schema_migrations'
            AND used <> 0 AND used <> '\"C\"'::regcollation",
    );
    assert_eq!(collated, Vec::<String>::new());
}

/// Old partitions must come off without a lock or a scan of another table.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_has_no_foreign_key_and_no_default_partition() {
    let place = Place::postgres().await;
    let mut client = place.client();
    assert_eq!(client.number("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), 0);
    assert_eq!(client.number("SELECT count(*) FROM pg_partitioned_table WHERE partdefid <> 0"), 0);
}
