//! The one escape function: every text from elsewhere passes here before it reaches a
//! terminal, a log, a page, a script's comment or a file name.

/// Text that is safe to print: printable ASCII and Latin letters stay, a backslash is
/// doubled, everything else (controls, bidi marks, look-alikes of other scripts) becomes
/// `\u{..}`. One line in, one line out.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => safe.push_str("\\\\"),
            ' '..='~' => safe.push(character),
            _ if is_latin_letter(character) => safe.push(character),
            _ => safe.extend(character.escape_unicode()),
        }
    }
    safe
}

/// Bytes that should be text: valid UTF-8 is escaped, the rest is shown as `\xNN`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut safe = String::new();
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            safe.push_str(&format!("\\x{byte:02x}"));
        }
    }
    safe
}

/// One line that may hold escaped pieces already: a backslash stays as it is, all else is as
/// [`escape`] has it. Behind `escape`, and for text whose maker is not known.
pub fn escape_once(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' '..='~') || is_latin_letter(character) {
            safe.push(character);
        } else {
            safe.extend(character.escape_unicode());
        }
    }
    safe
}

/// The most characters of a word or path that an error quotes.
const QUOTED: usize = 200;
/// The most characters of a message that another library made and that may quote a file.
const MESSAGE: usize = 1000;

/// What a file says, as an error quotes it: escaped, and cut where nobody reads on.
pub fn escape_quoted(text: &str) -> String {
    cut(&escape(text), QUOTED)
}

/// Another library's message, which may quote a file in full: escaped, and cut later.
pub fn escape_message(text: &str) -> String {
    cut(&escape(text), MESSAGE)
}

/// Escaped text up to a limit, and how many characters are left out. No escape sequence is
/// cut in two.
fn cut(safe: &str, limit: usize) -> String {
    let mut end = 0;
    let mut left_out = 0_usize;
    for (at, size) in characters(safe) {
        if left_out == 0 && at + size <= limit {
            end = at + size;
        } else {
            left_out += 1;
        }
    }
    match left_out {
        0 => safe.to_owned(),
        _ => {
            let kept = safe.get(..end).unwrap_or_default();
            format!("{kept}... ({left_out} more characters)")
        }
    }
}

/// Where each character of escaped text begins, and its octets: an escape sequence is one.
fn characters(safe: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = safe.get(at..)?;
        let first = rest.chars().next()?;
        let size = if rest.starts_with("\\u{") {
            rest.find('}').map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("\\x") {
            rest.len().min(4)
        } else if rest.starts_with("\\\\") {
            2
        } else {
            first.len_utf8()
        };
        at += size;
        Some((at - size, size))
    })
}

/// The wall at the sinks: text put together from escaped pieces, with line feeds between them.
pub fn guard(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(escape_once).collect();
    lines.join("\n")
}

/// Characters that show nothing, or turn the text around them: format and bidi controls,
/// fillers, variation selectors, tags (Default_Ignorable_Code_Point of Unicode), the blank
/// pattern of Braille, and code points that are no characters. A name that holds one looks like
/// another name.
pub fn is_invisible(character: char) -> bool {
    let is_no_character = u32::from(character) & 0xfffe == 0xfffe;
    is_no_character
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Letters of Latin-1 and Latin Extended-A: what European names are written with.
fn is_latin_letter(character: char) -> bool {
    matches!(character, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_is_shown_not_obeyed() {
        assert_eq!(escape("Acme Root"), "Acme Root");
        assert_eq!(escape("M\u{fc}ller"), "M\u{fc}ller");
        assert_eq!(escape("a\u{1b}[31m\n"), "a\\u{1b}[31m\\u{a}");
        assert_eq!(
            escape("\u{202e}\u{200b}\u{430}"),
            "\\u{202e}\\u{200b}\\u{430}"
        );
        assert_eq!(escape("C:\\x"), "C:\\\\x");
        assert_eq!(escape_bytes(b"a\xff\x00"), "a\\xff\\u{0}");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_says_so() {
        let at_limit = "a".repeat(QUOTED);
        assert_eq!(escape_quoted(&at_limit), at_limit);
        let over = escape_quoted(&"a".repeat(QUOTED + 1));
        assert_eq!(over, format!("{at_limit}... (1 more characters)"));
        // The escape sequence would begin within the limit and end behind it.
        let before = "a".repeat(QUOTED - 2);
        let split = escape_quoted(&format!("{before}\u{202e}b"));
        assert_eq!(split, format!("{before}... (2 more characters)"));
        let split = escape_quoted(&format!("{before}a\\b"));
        assert_eq!(split, format!("{before}a... (2 more characters)"));
        let huge = escape_message(&"\u{1b}".repeat(1 << 20));
        assert!(huge.len() < MESSAGE + 40, "{}", huge.len());
        assert!(
            huge.ends_with("\\u{1b}... (1048410 more characters)"),
            "{huge}"
        );
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_short_and_whole(text in "(.|\\\\|\\PC|\u{1b}){0,600}") {
            let safe = escape_quoted(&text);
            prop_assert!(safe.chars().all(|c| matches!(c, ' '..='~') || is_latin_letter(c)));
            prop_assert!(safe.chars().count() <= QUOTED + 30);
            // It begins as the text does, and what is kept and left out is all of it.
            match safe.rsplit_once("... (") {
                Some((kept, rest)) if safe != escape(&text) => {
                    prop_assert!(escape(&text).starts_with(kept));
                    let left: usize = rest.split(' ').next().unwrap().parse().unwrap();
                    let count = text.chars().count() - left;
                    prop_assert_eq!(escape(&text.chars().take(count).collect::<String>()), kept);
                }
                _ => prop_assert_eq!(safe, escape(&text)),
            }
        }

        #[test]
        fn only_printable_ascii_and_latin_letters_leave(text in any::<Vec<u8>>()) {
            let safe = escape_bytes(&text);
            prop_assert!(safe.chars().all(|c| matches!(c, ' '..='~') || is_latin_letter(c)));
            // What was escaped passes the second wall as it is.
            prop_assert_eq!(guard(&safe), safe);
        }

        #[test]
        fn the_second_wall_keeps_lines_and_nothing_else(text in any::<String>()) {
            let safe = guard(&text);
            let allowed = |c: char| matches!(c, '\n' | ' '..='~') || is_latin_letter(c);
            prop_assert!(safe.chars().all(allowed));
            prop_assert_eq!(safe.matches('\n').count(), text.matches('\n').count());
        }
    }
}
