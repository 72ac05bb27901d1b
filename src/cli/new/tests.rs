use std::collections::VecDeque;

use proptest::prelude::*;

use super::answers::Answers;
use super::*;
use crate::plan::file;
use crate::plan::make::Draft;
use crate::ports::{Interface, Operator, OperatorError, Pin, Question};

const TEMPLATES: &[Template] = &[
    Template::FirstRoot,
    Template::MoreIntermediates,
    Template::NextCrl,
    Template::Revoke,
    Template::Renew,
    Template::ReplaceAfterCompromise,
    Template::CrossSign,
    Template::RequestForOurRoot,
    Template::AdoptRoot,
    Template::EndOfRoot,
    Template::KubernetesClusters,
    Template::CfsslMigration,
    Template::CfsslAttack,
    Template::CfsslAdopt,
    Template::Linkerd,
    Template::LinkerdNewAnchor,
    Template::CertManager,
    Template::VaultServerTls,
];

/// Types what it was given, line by line, then presses Ctrl-C.
struct Typist {
    lines: VecDeque<String>,
    screen: String,
}

impl Typist {
    fn new(lines: &[&str]) -> Self {
        Self {
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            screen: String::new(),
        }
    }
}

impl Operator for Typist {
    fn interface(&self) -> Interface {
        Interface::Terminal
    }
    fn show(&mut self, page: &str) {
        self.screen.push_str(page);
    }
    fn ask(&mut self, question: &Question) -> Result<String, OperatorError> {
        let line = self.lines.pop_front().ok_or(OperatorError::Stopped)?;
        self.screen
            .push_str(&format!("{}\n> {line}\n", question.text));
        Ok(line)
    }
    fn ask_pin(&mut self, _: &str) -> Result<Pin, OperatorError> {
        Err(OperatorError::Stopped)
    }
    fn work_begins(&mut self, _: &str) {}
    fn work_ends(&mut self) {}
    fn interrupted(&self) -> bool {
        false
    }
}

fn filled(template: Template, lines: &[&str]) -> (String, String) {
    let mut typist = Typist::new(lines);
    let asked = questions::of(template);
    let answers = questions::ask(text(template), asked, &mut typist).unwrap();
    (fill::fill(text(template), &answers), typist.screen)
}

#[test]
fn enter_alone_gives_the_template_itself() {
    for &template in TEMPLATES {
        let (same, _) = filled(template, &[""; 7]);
        // The second step has no comment in the template, and gets the first one's.
        let plain = |text: &str| {
            text.lines()
                .map(|line| {
                    line.split(" #")
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                })
                .filter(|line| !line.starts_with("# spki_sha256"))
                .collect::<Vec<_>>()
        };
        assert_eq!(plain(&same), plain(text(template)));
    }
}

#[test]
fn a_person_answers_and_mistakes_are_asked_again() {
    let (text, screen) = filled(
        Template::FirstRoot,
        &[
            "M\u{fc}ller & \"S\u{f6}hne\"",
            "fr",
            "FR",
            "",
            "rsa:1024",
            "rsa:4096",
            "https://x.example/root.crl",
            "http://x.example/root.crl",
            "pki/etcd pki/etcd/inner",
            "etcd/nyc3/pki etcd/fra1/pki pki/root",
        ],
    );
    let template = super::text(Template::FirstRoot);
    let is_new = |line: &&str| template.lines().all(|old| old != *line);
    let changed: Vec<&str> = text.lines().filter(is_new).collect();
    insta::assert_snapshot!(format!("{screen}\n{}", changed.join("\n")));
}

#[test]
fn more_intermediates_have_fewer_questions() {
    let (text, screen) = filled(
        Template::MoreIntermediates,
        &["Clusters 2", "clusters-2", "", "pki/a"],
    );
    assert!(screen.contains("not taken: an id is 1 to 40"), "{screen}");
    assert!(text.contains("id     = \"clusters-2\" "), "{text}");
    assert!(text.contains("mount   = \"pki/a\"                      # mount"));
    assert!(text.contains("request = \"requests/a.csr\"\n"));
}

