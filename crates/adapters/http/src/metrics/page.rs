//! The page of metrics: every row of the table, with its value at this moment.

use grantor_application::{CacheLookup, ServiceReading};
use grantor_ports::{PoolReading, StorageFailure, StorageReading};

use super::Sources;
use super::exposition::Exposition;
use super::process::Process;
use super::requests::Requests;
use super::table::*;
use crate::app::App;

/// Microseconds of a second.
const MICROS: f64 = 1e6;

/// The page.
pub(super) fn page(app: &App, sources: &Sources) -> String {
    let mut page = Exposition::default();
    requests(&mut page, &app.requests);
    service(&mut page, &app.service.reading());
    storage(&mut page, &(sources.storage)());
    passwords(&mut page, (sources.passwords)());
    page.number(&LOG_LINES_LOST, (sources.lost_log_lines)());
    process(&mut page, &Process::read());
    page.family(&BUILD_INFO).sample([env!("CARGO_PKG_VERSION")], 1);
    page.into_page()
}

fn requests(page: &mut Exposition, requests: &Requests) {
    let mut family = page.family(&REQUESTS);
    for (labels, count) in requests.counts() {
        family.sample(labels, count);
    }
    let mut family = page.family(&REQUEST_DURATION);
    for (labels, durations) in requests.durations() {
        family.distribution(labels, &durations, MICROS);
    }
    page.number(&REQUESTS_IN_FLIGHT, requests.in_flight());
}

fn service(page: &mut Exposition, reading: &ServiceReading) {
    let mut family = page.family(&AUDIT_EVENTS);
    for (kind, count) in &reading.audit_events {
        family.sample([kind.as_str()], count);
    }
    let mut family = page.family(&CACHE_LOOKUPS);
    for (lookup, count) in CacheLookup::ALL.iter().zip(reading.client_cache.lookups) {
        family.sample([lookup.as_str()], count);
    }
    page.number(&CACHE_ENTRIES, reading.client_cache.entries);
    let mut family = page.family(&KEY_AGE);
    for (purpose, age) in &reading.keys {
        family.sample([purpose.as_str()], age.as_secs());
    }
    page.number(&CHANGES_AGE, reading.changes_age.as_secs_f64());
    page.number(&STORAGE_UP, u8::from(reading.is_storage_up));
}

fn storage(page: &mut Exposition, reading: &StorageReading) {
    let PoolReading { queue_depth, queue_capacity, threads, threads_busy } = reading.pool;
    page.number(&STORAGE_QUEUE_DEPTH, queue_depth);
    page.number(&STORAGE_QUEUE_CAPACITY, queue_capacity);
    page.number(&STORAGE_THREADS, threads);
    page.number(&STORAGE_THREADS_BUSY, threads_busy);
    page.number(&STORAGE_STATEMENTS, reading.statements);
    let mut family = page.family(&STORAGE_FAILURES);
    for (kind, count) in StorageFailure::ALL.iter().zip(reading.failures) {
        family.sample([kind.as_str()], count);
    }
    page.family(&STORAGE_BATCH_SIZE).distribution([], &reading.batch_size, 1.0);
    page.family(&STORAGE_WAIT).distribution([], &reading.wait, MICROS);
    let mut family = page.family(&STORAGE_PARTITIONS);
    for (table, count) in &reading.partitions {
        family.sample([*table], count);
    }
}

fn passwords(page: &mut Exposition, reading: PoolReading) {
    let PoolReading { queue_depth, queue_capacity, threads, threads_busy } = reading;
    page.number(&PASSWORD_QUEUE_DEPTH, queue_depth);
    page.number(&PASSWORD_QUEUE_CAPACITY, queue_capacity);
    page.number(&PASSWORD_THREADS, threads);
    page.number(&PASSWORD_THREADS_BUSY, threads_busy);
}

fn process(page: &mut Exposition, process: &Process) {
    let mut family = page.family(&PROCESS_MEMORY);
    process.resident_bytes.iter().for_each(|bytes| family.sample([], bytes));
    let mut family = page.family(&PROCESS_CPU);
    process.cpu_seconds.iter().for_each(|seconds| family.sample([], seconds));
    let mut family = page.family(&PROCESS_OPEN_FDS);
    process.open_fds.iter().for_each(|count| family.sample([], count));
    let mut family = page.family(&PROCESS_START);
    process.start_seconds.iter().for_each(|seconds| family.sample([], seconds));
}
