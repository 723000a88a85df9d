//! One type for every statement, on both engines: SQL text with `?` for each value, and the values.
//!
//! Diesel keeps a prepared statement by its text, because the text varies and the type does not
//! (`HAS_STATIC_QUERY_ID` is false: were it true, every statement would silently reuse the first one's).

use std::borrow::Cow;

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Binary, HasSqlType, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;
use grantor_domain::time::Timestamp;

use crate::target::Engine;

/// A value in a statement.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
    Number(Option<i64>),
    Column(Column),
}

/// The values of one column of many rows: an array, on Postgres only.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Bytes(Vec<Option<Vec<u8>>>),
    Text(Vec<Option<String>>),
    Number(Vec<Option<i64>>),
}

/// A statement: its text is the same on Postgres and SQLite. A `?` stands for a value and for nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    binds: Vec<Bind>,
}

/// A column of text as the index on it compares it, where the column itself has no collation of its own: without that the index
/// is of no use. On SQLite text compares by bytes anyway.
pub(crate) fn by_bytes(column: &str, engine: Engine) -> String {
    match engine {
        Engine::Postgres => format!("{column} COLLATE \"C\""),
        Engine::Sqlite => column.to_owned(),
    }
}

impl Statement {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), binds: Vec::new() }
    }

    /// Gives the next `?` its value.
    pub(crate) fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self
    }

    /// Gives the next `?`s their values.
    pub(crate) fn bind_all<T: Into<Bind>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.binds.extend(values.into_iter().map(Into::into));
        self
    }

    /// Gives the next `?` a column of values, one for each row.
    pub(crate) fn bind_column<T: Into<Bind>>(self, values: impl IntoIterator<Item = T>) -> Self {
        self.bind(Bind::Column(Column::of(values.into_iter().map(Into::into))))
    }

    /// Gives the next `?`s the columns of these rows.
    pub(crate) fn bind_columns<const COLUMNS: usize>(self, rows: Vec<[Bind; COLUMNS]>) -> Self {
        let mut columns = [const { Vec::new() }; COLUMNS];
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        columns.into_iter().fold(self, Self::bind_column)
    }

    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Arrays + HasSqlType<Binary> + HasSqlType<Text> + HasSqlType<BigInt>,
        Option<Vec<u8>>: ToSql<Nullable<Binary>, DB>,
        Option<String>: ToSql<Nullable<Text>, DB>,
        Option<i64>: ToSql<Nullable<BigInt>, DB>,
    {
        let mut binds = self.binds.iter();
        for (index, text) in self.sql.split('?').enumerate() {
            if index > 0 {
                match binds.next() {
                    Some(Bind::Bytes(value)) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                    Some(Bind::Text(value)) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                    Some(Bind::Number(value)) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                    Some(Bind::Column(column)) => DB::push(&mut out, column)?,
                    None => return Err(self.miscounted()),
                }
            }
            out.push_sql(text);
        }
        if binds.next().is_some() { Err(self.miscounted()) } else { Ok(()) }
    }

    fn miscounted(&self) -> diesel::result::Error {
        let (places, values) = (self.sql.matches('?').count(), self.binds.len());
        diesel::result::Error::QueryBuilderError(format!("{places} places for {values} values in: {}", self.sql).into())
    }
}

impl Column {
    /// All of one kind, as whatever they were made from was of one type.
    fn of(values: impl Iterator<Item = Bind>) -> Self {
        let mut values = values.peekable();
        match values.peek() {
            Some(Bind::Bytes(_)) => Self::Bytes(values.filter_map(Bind::into_bytes).collect()),
            Some(Bind::Text(_)) => Self::Text(values.filter_map(Bind::into_text).collect()),
            Some(Bind::Number(_) | Bind::Column(_)) | None => {
                Self::Number(values.filter_map(Bind::into_number).collect())
            }
        }
    }
}

impl Bind {
    fn into_bytes(self) -> Option<Option<Vec<u8>>> {
        if let Self::Bytes(value) = self { Some(value) } else { None }
    }

    fn into_text(self) -> Option<Option<String>> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    fn into_number(self) -> Option<Option<i64>> {
        if let Self::Number(value) = self { Some(value) } else { None }
    }
}

/// Whether an engine has arrays.
trait Arrays: Backend + Sized {
    fn push<'b>(out: &mut AstPass<'_, 'b, Self>, column: &'b Column) -> QueryResult<()>;
}

impl Arrays for Pg {
    fn push<'b>(out: &mut AstPass<'_, 'b, Self>, column: &'b Column) -> QueryResult<()> {
        match column {
            Column::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values),
            Column::Text(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values),
            Column::Number(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values),
        }
    }
}

impl Arrays for Sqlite {
    fn push<'b>(_out: &mut AstPass<'_, 'b, Self>, _column: &'b Column) -> QueryResult<()> {
        Err(diesel::result::Error::QueryBuilderError("SQLite has no arrays".into()))
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out)
    }
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out)
    }
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<Conn> RunQueryDsl<Conn> for &Statement {}

impl From<i64> for Bind {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<u32> for Bind {
    fn from(value: u32) -> Self {
        Self::Number(Some(i64::from(value)))
    }
}

impl From<bool> for Bind {
    fn from(value: bool) -> Self {
        Self::Number(Some(i64::from(value)))
    }
}

impl From<Timestamp> for Bind {
    fn from(value: Timestamp) -> Self {
        Self::Number(Some(value.as_millis()))
    }
}

impl From<Option<Timestamp>> for Bind {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Number(value.map(Timestamp::as_millis))
    }
}

impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Bind {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl<const N: usize> From<&[u8; N]> for Bind {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl<const N: usize> From<Option<&[u8; N]>> for Bind {
    fn from(value: Option<&[u8; N]>) -> Self {
        Self::Bytes(value.map(|bytes| bytes.to_vec()))
    }
}

impl From<Vec<u8>> for Bind {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;

    use super::*;

    #[test]
    fn each_engine_gets_its_own_placeholders() {
        let statement = Statement::new("SELECT ? WHERE a = ?").bind(1_i64).bind("x");
        assert!(debug_query::<Pg, _>(&statement).to_string().starts_with("SELECT $1 WHERE a = $2 --"));
        assert!(debug_query::<Sqlite, _>(&statement).to_string().starts_with("SELECT ? WHERE a = ? --"));
    }

    #[test]
    fn places_and_values_must_match() {
        let built = |statement: Statement| {
            let mut builder = diesel::sqlite::query_builder::SqliteQueryBuilder::new();
            QueryFragment::<Sqlite>::to_sql(&statement, &mut builder, &Sqlite)
        };
        assert!(built(Statement::new("SELECT ?, ?").bind(1_i64)).is_err());
        assert!(built(Statement::new("SELECT ?").bind(1_i64).bind(2_i64)).is_err());
        assert!(built(Statement::new("SELECT ?").bind(1_i64)).is_ok());
    }
}
