//! Decides which crate may depend on which: the directions of the architecture, read from the normal dependencies that the
//! manifests declare (optional ones included), and the lints that every crate must inherit.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test states what it expects by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// For each crate of ours, the ones of ours that it may name. A crate that is not here fails the test until it is placed.
const DIRECTIONS: [(&str, &[&str]); 10] = [
    ("grantor-domain", &[]),
    ("grantor-ports", &["grantor-domain"]),
    ("grantor-application", &["grantor-domain", "grantor-ports"]),
    ("grantor-store", &["grantor-domain", "grantor-ports"]),
    ("grantor-crypto", &["grantor-domain", "grantor-ports"]),
    ("grantor-outbound", &["grantor-domain", "grantor-ports"]),
    ("grantor-http", &["grantor-application", "grantor-domain", "grantor-ports"]),
    ("grantor-testkit", &["grantor-domain", "grantor-ports"]),
    (
        "grantor",
        &[
            "grantor-application",
            "grantor-crypto",
            "grantor-domain",
            "grantor-http",
            "grantor-outbound",
            "grantor-ports",
            "grantor-store",
        ],
    ),
    ("xtask", &[]),
];

/// For each technology, the crates of ours that may name it. A trailing `*` stands for the rest of the name.
const TECHNOLOGIES: [(&str, &[&str]); 15] = [
    ("actix-*", &["grantor-http", "grantor"]),
    ("argon2", &["grantor-crypto"]),
    ("diesel*", &["grantor-store"]),
    ("josekit", &["grantor-crypto"]),
    ("libsqlite3-sys", &["grantor-store"]),
    ("openssl", &["grantor-crypto"]),
    // The store names it for the feature that builds OpenSSL from source, and has no code on it.
    ("openssl-sys", &["grantor-crypto", "grantor-store"]),
    ("opentelemetry*", &["grantor-http", "grantor"]),
    ("pq-sys", &["grantor-store"]),
    ("r2d2", &["grantor-store"]),
    ("reqwest", &["grantor-outbound"]),
    ("hyper*", &["grantor-outbound"]),
    ("tracing-opentelemetry", &["grantor-http", "grantor"]),
    ("webauthn-rs*", &["grantor-crypto"]),
    // The server ends TLS itself where no proxy does (decision 6); the testkit stands for the servers of others.
    ("rustls*", &["grantor-outbound", "grantor", "grantor-testkit"]),
];

/// What the pure crate must do without: a runtime, a clock, randomness, the network.
const IMPURE: [&str; 5] = ["tokio", "rand", "getrandom", "tracing", "async-trait"];

/// Teams reuse the domain in other services, so it stays light.
const DOMAIN_DEPENDENCIES_MAX: usize = 12;

#[test]
fn crates_depend_inwards_only() {
    let workspace = Workspace::read();
    let allowed: BTreeMap<_, _> = DIRECTIONS.into_iter().collect();
    let mut wrong = Vec::new();
    for (package, dependency) in workspace.edges() {
        let Some(allowed) = allowed.get(package) else {
            wrong.push(format!("{package} has no place in DIRECTIONS yet"));
            continue;
        };
        if workspace.owns(dependency) && !allowed.contains(&dependency) {
            wrong.push(format!("{package} -> {dependency}"));
        }
    }
    assert_none("these dependencies point the wrong way", &wrong);
}

#[test]
fn technologies_stay_in_their_adapter() {
    let workspace = Workspace::read();
    let mut wrong = Vec::new();
    for (package, dependency) in workspace.edges() {
        for (technology, homes) in TECHNOLOGIES {
            if package != "xtask" && matches(technology, dependency) && !homes.contains(&package) {
                wrong.push(format!("{package} -> {dependency} (only {homes:?} may)"));
            }
        }
    }
    assert_none("these technologies left their adapter", &wrong);
}

#[test]
fn the_domain_is_pure_and_light() {
    let workspace = Workspace::read();
    let domain = &workspace.packages["grantor-domain"].normal;
    let impure: Vec<String> = IMPURE
        .into_iter()
        .filter(|name| domain.contains(*name))
        .map(|name| format!("grantor-domain -> {name}"))
        .collect();
    assert_none("the domain is pure", &impure);
    assert!(
        domain.len() <= DOMAIN_DEPENDENCIES_MAX,
        "grantor-domain has {} direct dependencies, {DOMAIN_DEPENDENCIES_MAX} at most: {domain:?}",
        domain.len()
    );
}

#[test]
fn every_crate_inherits_the_workspace_lints() {
    let workspace = Workspace::read();
    let mut wrong = Vec::new();
    for (name, package) in &workspace.packages {
        let manifest = read_toml(&package.manifest);
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherits.and_then(toml::Value::as_bool) != Some(true) {
            wrong.push(format!("{name} lacks `[lints] workspace = true`"));
        }
    }
    assert_none("these crates choose their own lints", &wrong);

    let root = read_toml(&workspace.root.join("Cargo.toml"));
    let unsafe_code = &root["workspace"]["lints"]["rust"]["unsafe_code"];
    assert_eq!(unsafe_code.as_str(), Some("forbid"), "workspace.lints.rust.unsafe_code");
}

#[test]
fn a_technology_is_matched_by_name_or_beginning() {
    assert!(matches("diesel*", "diesel_migrations"));
    assert!(matches("openssl", "openssl"));
    assert!(!matches("openssl", "openssl-sys"));
}

/// The first-party packages.
struct Workspace {
    root: PathBuf,
    packages: BTreeMap<String, Package>,
}

struct Package {
    manifest: PathBuf,
    /// Names of the normal dependencies, as published (a rename does not hide one).
    normal: BTreeSet<String>,
}

impl Workspace {
    /// Asks cargo, for declared dependencies only: no network, nothing to resolve.
    fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .arg("--manifest-path")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .output()
            .expect("cargo starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata: {complaint}");
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
        let packages = array(&metadata["packages"]).iter().map(Package::parse);
        Self { root: string(&metadata["workspace_root"]).into(), packages: packages.collect() }
    }

    fn owns(&self, package: &str) -> bool {
        self.packages.contains_key(package)
    }

    /// Every normal dependency as (package, dependency).
    fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.packages.iter().flat_map(|(name, package)| {
            let dependencies = package.normal.iter().map(String::as_str);
            dependencies.map(move |dependency| (name.as_str(), dependency))
        })
    }
}

impl Package {
    fn parse(package: &Value) -> (String, Self) {
        let normal = array(&package["dependencies"])
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| string(&dependency["name"]).to_owned());
        let parsed = Self { manifest: string(&package["manifest_path"]).into(), normal: normal.collect() };
        (string(&package["name"]).to_owned(), parsed)
    }
}

fn matches(technology: &str, dependency: &str) -> bool {
    match technology.strip_suffix('*') {
        Some(beginning) => dependency.starts_with(beginning),
        None => dependency == technology,
    }
}

fn read_toml(manifest: &PathBuf) -> toml::Table {
    let text = fs::read_to_string(manifest).expect("the manifest is readable");
    text.parse().expect("the manifest is TOML")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array of cargo metadata")
}

fn string(value: &Value) -> &str {
    value.as_str().expect("a string of cargo metadata")
}

#[track_caller]
fn assert_none(complaint: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{complaint}:\n  {}", wrong.join("\n  "));
}
