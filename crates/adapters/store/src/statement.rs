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
use diesel::sql_types::{BigInt, Binary, HasSqlType, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;
use grantor_domain::time::Timestamp;

/// A value in a statement.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
    Number(Option<i64>),
}

/// A statement: its text is the same on Postgres and SQLite. A `?` stands for a value and for nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    binds: Vec<Bind>,
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

    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<Binary> + HasSqlType<Text> + HasSqlType<BigInt>,
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
