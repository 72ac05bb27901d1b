//! The questions. Each answer is judged by the ceremony file's own reader, with the answer in
//! its place: what is taken here, `plan` takes too.

use super::answers::Answers;
use super::fill::{CLUSTER, fill};
use crate::cli::args::Template;
use crate::handover::check_mounts;
use crate::plan::make::Draft;
use crate::ports::{Operator, OperatorError, Question};
use crate::x509::escape::escape;
use crate::x509::public_key::RootKey;

/// One question, and where its answer goes.
pub(super) struct Asked {
    id: &'static str,
    words: fn(&Answers) -> String,
    /// What Enter means.
    default: fn(&Answers) -> String,
    put: fn(&mut Answers, &str),
}

/// What stands in the brackets where there is no answer to keep.
const NONE: &str = "none";

const ORGANISATION: Asked = Asked {
    id: "organisation",
    words: |_| "Organisation, as it stands in certificates".to_owned(),
    default: |_| "Acme".to_owned(),
    put: |answers, text| answers.organisation = Some(text.to_owned()),
};

const COUNTRY: Asked = Asked {
    id: "country",
    words: |_| "Country, two letters".to_owned(),
    default: |_| "DE".to_owned(),
    put: |answers, text| answers.country = Some(text.to_owned()),
};

const STATE: Asked = Asked {
    id: "state",
    words: |_| "State or province, or none".to_owned(),
    default: |_| "NW".to_owned(),
    put: |answers, text| answers.state = Some(unless_none(text)),
};

const LOCALITY: Asked = Asked {
    id: "locality",
    words: |_| "Locality, or none".to_owned(),
    default: |_| "Wesel".to_owned(),
    put: |answers, text| answers.locality = Some(unless_none(text)),
};

const UNIT: Asked = Asked {
    id: "unit",
    words: |_| "Unit of the organisation, or none".to_owned(),
    default: |_| "CA".to_owned(),
    put: |answers, text| answers.unit = Some(unless_none(text)),
};

const KUBERNETES: Asked = Asked {
    default: |_| "Kubernetes".to_owned(),
    ..ORGANISATION
};

const KUBERNETES_ROOT: Asked = Asked {
    default: |_| "Kubernetes CA".to_owned(),
    ..ROOT
};

const ROOT: Asked = Asked {
    id: "root",
    words: |_| "Name of the root".to_owned(),
    default: |answers| {
        // A common name has 64 characters.
        let organisation = answers.organisation.iter().flat_map(|name| name.chars());
        let organisation: String = organisation.take(64 - " Root G1".len()).collect();
        format!("{} Root G1", organisation.trim())
    },
    put: |answers, text| answers.root = Some(text.to_owned()),
};

const KEY: Asked = Asked {
    id: "key",
    words: |_| {
        let known: Vec<&str> = RootKey::ALL.iter().map(|key| key.word()).collect();
        format!("Root key: {}", known.join(" "))
    },
    default: |_| RootKey::P384.word().to_owned(),
    put: |answers, text| answers.key = Some(text.to_owned()),
};

const CRL_URL: Asked = Asked {
    id: "crl-url",
    words: |_| "Where the CRL will be published: an http:// URL, or none".to_owned(),
    default: |_| NONE.to_owned(),
    put: |answers, text| answers.crl_url = (text != NONE).then(|| text.to_owned()),
};

const FIRST_MOUNTS: Asked = Asked {
    id: "mounts",
    words: |_| "Mounts that get an intermediate, spaces between".to_owned(),
    default: |_| "pki/etcd pki/kubernetes".to_owned(),
    put: put_mounts,
};

const MORE_MOUNTS: Asked = Asked {
    default: |_| "pki/fra1-etcd".to_owned(),
    ..FIRST_MOUNTS
};

const SERVER: Asked = Asked {
    id: "server",
    words: |_| "Vault's address, as the cluster reaches it".to_owned(),
    default: |_| "https://vault.acme.example:8200".to_owned(),
    put: |answers, text| answers.server = Some(text.to_owned()),
};

const CLUSTERS: Asked = Asked {
    id: "clusters",
    words: |_| "Clusters, spaces between".to_owned(),
    default: |_| CLUSTER.to_owned(),
    put: |answers, text| answers.clusters = words(text),
};

const ID: Asked = Asked {
    id: "id",
    words: |_| "Id of this ceremony, another one each time: a-z, 0-9 and -".to_owned(),
    default: |answers| answers.id.clone().unwrap_or_default(),
    put: |answers, text| answers.id = Some(text.to_owned()),
};

