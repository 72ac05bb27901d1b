//! The template with the answers in it. Its comments stay: they are half of what it is for.

use super::answers::Answers;

/// The organisation that stands in every template.
const ORGANISATION: &str = "Acme";

/// The cluster that stands in the templates that have one.
pub(super) const CLUSTER: &str = "nyc3-c1";

/// The template's text with everything that was answered put in its place.
pub(super) fn fill(template: &str, answers: &Answers) -> String {
    let mut section = String::new();
    let mut filled = Vec::new();
    let mut steps_are_written = false;
    for paragraph in template.split("\n\n") {
        if is_intermediate(paragraph) && !answers.mounts.is_empty() {
            if !steps_are_written {
                filled.extend(steps(template, paragraph, answers));
                steps_are_written = true;
            }
            continue;
        }
        for paragraph in for_each_cluster(paragraph, answers) {
            let lines = paragraph.split('\n').map(|line| {
                if line.starts_with('[') {
                    line.clone_into(&mut section);
                }
                with_answer(line, &section, answers)
            });
            filled.push(lines.collect::<Vec<_>>().join("\n"));
        }
    }
    filled.join("\n\n")
}

fn with_answer(line: &str, section: &str, answers: &Answers) -> String {
    let key = line.trim_start_matches("# ").split(' ').next();
    let is_commented = line.starts_with('#');
    let value = match (section, key.unwrap_or_default(), is_commented) {
        ("", "id", false) => answers.ceremony_id().map(|id| quoted(&id)),
        ("", "title", false) => of_organisation(line, answers),
        ("[token]", "label", false) => answers.token_label().map(|label| quoted(&label)),
        ("[step.cert_manager]", "server", false) => answers.server.as_deref().map(quoted),
        ("[root]", "subject", false) => subject(line, answers),
        ("[root]", "key", false) => answers.key.as_deref().map(quoted),
        ("[[step]]" | "[[step.request]]", "generate", false) => of_organisation(line, answers),
        (_, "crl_url", _) if section.starts_with("[profile.") => {
            answers.crl_url.as_deref().map(quoted)
        }
        _ => None,
    };
    value.map_or_else(|| line.to_owned(), |value| with_value(line, &value))
}

/// A line of the template with another value; its comment stays in its column where it can.
fn with_value(line: &str, value: &str) -> String {
    let line = line.trim_start_matches("# ");
    let Some((key, rest)) = line.split_once("= ") else {
        return line.to_owned();
    };
    // No value of the templates holds a #.
    let Some(comment) = rest.find(" #") else {
        return format!("{key}= {value}");
    };
    let old = key.len() + 2 + comment;
    let new = format!("{key}= {value}");
    let width = old.max(new.chars().count());
    format!("{new:<width$}{}", &rest[comment..])
}

fn is_intermediate(paragraph: &str) -> bool {
    paragraph.starts_with("[[step]]") && paragraph.contains("\"issue-intermediate\"")
}

/// A step for each mount, after the template's first one.
fn steps(template: &str, pattern: &str, answers: &Answers) -> Vec<String> {
    let others = template.split("\n\n").filter(|one| !is_intermediate(one));
    let ids: Vec<&str> = others
        .filter(|one| one.starts_with("[[step]]"))
        .filter_map(|one| one.lines().find(|line| line.starts_with("id")))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    let steps = answers.steps(&ids);
    let filled = steps.iter().map(|(id, mount)| {
        let lines = pattern.split('\n').map(|line| {
            let value = match line.split(' ').next().unwrap_or_default() {
                "id" => quoted(id),
                "mount" => quoted(mount),
                "request" => quoted(&format!("requests/{id}.csr")),
                "#" if line.starts_with(GENERATE) => {
                    return generate(line, (pattern, id), answers);
                }
                _ => return line.to_owned(),
            };
            with_value(line, &value)
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    filled.collect()
}

/// The paragraph, or where it holds a cluster's requests those of each cluster.
fn for_each_cluster(pattern: &str, answers: &Answers) -> Vec<String> {
    let is_of_one = pattern.starts_with("[[step.request]]") && pattern.contains(CLUSTER);
    if !is_of_one || answers.clusters.is_empty() {
        return vec![pattern.to_owned()];
    }
    let clusters = answers.clusters.iter().map(|name| escaped(name));
    let filled = clusters.map(|name| {
        let lines = pattern.split('\n').map(|line| match value_of(line) {
            Some(value) if value.contains(CLUSTER) => {
                with_value(line, &value.replace(CLUSTER, &name))
            }
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    filled.collect()
}

/// The value in a line of a template, without its comment.
fn value_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("= ")?;
    Some(rest.split(" #").next().unwrap_or(rest).trim_end())
}

/// A value of the template with another organisation in it.
fn of_organisation(line: &str, answers: &Answers) -> Option<String> {
    let name = escaped(answers.organisation.as_deref()?);
    Some(value_of(line)?.replace(ORGANISATION, &name))
}

/// How a template's line begins that has Vault make a request: a comment, for most people have
/// requests already.
const GENERATE: &str = "# generate =";

/// That line for another step: its common name follows from the step's id.
fn generate(line: &str, (pattern, id): (&str, &str), answers: &Answers) -> String {
    let name = |id: &str| format!("\"{id} CA\"");
    let own = pattern.lines().find(|line| line.starts_with("id"));
    let own = own
        .and_then(|line| line.split('"').nth(1))
        .unwrap_or_default();
    let line = line.replace(&name(own), &name(id));
    match of_organisation(&line, answers) {
        Some(value) => format!("# {}", with_value(&line, &value)),
        None => line,
    }
}

/// The line's subject with what was answered; nothing where nothing was.
fn subject(line: &str, answers: &Answers) -> Option<String> {
    let answered = [
        ("C", &answers.country),
        ("ST", &answers.state),
        ("L", &answers.locality),
        ("O", &answers.organisation),
        ("OU", &answers.unit),
        ("CN", &answers.root),
    ];
    answered.iter().find(|(_, value)| value.is_some())?;
    let own: toml::Table = line.parse().ok()?;
    let parts = answered.iter().filter_map(|(key, value)| {
        let own = own.get("subject").and_then(|subject| subject.get(key));
        let value = value.as_deref().or(own.and_then(toml::Value::as_str))?;
        (!value.is_empty()).then(|| format!("{key} = {}", quoted(value)))
    });
    Some(format!("{{ {} }}", parts.collect::<Vec<_>>().join(", ")))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// What stands between the quotes of a TOML string.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            _ if character.is_control() => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
