//! The hot paths, to be counted: `hot_paths PATH COUNT` answers COUNT requests of one path on one thread and says nothing.
//!
//! What it does before the first of them does not depend on COUNT, so the difference of two runs is the price of the
//! requests alone. `cargo xtask instructions` takes it; see docs/instructions.md.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a path that is not answered as it should be must not be counted"
)]

mod installation;
mod path;
mod person;
mod requests;

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::test::{call_service, init_service, read_body};

use crate::installation::Installation;
use crate::path::HotPath;
use crate::requests::Requests;

/// Requests before the counted ones: they fill caches, and their answers are looked at more closely.
const WARM_UP: usize = 16;

/// Most requests of a run: as many codes are made beforehand, whatever COUNT is.
const MOST: usize = 512;

#[actix_web::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, count] = &*words else {
        // As `cargo bench` calls it.
        println!("`cargo xtask instructions` counts what this does: hot_paths PATH COUNT");
        return;
    };
    let path = HotPath::parse(path).expect("PATH is one of the hot paths");
    let count: usize = count.parse().expect("COUNT is a number");
    assert!(count <= MOST, "COUNT is {MOST} at most");

    let installation = Installation::new().await;
    let server = init_service(App::new().configure(grantor_http::configure(installation.app()))).await;
    let mut requests = Requests::prepare(path, WARM_UP + MOST, &installation.service).await;
    for turn in 0..WARM_UP + count {
        let response = call_service(&server, requests.next().to_request()).await;
        let status = response.status();
        let body = read_body(response).await;
        assert_eq!(status, StatusCode::OK, "{body:?}");
        if turn < WARM_UP {
            path.check(&body);
        }
        requests.answered(&body);
    }
}
