//! The dashboard and the alerts, against the metrics that docs/metrics.md lists: that page is written from the table
//! that servers expose.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::read;
use crate::harness::scratch_dir;

/// What Prometheus adds to each.
const ADDED: [&str; 2] = ["instance", "job"];

/// A metric of the page.
struct Known {
    is_histogram: bool,
    labels: BTreeSet<String>,
}

/// Each section is a metric; the first words of its text are its kind and, after `by`, its labels.
fn known() -> BTreeMap<String, Known> {
    let page = read("docs/metrics.md");
    let sections = page.split("\n## ").skip(1).map(|section| section.split_once("\n\n").unwrap());
    let known: BTreeMap<_, _> = sections
        .map(|(name, text)| {
            let kind = text.split_once(". ").unwrap().0;
            let labels = kind.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (name.to_owned(), Known { is_histogram: kind.starts_with("A histogram"), labels })
        })
        .collect();
    assert!(known.len() > 20, "docs/metrics.md is not what it was");
    known
}

/// Events that docs/audit.md has a section of.
fn events() -> BTreeSet<String> {
    read("docs/audit.md").lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

/// A place in an expression where a metric is named.
#[derive(Debug)]
struct Use {
    metric: String,
    /// Label and what it is compared with.
    labels: Vec<(String, String)>,
}

/// The metrics that an expression uses.
fn uses(expression: &str) -> Vec<Use> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == ':';
    let mut uses = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|character: char| is_name(character) || character == '"') {
        rest = &rest[start..];
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted.split_once('"').unwrap().1;
            continue;
        }
        let (word, after) = rest.split_at(rest.find(|character| !is_name(character)).unwrap_or(rest.len()));
        rest = after;
        if word == "up" || word.starts_with("grantor_") || word.starts_with("process_") {
            let selector =
                rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(selector, _)| selector);
            uses.push(Use { metric: word.to_owned(), labels: labels(selector) });
        }
    }
    uses
}

/// Of `a="x",b!~"y"`.
fn labels(selector: &str) -> Vec<(String, String)> {
    let parts: Vec<_> = selector.split('"').collect();
    let pairs = parts.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    pairs.map(|(name, value)| (name.trim_matches([',', '=', '!', '~', ' ']).to_owned(), value.to_owned())).collect()
}

/// The labels that an expression groups by.
fn grouped(expression: &str) -> Vec<&str> {
    let groups = expression.split(" by (").skip(1).map(|rest| rest.split_once(')').unwrap().0);
    groups.flat_map(|group| group.split(", ")).collect()
}

/// Holds an expression to what is known, and gives the metrics that it uses, by the name of their section.
#[track_caller]
fn check(expression: &str, known: &BTreeMap<String, Known>, events: &BTreeSet<String>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut allowed: BTreeSet<&str> = ADDED.into();
    for Use { metric, labels } in uses(expression) {
        let of_histogram = |name: &&str| known.get(*name).is_some_and(|known| known.is_histogram);
        let base = ["_bucket", "_count", "_sum"].iter().find_map(|end| metric.strip_suffix(end)).filter(of_histogram);
        let name = base.unwrap_or(&metric);
        if metric != "up" {
            let known = known.get(name).unwrap_or_else(|| panic!("there is no {metric}: {expression}"));
            assert_eq!(known.is_histogram, base.is_some(), "{metric}: {expression}");
            allowed.extend(known.labels.iter().map(String::as_str));
            used.insert(name.to_owned());
        }
        if metric.ends_with("_bucket") {
            allowed.insert("le");
        }
        for (label, value) in labels {
            assert!(allowed.contains(label.as_str()), "{metric} has no {label}: {expression}");
            let is_known = label != "event" || value.split('|').all(|event| events.contains(event));
            assert!(is_known, "there is no event {value}: {expression}");
        }
    }
    assert!(!used.is_empty() || expression.contains("up"), "{expression} shows nothing");
    for label in grouped(expression) {
        assert!(allowed.contains(label), "nothing has {label}: {expression}");
    }
    used
}

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/grafana/dashboard.json")).unwrap()
}