#[test]
fn each_cluster_gets_its_two_requests() {
    let (text, screen) = filled(
        Template::KubernetesClusters,
        &[
            "A #1 \"Ltd\"",
            "",
            "",
            "",
            "",
            "a a",
            "a a/pki/etcd",
            "nyc3 fra1-\"a\"",
        ],
    );
    for refused in [
        "another request has this mount",
        "stand one inside the other",
    ] {
        assert!(screen.contains(refused), "{screen}");
    }
    let file: toml::Table = text.parse().unwrap();
    let steps = file["step"].as_array().unwrap();
    let requests = steps.iter().find_map(|step| step.get("request")).unwrap();
    let told: Vec<_> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let subject = &one["generate"]["subject"];
            assert_eq!(subject["O"].as_str(), Some("A #1 \"Ltd\""));
            [&one["mount"], &one["request"], &subject["CN"]].map(|text| text.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["nyc3/pki/etcd", "requests/nyc3-etcd.csr", "nyc3 etcd CA"],
            [
                "nyc3/pki/k8s",
                "requests/nyc3-k8s.csr",
                "nyc3 Kubernetes CA"
            ],
            [
                "fra1-\"a\"/pki/etcd",
                "requests/fra1-\"a\"-etcd.csr",
                "fra1-\"a\" etcd CA"
            ],
            [
                "fra1-\"a\"/pki/k8s",
                "requests/fra1-\"a\"-k8s.csr",
                "fra1-\"a\" Kubernetes CA"
            ],
        ]
    );
    assert!(text.contains("# mount path in Vault"), "{text}");
}

#[test]
fn parts_of_the_subject_are_changed_left_out_or_kept() {
    let subject = |lines: &[&str]| {
        let (text, _) = filled(Template::CfsslMigration, lines);
        let line = text.lines().find(|line| line.starts_with("subject "));
        line.unwrap().to_owned()
    };
    assert_eq!(
        subject(&["AT", "none", "Wien", "", "none", "Post CA", ""]),
        "subject   = { C = \"AT\", L = \"Wien\", O = \"Kubernetes\", CN = \"Post CA\" }"
    );
    // A part that the template has, and for which no question stands, is kept.
    let answers = Answers {
        root: Some("Post CA".to_owned()),
        ..Answers::default()
    };
    let text = fill::fill(text(Template::CfsslMigration), &answers);
    assert!(
        text.contains(
            "ST = \"NW\", L = \"Wesel\", O = \"Kubernetes\", OU = \"CA\", CN = \"Post CA\""
        )
    );
}

#[test]
fn ctrl_c_gives_nothing() {
    let mut typist = Typist::new(&["Acme", "DE"]);
    let asked = questions::of(Template::FirstRoot);
    let stopped = questions::ask(text(Template::FirstRoot), asked, &mut typist);
    assert!(matches!(stopped, Err(OperatorError::Stopped)));
}

proptest! {
    #[test]
    fn whatever_is_typed_the_file_can_be_planned(
        typed in proptest::collection::vec("\\PC{0,12}|[ -~]{0,70}|[\"'\\\\#=\\[\\]{}\n\t\u{1b}]{1,8}", 0..12),
        at in 0..TEMPLATES.len(),
    ) {
        let template = TEMPLATES[at];
        let mut lines: Vec<&str> = typed.iter().map(String::as_str).collect();
        // Enter ends it: whatever was not taken falls back to the default.
        lines.extend([""; 8]);
        let (text, _) = filled(template, &lines);
        prop_assert!(Draft::parse(&text).is_ok(), "{text}");
    }

    #[test]
    fn what_was_typed_is_what_the_file_says(name in "\\PC{1,64}", mount in "[!-~]{1,40}") {
        let name = name.trim();
        let answers = Answers {
            organisation: Some(name.to_owned()),
            root: Some(name.to_owned()),
            country: Some("DE".to_owned()),
            mounts: vec![mount.clone()],
            ..Answers::default()
        };
        let text = fill::fill(text(Template::FirstRoot), &answers);
        // Any refusal is about a word, never about the file's structure.
        let value: toml::Table = text.parse().unwrap();
        let subject = value["root"]["subject"].as_table().unwrap();
        prop_assert_eq!(subject["O"].as_str(), Some(name));
        prop_assert_eq!(subject["CN"].as_str(), Some(name));
        let steps = value["step"].as_array().unwrap();
        prop_assert_eq!(steps.len(), 4);
        prop_assert_eq!(steps[2]["mount"].as_str(), Some(mount.as_str()));
        let id = value["id"].as_str().unwrap().to_owned();
        prop_assert!(file::Id::try_from(id).is_ok());
        let label = value["token"]["label"].as_str().unwrap().to_owned();
        prop_assert!(file::TokenLabel::try_from(label).is_ok());
    }
}
