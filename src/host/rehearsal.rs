//! The operator of a rehearsal: answers as the printed script says, and shows the whole
//! dialogue so that a newcomer sees what a ceremony is like.

use zeroize::Zeroizing;

use crate::ports::{Interface, Operator, OperatorError, Pin, Question};

/// Answers every question with what stands on paper.
pub struct RehearsalOperator {
    pin: Zeroizing<String>,
    echo: bool,
    sink: Box<dyn FnMut(&str)>,
}

impl RehearsalOperator {
    /// `pin` is the throw-away token's. Pages go to `sink`; with `echo` so do the questions
    /// and their answers (never the PIN). Texts come with their line ends.
    pub fn new(pin: Zeroizing<String>, echo: bool, sink: Box<dyn FnMut(&str)>) -> Self {
        Self { pin, echo, sink }
    }

    fn say(&mut self, question: &str, answer: &str) {
        if self.echo {
            let text = format!("{question}\n> {answer}\n");
            (self.sink)(&super::lines::guard(&text));
        }
    }
}

impl Operator for RehearsalOperator {
    fn interface(&self) -> Interface {
        Interface::Rehearsal
    }

    fn show(&mut self, page: &str) {
        (self.sink)(&super::lines::page(page));
    }

    fn ask(&mut self, question: &Question) -> Result<String, OperatorError> {
        self.say(&question.text, &question.on_paper);
        Ok(question.on_paper.clone())
    }

    fn ask_pin(&mut self, text: &str) -> Result<Pin, OperatorError> {
        self.say(text, "[hidden]");
        Ok(Pin::new(self.pin.clone()))
    }

    fn work_begins(&mut self, _what: &str) {}

    fn work_ends(&mut self) {}

    fn interrupted(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn it_answers_from_paper_and_never_shows_the_pin() {
        let seen = Rc::new(RefCell::new(String::new()));
        let sink = Rc::clone(&seen);
        let mut operator = RehearsalOperator::new(
            Zeroizing::new("987654".to_owned()),
            true,
            Box::new(move |text| sink.borrow_mut().push_str(text)),
        );
        operator.show("a page");
        let question = Question {
            id: "approve",
            text: "The two words?".to_owned(),
            on_paper: "adult chambermaid".to_owned(),
        };
        assert_eq!(operator.ask(&question).unwrap(), "adult chambermaid");
        assert_eq!(operator.ask_pin("PIN").unwrap().expose(), "987654");
        assert_eq!(operator.interface(), Interface::Rehearsal);
        assert!(!operator.interrupted());
        assert_eq!(
            *seen.borrow(),
            "a page\nThe two words?\n> adult chambermaid\nPIN\n> [hidden]\n"
        );
    }
}
