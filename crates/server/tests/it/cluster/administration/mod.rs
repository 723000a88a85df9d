//! What an administrator changes while several processes serve.

mod applied;
mod clients;
mod disabled_user;
mod users;
