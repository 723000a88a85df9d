//! Reading rows: what a column holds becomes a domain value, or an error that names table, column and row.

use grantor_domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Cause, StatementError};

/// Which row is being read, for the error.
#[derive(Clone, Copy)]
pub(crate) struct RowName<'a> {
    table: &'static str,
    key: Key<'a>,
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Bytes(&'a [u8]),
    Number(i64),
    Text(&'a str),
}

impl<'a> RowName<'a> {
    pub(crate) const fn bytes(table: &'static str, key: &'a [u8]) -> Self {
        Self { table, key: Key::Bytes(key) }
    }

    pub(crate) const fn text(table: &'static str, key: &'a str) -> Self {
        Self { table, key: Key::Text(key) }
    }

    /// What was read from a column, or the error that says where it stands.
    pub(crate) fn check<T, E: Into<Cause>>(
        self,
        column: &'static str,
        value: Result<T, E>,
    ) -> Result<T, StatementError> {
        value.map_err(|error| StatementError::Corrupt {
            table: self.table,
            column,
            id: self.key_text(),
            source: error.into(),
        })
    }

    /// JSON. The error tells where it cannot be read, not what stands there: that may be a person's, or a secret's hash.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str, text: &str) -> Result<T, StatementError> {
        let place = |error: serde_json::Error| {
            format!("{:?} error at line {}, column {} of its JSON", error.classify(), error.line(), error.column())
        };
        self.check(column, serde_json::from_str(text).map_err(place))
    }

    /// Bytes of a fixed length.
    pub(crate) fn array<const N: usize>(self, column: &'static str, bytes: &[u8]) -> Result<[u8; N], StatementError> {
        self.check(column, <[u8; N]>::try_from(bytes))
    }

    /// A number that is never negative and never large.
    pub(crate) fn small(self, column: &'static str, number: i64) -> Result<u32, StatementError> {
        self.check(column, u32::try_from(number))
    }

    fn key_text(self) -> String {
        match self.key {
            Key::Bytes(bytes) => match uuid::Uuid::from_slice(bytes) {
                Ok(id) => id.to_string(),
                Err(_other_length) => format!("{bytes:02x?}"),
            },
            Key::Number(number) => number.to_string(),
            Key::Text(text) => text.to_owned(),
        }
    }
}

impl RowName<'static> {
    pub(crate) const fn number(table: &'static str, key: i64) -> Self {
        Self { table, key: Key::Number(key) }
    }
}

/// A time that may be missing.
pub(crate) fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// JSON as it is stored. Only fails for values that JSON has no form for, and ours are none of those.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StatementError> {
    serde_json::to_string(value).map_err(|error| StatementError::Refused(format!("no JSON form: {error}")))
}
