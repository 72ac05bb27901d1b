//! Names that people take for other names: letters of other scripts, and 0 for O. A small
//! table of the letters that matter between Latin, Greek and Cyrillic; the whole of Unicode's
//! (UTS 39) is larger than this program and still needs a person to judge.

use std::collections::BTreeSet;

use crate::x509::name::Name;
use crate::x509::oid;

/// Letters that look like Latin ones in most fonts.
const DOUBLES: [(&str, &str); 4] = [
    // Cyrillic
    (
        "\u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{455}\u{456}\u{458}\u{501}\u{51b}\u{51d}\u{4bb}",
        "aeopcyxsijdqwh",
    ),
    (
        "\u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{423}\u{425}\u{405}\u{406}\u{408}\u{51a}\u{51c}\u{4c0}",
        "ABEKMHOPCTYXSIJQWl",
    ),
    // Greek
    (
        "\u{3b1}\u{3bd}\u{3bf}\u{3c1}\u{3c5}\u{3b9}\u{3ba}\u{3c7}\u{3c4}",
        "avopuikxt",
    ),
    (
        "\u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\u{3a1}\u{3a4}\u{3a5}\u{3a7}",
        "ABEZHIKMNOPTYX",
    ),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

/// What is odd about a subject, in words.
pub(super) fn oddities(subject: &Name) -> Vec<String> {
    let mut told = Vec::new();
    for attribute in subject.attributes() {
        let Some(text) = attribute.text() else {
            continue;
        };
        let name = oid::name(&attribute.oid);
        let inner = text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = inner.filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| scripts(word).len() > 1) {
            told.push(format!("{name} mixes scripts in one word"));
        } else if words.iter().any(|word| is_double(word)) {
            told.push(format!("{name} has a word that reads as Latin and is not"));
        }
        if text.trim() != text {
            told.push(format!("{name} begins or ends with a space"));
        }
        if text.chars().any(|c| c.is_whitespace() && c != ' ') {
            told.push(format!("{name} has a space that is no common space"));
        }
    }
    told
}

/// What people read: two names with one skeleton can be taken for each other.
pub(super) fn skeleton(subject: &Name) -> String {
    let plain = |attribute: crate::x509::name::Attribute| {
        let text: String = attribute.text().unwrap_or_default();
        let text: String = text.chars().map(latin).map(unified).collect();
        let text = text.to_lowercase().replace("rn", "m").replace("vv", "w");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}={text}", attribute.oid)
    };
    let parts: Vec<String> = subject.attributes().map(plain).collect();
    parts.join(",")
}

/// The Latin letter that this one looks like, else itself.
fn latin(character: char) -> char {
    if let '\u{ff01}'..='\u{ff5e}' = character {
        // Full width forms stand in the order of ASCII.
        return char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character);
    }
    let pair = |(foreign, latin): &(&str, &str)| {
        let at = foreign.chars().position(|one| one == character)?;
        latin.chars().nth(at)
    };
    DOUBLES.iter().find_map(pair).unwrap_or(character)
}

/// One sign for those that many fonts show alike.
fn unified(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | 'I' | '|' | 'l' => 'l',
        other => other,
    }
}

fn scripts(word: &str) -> BTreeSet<Script> {
    let letters = word.chars().filter(|character| character.is_alphabetic());
    letters.map(script).collect()
}

fn script(letter: char) -> Script {
    match letter {
        'A'..='Z'
        | 'a'..='z'
        | '\u{aa}'
        | '\u{ba}'
        | '\u{c0}'..='\u{24f}'
        | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        _ => Script::Other,
    }
}

/// A word of letters that all look Latin, and are not all.
fn is_double(word: &str) -> bool {
    let read: String = word.chars().map(latin).collect();
    read != word && read.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::name::AttributeType;

    fn name(text: &str) -> Name {
        Name::build(&[(AttributeType::CommonName, text)])
    }

    #[test]
    fn doubles_are_told() {
        for plain in [
            "Acme etcd 1",
            "M\u{fc}ller",
            "\u{41c}\u{438}\u{440} CA",
            "\u{6771}\u{4eac} CA",
        ] {
            assert!(oddities(&name(plain)).is_empty(), "{plain}");
        }
        for odd in [
            "\u{410}cme",
            "\u{410}\u{421}\u{41c}\u{415}",
            "Acm\u{3b5}",
            "\u{ff21}\u{ff23}",
            " Acme",
            "Acme ",
            "Acme\u{a0}CA",
        ] {
            assert_eq!(oddities(&name(odd)).len(), 1, "{odd}");
        }
        let same = |a: &str, b: &str| skeleton(&name(a)) == skeleton(&name(b));
        assert!(same("Acme Root G1", "\u{410}cme Root GI"));
        assert!(same("Acme Root", "Acme R00t"));
        assert!(same("modern", "modem"));
        assert!(!same("Acme Root G1", "Acme Root G2"));
    }

    #[test]
    fn the_table_pairs_up() {
        for (foreign, latin) in DOUBLES {
            assert_eq!(foreign.chars().count(), latin.chars().count());
        }
    }
}
