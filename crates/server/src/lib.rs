//! The server `grantor`: its command line, its configuration, and the wiring of every adapter to the use cases. The only
//! crate that names all adapters; it holds no rule of its own.

mod actor;
mod apply_file;
mod audit_page;
pub mod cli;
pub mod clock;
mod commands;
mod data_dir;
mod demo;
mod dev;
mod http_server;
mod installation;
mod log_fields;
mod logging;
mod maintenance;
mod metrics_page;
mod metrics_server;
mod output;
mod reasons_page;
mod rfc3339;
mod running;
mod serve;
pub mod settings;
mod tls;
mod traces;
pub mod wiring;

pub use commands::{Described, run};
