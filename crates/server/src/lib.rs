//! The server `grantor`: its command line, its configuration, and the wiring of every adapter to the use cases. The only
//! crate that names all adapters; it holds no rule of its own.

mod apply_file;
pub mod cli;
pub mod clock;
mod commands;
mod data_dir;
mod demo;
mod dev;
mod http_server;
mod installation;
mod logging;
mod maintenance;
mod output;
mod reasons_page;
mod rfc3339;
mod running;
mod serve;
pub mod settings;
mod tls;
pub mod wiring;

pub use commands::{Described, run};
