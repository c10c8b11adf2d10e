//! The tokens of a SQL statement, and the names among them.

/// The last part of a name, perhaps with a schema before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// As written between the quotes.
    pub(super) text: &'a str,
    /// The closing quote, which is there twice where it is a part of the name, or a zero.
    quote: u8,
    pub(super) has_schema: bool,
}

impl<'a> Name<'a> {
    pub(super) const fn plain(text: &'a str) -> Self {
        Self { text, quote: 0, has_schema: false }
    }

    /// Each quote once, since it is there twice.
    pub(super) fn lower_case(&self) -> impl Iterator<Item = u8> + use<'a> {
        let quote = self.quote;
        let mut is_first = false;
        self.text
            .bytes()
            .filter(move |byte| {
                is_first = *byte == quote && !is_first;
                *byte != quote || is_first
            })
            .map(|byte| byte.to_ascii_lowercase())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword or a name.
    Word(&'a str),
    /// What stands in quotes, without them, and the closing one. In single ones it is a string or a name.
    Quoted(&'a str, u8),
    Sign(u8),
    /// A number, a blob or a parameter, which may be called like a keyword.
    Value,
}

impl Token<'_> {
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self, Token::Word(text) | Token::Quoted(text, _) if text.eq_ignore_ascii_case(name))
    }
}

/// The tokens of a statement, as SQLite's tokenizer has them (tokenize.c). Blanks and comments are passed over.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { rest: sql }
    }

    /// Takes the next token if it is this keyword, and says whether it was.
    pub(super) fn eat(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let mut ahead = self.clone();
        // Most often the first letter tells.
        let begins = |rest: &str| rest.bytes().next().map(|first| first.to_ascii_lowercase()) == keyword.bytes().next();
        let is = begins(ahead.rest) && ahead.next().is_some_and(|token| token.is(keyword));
        if is {
            *self = ahead;
        }
        is
    }

    pub(super) fn eat_sign(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn next_is(&self, keyword: &str) -> bool {
        self.clone().next().is_some_and(|token| token.is(keyword))
    }

    pub(super) fn next_is_query(&self) -> bool {
        self.clone().next().is_some_and(|token| ["select", "values", "with"].iter().any(|keyword| token.is(keyword)))
    }

    /// `name AS`. Without them, `WINDOW` is a name itself.
    pub(super) fn next_is_window(&self) -> bool {
        let mut ahead = self.clone();
        ahead.name().is_some() && ahead.eat("as")
    }

    /// A name, perhaps with a schema before it, if that is what comes next.
    pub(super) fn name(&mut self) -> Option<Name<'a>> {
        let mut ahead = self.clone();
        let token = ahead.next()?;
        let name = ahead.name_from(token)?;
        *self = ahead;
        Some(name)
    }

    /// The name that begins with `first`.
    pub(super) fn name_from(&mut self, first: Token<'a>) -> Option<Name<'a>> {
        let part = |token, has_schema| match token {
            Token::Word(text) => Some(Name { text, quote: 0, has_schema }),
            Token::Quoted(text, quote) => Some(Name { text, quote, has_schema }),
            Token::Sign(_) | Token::Value => None,
        };
        let mut name = part(first, false)?;
        while self.eat_sign('.') {
            name = part(self.next()?, true)?;
        }
        Some(name)
    }

    pub(super) fn name_after(mut self, keyword: &str) -> Option<Name<'a>> {
        self.find(|token| token.is(keyword))?;
        self.name()
    }

    /// Passes over what is left of a group, and the parenthesis that closes it.
    pub(super) fn skip_group(&mut self) {
        let mut depth = 0_u32;
        for token in self {
            match token {
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') if depth == 0 => return,
                Token::Sign(b')') => depth -= 1,
                _ => {}
            }
        }
    }

    /// Passes over blanks and comments. A byte order mark is a blank.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            let blank = match self.rest.as_bytes() {
                [b' ' | b'\t' | b'\n' | b'\x0c' | b'\r', ..] => 1,
                [b'-', b'-', ..] | [b'/', b'*', ..] => 2,
                [0xef, 0xbb, 0xbf, ..] => 3,
                _ => return,
            };
            let (blank, rest) = self.rest.split_at(blank);
            self.rest = rest;
            match blank {
                "--" => drop(self.until("\n")),
                "/*" => drop(self.until("*/")),
                _ => {}
            }
        }
    }

    /// Takes what is up to `quote`. One that is there twice is a part of it.
    pub(super) fn until_quote(&mut self, quote: char) -> &'a str {
        let all = self.rest;
        let mut end = 0;
        loop {
            let Some(found) = all.get(end..).and_then(|rest| rest.find(quote)) else {
                self.rest = "";
                return all;
            };
            end += found;
            let (text, rest) = all.split_at(end);
            self.rest = rest.strip_prefix(quote).unwrap_or_default();
            if !self.rest.starts_with(quote) {
                return text;
            }
            end += 2 * quote.len_utf8();
        }
    }

    /// Takes what is up to `end`, or all if it never ends.
    pub(super) fn until(&mut self, end: &str) -> &'a str {
        let (taken, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    pub(super) fn word(&mut self) -> &'a str {
        let end = self.rest.bytes().position(|byte| !is_word(byte)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// What follows the first letter of a parameter: its name, which can be that of a variable of Tcl, `$a::b(c)`.
    pub(super) fn parameter(&mut self) {
        let mut is_named = !self.word().is_empty();
        while let Some(rest) = self.rest.strip_prefix("::") {
            self.rest = rest;
            is_named |= !self.word().is_empty();
        }
        if is_named && self.rest.starts_with('(') {
            let end = self.rest.find(|c: char| c == ')' || c.is_ascii_whitespace()).unwrap_or(self.rest.len());
            self.rest = self.rest.get(end..).unwrap_or_default();
            self.rest = self.rest.strip_prefix(')').unwrap_or(self.rest);
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let first = *self.rest.as_bytes().first()?;
        if is_word(first) && first != b'$' {
            let word = self.word();
            return Some(match self.rest.strip_prefix('\'') {
                Some(rest) if word.eq_ignore_ascii_case("x") => {
                    self.rest = rest;
                    self.until_quote('\'');
                    Token::Value
                }
                _ if first.is_ascii_digit() => Token::Value,
                _ => Token::Word(word),
            });
        }
        // No letter, so it is one byte long.
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(match first {
            b'"' | b'`' | b'\'' => Token::Quoted(self.until_quote(char::from(first)), first),
            b'[' => Token::Quoted(self.until("]"), b']'),
            b':' | b'@' | b'#' | b'$' => {
                self.parameter();
                Token::Value
            }
            // Digits alone belong to it: `?1FROM users`.
            b'?' => {
                self.rest = self.rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
                Token::Value
            }
            sign => Token::Sign(sign),
        })
    }
}

/// As SQLite's tokenizer has it (`IdChar` in tokenize.c), everything beyond ASCII is a letter.
fn is_word(byte: u8) -> bool {
    const IS_WORD: [bool; 256] = {
        let mut is_word = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let ascii = byte as u8;
            is_word[byte] = ascii.is_ascii_alphanumeric() || !ascii.is_ascii() || ascii == b'_' || ascii == b'$';
            byte += 1;
        }
        is_word
    };
    IS_WORD[usize::from(byte)]
}
