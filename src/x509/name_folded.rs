//! Names as they are compared where look-alikes matter: as RFC 5280 7.1 says, with the string
//! preparation of RFC 4518. What travels keeps its bytes; nothing here is ever written out.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::name::Name;

/// A name to compare: of each RDN, a SET, its attribute types and prepared values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded(Vec<BTreeSet<(String, String)>>);

impl Name {
    /// The name as RFC 5280 7.1 compares it: string types, letter case, ways to write one
    /// character and runs of spaces put aside. Two names that fold alike look alike to people
    /// and to some software.
    pub fn folded(&self) -> Folded {
        let rdns = self.rdns().unwrap_or_default();
        let fold = |rdn: Vec<super::name::Attribute>| {
            rdn.into_iter()
                .map(|attribute| (attribute.oid.clone(), prepared(&attribute.shown())))
                .collect()
        };
        Folded(rdns.into_iter().map(fold).collect())
    }
}

/// A value after the steps of RFC 4518 2 that equality needs: mapped, normalized, with one
/// space for each run of them and none around it.
fn prepared(value: &str) -> String {
    let mapped = value.chars().filter_map(mapped).flat_map(case_folded);
    // Some characters have capitals in what NFKC makes of them: U+2120 becomes SM.
    let normal: String = mapped.nfkc().flat_map(case_folded).nfkc().collect();
    let words: Vec<&str> = normal.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// RFC 4518 2.2: a space for every kind of it, nothing for what cannot be seen.
fn mapped(character: char) -> Option<char> {
    match character {
        '\t'..='\r' | '\u{85}' => Some(' '),
        _ if character.is_whitespace() => Some(' '),
        _ if character.is_control() || is_nothing(character) => None,
        _ => Some(character),
    }
}

/// What RFC 4518 2.2 maps to nothing beside the controls.
fn is_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{feff}' | '\u{fffc}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

/// Full case folding (RFC 3454 B.2), out of the standard library's tables: small, capital and
/// small again brings together all that differ in case, U+00DF and `ss` among them.
fn case_folded(character: char) -> impl Iterator<Item = char> {
    // A capital of its own in Turkish alone: elsewhere it stands for itself.
    let is_dotless = character == '\u{131}';
    let plain = is_dotless.then_some(character);
    let folded = (!is_dotless).then(|| {
        let small = character.to_lowercase();
        small
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
    });
    plain.into_iter().chain(folded.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::super::name::AttributeType;
    use super::super::tlv::{self, encode, sequence};
    use super::*;
    use der::Tag;

    fn name(text: &str) -> Name {
        Name::build(&[(AttributeType::CommonName, text)])
    }

    #[test]
    fn one_character_written_in_many_ways_is_one() {
        for (a, b) in [
            ("M\u{fc}ller", "Mu\u{308}ller"),
            ("M\u{fc}ller", "MU\u{308}LLER"),
            ("Acme", "\u{ff21}\u{ff43}\u{ff4d}\u{ff45}"),
            ("Stra\u{df}e", "STRASSE"),
            ("Stra\u{1e9e}e", "strasse"),
            ("o\u{fb03}ce", "Office"),
            (
                "\u{39f}\u{394}\u{39f}\u{3a3}",
                "\u{3bf}\u{3b4}\u{3bf}\u{3c2}",
            ),
            ("\u{130}zmir", "i\u{307}zmir"),
            ("Acme \u{2120}", "acme sm"),
            ("\u{212b}kra", "\u{e5}kra"),
            ("Acme  Root", " acme root "),
            ("Acme Root", "Acme\u{a0}\u{3000}Root"),
            ("Acme Root", "Acme\tRoot"),
            ("Acme", "Ac\u{ad}m\u{200b}e\u{fe0f}"),
        ] {
            assert_eq!(name(a).folded(), name(b).folded(), "{a} {b}");
            assert_ne!(name(a), name(b), "their bytes are not touched");
        }
    }

    #[test]
    fn other_characters_are_others() {
        for (a, b) in [
            ("M\u{fc}ller", "Muller"),
            ("Stra\u{df}e", "Strase"),
            ("\u{131}zmir", "izmir"),
            ("AcmeRoot", "Acme Root"),
            ("Acme", "\u{410}cme"),
            ("", "a"),
        ] {
            assert_ne!(name(a).folded(), name(b).folded(), "{a} {b}");
        }
        let organization = Name::build(&[(AttributeType::Organization, "Acme")]);
        assert_ne!(organization.folded(), name("Acme").folded());
        // No value speaks for the structure around it.
        let two = Name::build(&[
            (AttributeType::CommonName, "a"),
            (AttributeType::CommonName, "b"),
        ]);
        assert_ne!(two.folded(), name("a+,2.5.4.3=b").folded());
    }

    #[test]
    fn an_rdn_is_a_set_and_a_string_type_is_put_aside() {
        let part = |tag, value: &[u8]| sequence(&[&[6, 3, 0x55, 4, 3], &encode(tag, &[value])]);
        let of = |parts: [&[u8]; 2]| {
            Name::from_der(&encode(tlv::SEQUENCE, &[&encode(Tag::Set, &parts)])).unwrap()
        };
        let (z, composed) = (
            part(Tag::PrintableString, b"Z"),
            part(Tag::TeletexString, b"\xfc"),
        );
        let decomposed = part(Tag::BmpString, b"\0U\x03\x08");
        assert_eq!(of([&z, &composed]).folded(), of([&decomposed, &z]).folded());
    }
}