const LABEL: Asked = Asked {
    id: "label",
    words: |_| "Label of the token that holds the root key".to_owned(),
    default: |answers| answers.label.clone().unwrap_or_default(),
    put: |answers, text| answers.label = Some(text.to_owned()),
};

const LINKERD_MOUNT: Asked = Asked {
    words: |_| "Mount that signs Linkerd's identity issuer".to_owned(),
    default: |_| "pki/linkerd".to_owned(),
    ..FIRST_MOUNTS
};

fn put_mounts(answers: &mut Answers, text: &str) {
    answers.mounts = words(text);
}

fn unless_none(text: &str) -> String {
    if text == NONE { "" } else { text }.to_owned()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The questions of a template.
pub(super) fn of(template: Template) -> &'static [Asked] {
    match template {
        Template::FirstRoot => &[ORGANISATION, COUNTRY, ROOT, KEY, CRL_URL, FIRST_MOUNTS],
        Template::CertManager | Template::VaultServerTls => {
            &[ORGANISATION, COUNTRY, ROOT, KEY, CRL_URL, SERVER]
        }
        Template::MoreIntermediates => &[ID, LABEL, MORE_MOUNTS],
        Template::KubernetesClusters => &[ORGANISATION, COUNTRY, ROOT, KEY, CRL_URL, CLUSTERS],
        Template::CfsslMigration => &[
            COUNTRY,
            STATE,
            LOCALITY,
            KUBERNETES,
            UNIT,
            KUBERNETES_ROOT,
            CRL_URL,
        ],
        Template::Linkerd => &[ID, LABEL, LINKERD_MOUNT],
        Template::NextCrl
        | Template::Revoke
        | Template::Renew
        | Template::ReplaceAfterCompromise
        | Template::CrossSign
        | Template::RequestForOurRoot
        | Template::AdoptRoot
        | Template::EndOfRoot
        | Template::LinkerdNewAnchor
        | Template::CfsslAttack
        | Template::CfsslAdopt => &[ID, LABEL],
    }
}

/// Asks until every answer can stand in the file.
pub(super) fn ask(
    template: &str,
    asked: &[Asked],
    operator: &mut dyn Operator,
) -> Result<Answers, OperatorError> {
    operator.show(
        "A few questions; everything else is explained in the file.\n\
         Enter keeps what stands in brackets. Ctrl-C ends it, and nothing is written.\n",
    );
    let mut answers = Answers::default();
    for (one, answer) in [(ID, &mut answers.id), (LABEL, &mut answers.label)] {
        if asked.iter().any(|other| other.id == one.id) {
            *answer = value_of(template, one.id);
        }
    }
    let mut open = asked;
    while let Some((first, rest)) = open.split_first() {
        let judge = |answers: &Answers| judge(template, &with_defaults(answers, rest));
        answers = ask_one(first, &answers, judge, operator)?;
        open = rest;
    }
    Ok(answers)
}

/// What stands in a template as the first value of this name.
fn value_of(template: &str, name: &str) -> Option<String> {
    let is_it = |line: &&str| line.split(' ').next() == Some(name);
    let line = template.lines().find(is_it)?;
    line.split('"').nth(1).map(str::to_owned)
}

/// The answers so far, and Enter for all that is still open.
fn with_defaults(answers: &Answers, open: &[Asked]) -> Answers {
    let mut all = answers.clone();
    for one in open {
        let default = (one.default)(&all);
        (one.put)(&mut all, &default);
    }
    all
}

fn ask_one(
    asked: &Asked,
    before: &Answers,
    judge: impl Fn(&Answers) -> Result<(), String>,
    operator: &mut dyn Operator,
) -> Result<Answers, OperatorError> {
    let default = (asked.default)(before);
    let question = Question {
        id: asked.id,
        text: format!("{} [{}]:", (asked.words)(before), escape(&default)),
        on_paper: default.clone(),
    };
    loop {
        let typed = operator.ask(&question)?;
        let typed = typed.trim();
        let mut answers = before.clone();
        (asked.put)(
            &mut answers,
            if typed.is_empty() { &default } else { typed },
        );
        match judge(&answers) {
            Ok(()) => return Ok(answers),
            Err(words) => operator.show(&format!("not taken: {words}\n")),
        }
    }
}

/// Whether the file with these answers could be planned, its inputs aside.
fn judge(template: &str, answers: &Answers) -> Result<(), String> {
    let text = fill(template, answers);
    let draft = Draft::parse(&text).map_err(|error| error.words)?;
    check_mounts(draft.mounts()).map_err(|error| error.to_string())
}
