//! The words and flags of `user`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use grantor_domain::user::{Subject, Username};

use super::{Output, key_value};

/// What `user` can do.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user
    ///
    /// Without a password they cannot sign in until `grantor user set-password` gives them one.
    Create(CreateUserArgs),
    /// List users, by subject
    List(ListUsersArgs),
    /// Show everything about a user but their password's hash
    Show(UserArgs),
    /// Change a user's claims
    Update(UpdateUserArgs),
    /// Refuse a user, and end whatever they authenticated before
    Disable(UserArgs),
    /// Let a user sign in again; what was ended stays ended
    Enable(UserArgs),
    /// Set a user's password, read from standard input, and end whatever they authenticated with the old one
    SetPassword(UserArgs),
    /// Forget a user's failed sign-ins
    Unlock(UserArgs),
    /// Take a user's second factors and recovery codes away, for one who lost them, and end whatever they authenticated
    ///
    /// Make sure that it is them who asks: until they set another up, whoever knows their password can sign in.
    ResetSecondFactor(UserArgs),
    /// Import users from another system, with their subjects and password hashes
    ///
    /// The file has one user a line, in JSON: {"subject": …, "username": …, "password_hash": …, "claims": {…}, "disabled":
    /// …}; the last three may be missing. Hashes are argon2 and PBKDF2 in the PHC string format, bcrypt, and PBKDF2 as
    /// passlib or Django write it. At the next sign-in each is made anew. Every line is checked before the first user is
    /// written; who is there already, by subject and username, is left alone.
    Import(ImportArgs),
}

/// Which user.
#[derive(Args, Debug)]
pub struct UserArgs {
    /// Their username or subject; sub:SUBJECT means the subject alone
    pub name: String,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `user create`.
#[derive(Args, Debug)]
pub struct CreateUserArgs {
    /// What they type to sign in
    #[arg(long, value_name = "NAME", value_parser = username)]
    pub username: Username,
    /// What clients know them by, for ever [default: a new UUID]
    #[arg(long, value_parser = subject)]
    pub subject: Option<Subject>,
    /// A standard claim (OpenID Connect Core section 5.1), its value in JSON or as text; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub claim: Vec<(String, String)>,
    /// Read their password from standard input, one line
    #[arg(long)]
    pub password_stdin: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `user list`.
#[derive(Args, Debug)]
pub struct ListUsersArgs {
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Begin behind this subject
    #[arg(long, value_name = "SUBJECT", value_parser = subject)]
    pub after: Option<Subject>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `user update`.
#[derive(Args, Debug)]
pub struct UpdateUserArgs {
    /// Their username or subject; sub:SUBJECT means the subject alone
    pub name: String,
    /// A standard claim (OpenID Connect Core section 5.1), its value in JSON or as text; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub claim: Vec<(String, String)>,
    /// Remove a claim; may be repeated
    #[arg(long, value_name = "KEY")]
    pub unset_claim: Vec<String>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `user import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// A file of JSON lines, or - for standard input; what can be read only once is kept in memory
    pub file: PathBuf,
    /// Find out what would become of each user, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

fn username(text: &str) -> Result<Username, String> {
    Username::parse(text).map_err(|invalid| invalid.to_string())
}

fn subject(text: &str) -> Result<Subject, String> {
    Subject::parse(text).map_err(|invalid| invalid.to_string())
}
