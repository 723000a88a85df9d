//! Flags of `grantor session`.

use clap::{Args, Subcommand};
use grantor_domain::id::SessionId;

use super::{Output, UserArgs, session_id};

/// What `session` can do.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List the sessions in which a user is signed in, the newest sign-in first
    List(UserArgs),
    /// End sessions of a user: their browsers must sign in again, and clients that want to know are told
    ///
    /// Grants that do not end with their session go on; `grantor grants revoke` ends those.
    End(EndSessionArgs),
}

/// Flags of `session end`.
#[derive(Args, Debug)]
pub struct EndSessionArgs {
    /// Their username or subject; sub:SUBJECT means the subject alone
    pub name: String,
    /// Which session, as `grantor session list` shows it
    #[arg(long, value_parser = session_id, value_name = "ID", conflicts_with = "all", required_unless_present = "all")]
    pub session: Option<SessionId>,
    /// Every one
    #[arg(long)]
    pub all: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}