/// Title, expressions and legends of each panel that shows something.
fn panels(dashboard: &Value) -> Vec<(&str, Vec<(&str, &str)>)> {
    let panels = dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
    panels
        .map(|panel| {
            let targets = panel["targets"].as_array().unwrap().iter();
            let targets = targets.map(|target| (text(target, "expr"), text(target, "legendFormat"))).collect();
            (text(panel, "title"), targets)
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// And every metric is on it: one that nobody can see helps nobody.
#[test]
fn the_dashboard_shows_the_metrics_that_there_are() {
    let (known, events, dashboard) = (known(), events(), dashboard());
    let mut shown = BTreeSet::new();
    for (title, targets) in panels(&dashboard) {
        for (expression, legend) in targets {
            shown.append(&mut check(expression, &known, &events));
            for label in legend.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0) {
                let grouped = grouped(expression);
                let kept = if grouped.is_empty() { ADDED.contains(&label) } else { grouped.contains(&label) };
                assert!(kept, "{title}: {{{{{label}}}}} of {expression}");
            }
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        if variable["type"] == "query" {
            check(text(variable, "definition"), &known, &events);
        }
    }
    let missing: Vec<_> = known.keys().filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "on no panel: {missing:?}");
}

#[test]
fn each_panel_says_what_it_is_and_has_a_place() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{} has the id of another", panel["title"]);
        let is_row = panel["type"] == "row";
        assert!(is_row || !text(panel, "description").is_empty(), "{}", panel["title"]);
        assert!(is_row || panel["datasource"]["uid"] == "$datasource", "{}", panel["title"]);
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for (x, y) in (place("x")..place("x") + place("w"))
            .flat_map(|x| (place("y")..place("y") + place("h")).map(move |y| (x, y)))
        {
            assert!(x < 24 && taken.insert((x, y)), "{} lies on another", panel["title"]);
        }
    }
}

/// Each alert watches what there is, and has a chapter for whoever it wakes.
#[test]
fn the_alerts_watch_the_metrics_that_there_are() {
    let (known, events) = (known(), events());
    let alerts: Value = serde_saphyr::from_str(&read("deploy/prometheus/alerts.yaml")).unwrap();
    let rules: Vec<_> =
        alerts["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!(rules.len() >= 7);
    let operating = read("docs/operating.md");
    for rule in rules {
        let name = text(rule, "alert");
        check(text(rule, "expr"), &known, &events);
        assert!(operating.contains(&format!("\n### {name}\n")), "docs/operating.md has no chapter {name}");
        let runbook = format!("docs/operating.md#{}", name.to_lowercase());
        assert_eq!(text(&rule["annotations"], "runbook"), runbook);
    }
}

/// Prometheus itself understands the expressions of the dashboard, once Grafana has filled in its variables.
#[test]
fn prometheus_understands_the_dashboard() {
    let promtool = std::env::var("GRANTOR_TEST_PROMTOOL").expect("no promtool to test with: run `cargo xtask test`");
    let dashboard = dashboard();
    let expressions = panels(&dashboard).into_iter().flat_map(|(_, targets)| targets).map(|(expression, _)| expression);
    let filled = expressions.map(|expression| {
        expression.replace("$__rate_interval", "1m").replace("$job", "grantor").replace("$instance", ".*")
    });
    let rules: Vec<_> = filled.map(|expression| serde_json::json!({ "record": "panel", "expr": expression })).collect();
    let groups = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let directory = scratch_dir();
    let file = directory.path().join("rules.yaml");
    // JSON is YAML too.
    std::fs::write(&file, groups.to_string()).unwrap();
    let output = Command::new(promtool).args(["check", "rules", "--lint=none"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
