//! deploy/compose.yaml: no engine runs here, so it is read as one would read it, and what it says to Grantor is said to
//! the program.

use std::collections::BTreeSet;

use serde_json::Value;

use super::configuration::{seconds, shutdown_time};
use super::{read, root};
use crate::harness::{ENCRYPTION_SECRET, binary, scratch_dir};

fn compose() -> Value {
    serde_saphyr::from_str(&read("deploy/compose.yaml")).unwrap()
}

/// Name and content of each service.
fn services(compose: &Value) -> Vec<(&str, &Value)> {
    let services = compose["services"].as_object().unwrap();
    assert_eq!(services.len(), 3);
    services.iter().map(|(name, service)| (name.as_str(), service)).collect()
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().map_or_else(Vec::new, |list| list.iter().map(|text| text.as_str().unwrap()).collect())
}

#[test]
fn nothing_runs_with_more_than_it_needs() {
    let compose = compose();
    for (name, service) in services(&compose) {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(service.get("privileged").is_none() && service.get("cap_add").is_none(), "{name}");
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is reached from elsewhere: {port}");
        }
    }
    let user = compose["services"]["postgres"]["user"].as_str().unwrap();
    assert_ne!(user.split(':').next(), Some("0"));
    assert_eq!(compose["networks"]["database"]["internal"], true);
    assert_eq!(texts(&compose["services"]["postgres"]["networks"]), ["database"]);
}

#[test]
fn what_is_named_is_there() {
    let compose = compose();
    for (name, service) in services(&compose) {
        for kind in ["networks", "secrets"] {
            for used in texts(&service[kind]) {
                assert!(compose[kind].get(used).is_some(), "{name}: {kind}: {used}");
            }
        }
        for volume in texts(&service["volumes"]) {
            assert!(compose["volumes"].get(volume.split(':').next().unwrap()).is_some(), "{name}: {volume}");
        }
        let needed = service["depends_on"].as_object().into_iter().flatten();
        for (needed, how) in needed {
            let needed = &compose["services"][needed];
            match how["condition"].as_str().unwrap() {
                "service_healthy" => assert!(needed["healthcheck"].is_object(), "{name}"),
                "service_completed_successfully" => assert_eq!(needed["restart"], "no", "{name}"),
                other => panic!("{name}: {other}"),
            }
        }
        if let Some(build) = service.get("build") {
            let context = root().join("deploy").join(build["context"].as_str().unwrap());
            assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file(), "{name}");
        }
    }
}

/// Secrets are files, outside of the image and of version control.
#[test]
fn no_secret_stands_in_it() {
    let compose = compose();
    for secret in compose["secrets"].as_object().unwrap().values() {
        assert!(secret["file"].as_str().unwrap().starts_with("./secrets/"));
    }
    assert!(read(".gitignore").lines().any(|line| line == "/deploy/secrets"));
    for (name, service) in services(&compose) {
        let secrets: BTreeSet<_> = texts(&service["secrets"]).into_iter().collect();
        for (variable, value) in service["environment"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            let file = value.split(['=', '?']).find_map(|part| part.strip_prefix("/run/secrets/"));
            assert!(file.is_none_or(|file| secrets.contains(file)), "{name}: {variable}={value}");
            assert!(file.is_some() || !variable.contains("PASSWORD"), "{name}: {variable}");
        }
    }
}

/// With stand-ins for what only a container has, each command is one of the program's, and its environment is good.
#[test]
fn what_is_said_to_grantor_it_understands() {
    let compose = compose();
    let directory = scratch_dir();
    let secrets = directory.path().join("encryption-secrets");
    std::fs::write(&secrets, ENCRYPTION_SECRET).unwrap();
    let ours = services(&compose).into_iter().filter(|(_, service)| service["image"] == "grantor");
    let mut checked = 0;
    for (name, service) in ours {
        let run = |arguments: &[&str]| {
            let mut command = binary();
            // What the image says itself.
            command
                .env("GRANTOR__HTTP__LISTEN", "0.0.0.0:8080")
                .arg("--data-dir")
                .arg(directory.path())
                .args(arguments);
            for (variable, value) in service["environment"].as_object().unwrap() {
                let value = value.as_str().unwrap();
                let value = if value.starts_with("${GRANTOR_ISSUER:?") { "https://id.example.com" } else { value };
                assert!(!value.contains('$'), "{name}: {variable}={value}");
                command.env(variable, value.replace("/run/secrets", &directory.path().display().to_string()));
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let found: Value = serde_json::from_str(&run(&["config", "check", "--json"])).unwrap();
        assert_eq!(found["database"], "postgres://grantor@postgres/grantor");
        // It is told of metrics on every address, and which network that is stands in the file.
        let warnings = texts(&found["warnings"]);
        assert!(warnings.iter().all(|warning| warning.starts_with("metrics.listen")), "{warnings:?}");
        let mut words = texts(&service["command"]);
        words.push("--help");
        run(&words);
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// Docker lets published connections in by the gateway of the network.
#[test]
fn the_proxy_that_is_trusted_is_the_one_by_which_requests_enter() {
    let compose = compose();
    let grantor = &compose["services"]["grantor"];
    let gateway = &compose["networks"]["proxy"]["ipam"]["config"][0]["gateway"];
    assert_eq!(&grantor["environment"]["GRANTOR__HTTP__TRUSTED_PROXIES"], gateway);
    assert!(texts(&grantor["networks"]).contains(&"proxy"));
    assert!(seconds(grantor["stop_grace_period"].as_str().unwrap()) > shutdown_time());
}
