//! The columns of a grant and how they are read.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::client::ClientId;
use grantor_domain::grant::{Grant, GrantRef, GrantTerms};
use grantor_domain::id::{GrantId, SessionId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::session::Authentication;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_domain::user::Subject;
use grantor_ports::LiveGrant;

use super::table;
use crate::error::StatementError;
use crate::row::{RowName, time};
use crate::users;

/// What a statement selects or returns so that [`LiveGrantRow`] can read it; the user's claims come in the same breath.
pub(super) const LIVE_GRANT: &str = "{grants}.id, {grants}.client_id, {grants}.subject, {grants}.session_id, \
     {grants}.scope, {grants}.resources, {grants}.claims, {grants}.auth_time, {grants}.acr, {grants}.amr, \
     {grants}.sender, {grants}.ends_with_session, {grants}.generation, {grants}.spent_at, {grants}.expires_at, \
     {grants}.absolute_expires_at, \
     (SELECT users.claims FROM users WHERE users.subject = {grants}.subject) AS user_claims";

#[derive(diesel::QueryableByName)]
pub(super) struct LiveGrantRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    client_id: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Nullable<Binary>)]
    session_id: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = Text)]
    resources: String,
    #[diesel(sql_type = Nullable<Text>)]
    claims: Option<String>,
    #[diesel(sql_type = BigInt)]
    auth_time: i64,
    #[diesel(sql_type = Nullable<Text>)]
    acr: Option<String>,
    #[diesel(sql_type = Text)]
    amr: String,
    #[diesel(sql_type = Nullable<Text>)]
    sender: Option<String>,
    #[diesel(sql_type = BigInt)]
    ends_with_session: i64,
    #[diesel(sql_type = BigInt)]
    generation: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    spent_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
    #[diesel(sql_type = BigInt)]
    absolute_expires_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    user_claims: Option<String>,
}

impl LiveGrantRow {
    pub(super) fn read(self, class: LifetimeClass) -> Result<LiveGrant, StatementError> {
        let claims = users::claims(&self.subject, self.user_claims.as_deref())?;
        let row = RowName::bytes(table(class), &self.id);
        let grant = Grant {
            generation: row.small("generation", self.generation)?,
            spent_at: time(self.spent_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            terms: self.terms(class, row)?,
        };
        Ok(LiveGrant { grant, claims })
    }

    fn terms(&self, class: LifetimeClass, row: RowName<'_>) -> Result<GrantTerms, StatementError> {
        let session = self.session_id.as_deref().map(|id| row.array("session_id", id)).transpose()?;
        let claims = self.claims.as_deref().map(|text| row.json("claims", text)).transpose()?;
        Ok(GrantTerms {
            reference: GrantRef { class, id: GrantId::from_bytes(row.array("id", &self.id)?) },
            client_id: row.check("client_id", ClientId::parse(&self.client_id).ok_or("not a client id"))?,
            subject: row.check("subject", Subject::parse(&self.subject))?,
            session: session.map(SessionId::from_bytes),
            scope: row.check("scope", ScopeSet::parse(&self.scope))?,
            resources: row.json("resources", &self.resources)?,
            claims,
            authentication: Authentication {
                time: Timestamp::from_millis(self.auth_time),
                acr: self.acr.clone(),
                amr: row.json("amr", &self.amr)?,
            },
            sender: self.sender.clone(),
            ends_with_session: self.ends_with_session != 0,
            absolute_expires_at: Timestamp::from_millis(self.absolute_expires_at),
        })
    }
}
