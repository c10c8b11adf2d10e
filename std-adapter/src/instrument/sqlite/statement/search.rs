//! Which table a query reads first, common table expressions looked through.

use std::mem;

use super::tokens::{Name, Token, Tokens};

/// How many queries with a `WITH` of their own, and common table expressions, are looked into.
const LOOKS: usize = 32;
/// How many names are looked for among the common table expressions.
const LOOK_UPS: usize = 64;

/// Looks for the first table that a query reads.
#[derive(Debug, Default)]
pub(super) struct Search<'a> {
    /// The first one that is read by a subquery.
    nested: Option<Name<'a>>,
    /// What was looked into: how much of the text follows.
    looks: [usize; LOOKS],
    looked: usize,
    look_ups: usize,
}

impl<'a> Search<'a> {
    pub(super) fn table(mut self, query: Tokens<'a>) -> Option<Name<'a>> {
        self.query(query, None).or(self.nested)
    }

    /// The first table behind the `FROM` of this query itself; one that a subquery reads is noted. The query ends with the
    /// text or at the parenthesis that closes it.
    fn query(&mut self, mut tokens: Tokens<'a>, outer: Option<&With<'_, 'a>>) -> Option<Name<'a>> {
        let with = With::take(&mut tokens).map(|first| With { first, outer });
        let with = with.as_ref().or(outer);
        let mut depth = 0;
        // By depth: whether tables are being listed there, and whether they are read by this query itself.
        let (mut lists, mut own) = (Depths(0), Depths(1));
        let mut is_table = false;
        let mut is_distinct = false;
        while let Some(token) = tokens.next() {
            let was_distinct = mem::replace(&mut is_distinct, false);
            if mem::replace(&mut is_table, false) {
                if token == Token::Sign(b'(') {
                    is_table = !tokens.next_is_query();
                } else if let Some(name) = tokens.name_from(token) {
                    if let Some(name) = self.is_real(name, with) {
                        if own.get(depth) {
                            return Some(name);
                        }
                        self.note(Some(name));
                    }
                    continue;
                }
            }
            match token {
                Token::Sign(b'(') if tokens.next_is("with") => {
                    self.look_into(&tokens, with);
                    tokens.skip_group();
                }
                Token::Sign(b'(') => {
                    let is_own = is_table && own.get(depth);
                    depth += 1;
                    lists.set(depth, is_table);
                    own.set(depth, is_own);
                }
                Token::Sign(b')') if depth > 0 => depth -= 1,
                Token::Sign(b')' | b';') if depth == 0 => break,
                Token::Sign(b',') => is_table = lists.get(depth),
                Token::Word(word) => match Clause::of(word) {
                    // `a IS DISTINCT FROM b` has none.
                    Some(Clause::From) if !was_distinct => {
                        lists.set(depth, true);
                        is_table = true;
                    }
                    Some(Clause::Join) => is_table = lists.get(depth),
                    Some(Clause::Distinct) => is_distinct = true,
                    // `a IN users`
                    Some(Clause::In) => {
                        if let Some(name) = tokens.name() {
                            let name = self.is_real(name, with);
                            self.note(name);
                        }
                    }
                    Some(Clause::Window) if !tokens.next_is_window() => {}
                    Some(Clause::Window | Clause::Later) => lists.set(depth, false),
                    Some(Clause::From) | None => {}
                },
                _ => {}
            }
        }
        None
    }

    /// A common table expression is looked into, and is no table.
    fn is_real(&mut self, name: Name<'a>, with: Option<&With<'_, 'a>>) -> Option<Name<'a>> {
        let Some(with) = with.filter(|_| !name.has_schema) else { return Some(name) };
        self.look_ups += 1;
        if self.look_ups > LOOK_UPS {
            return None;
        }
        let Some((body, scope)) = with.body(&name) else { return Some(name) };
        self.look_into(&body, Some(scope));
        None
    }

    /// Once for each query, so that one which reads itself comes to an end.
    fn look_into(&mut self, query: &Tokens<'a>, with: Option<&With<'_, 'a>>) {
        let place = query.rest.len();
        if self.nested.is_some() || self.looks.iter().take(self.looked).any(|looked| *looked == place) {
            return;
        }
        let Some(look) = self.looks.get_mut(self.looked) else { return };
        *look = place;
        self.looked += 1;
        let found = self.query(query.clone(), with);
        self.note(found);
    }

    fn note(&mut self, name: Option<Name<'a>>) {
        self.nested = self.nested.or(name);
    }
}

/// A bit for each of 64 depths.
#[derive(Debug, Clone, Copy)]
struct Depths(u64);

impl Depths {
    fn bit(depth: u32) -> u64 {
        1_u64.checked_shl(depth).unwrap_or(0)
    }

    fn get(self, depth: u32) -> bool {
        self.0 & Self::bit(depth) != 0
    }

    fn set(&mut self, depth: u32, to: bool) {
        self.0 = if to { self.0 | Self::bit(depth) } else { self.0 & !Self::bit(depth) };
    }
}

/// The words of a query that tell where tables are listed.
#[derive(Debug, Clone, Copy)]
enum Clause {
    From,
    Join,
    Distinct,
    In,
    Window,
    /// One behind the list of tables.
    Later,
}

impl Clause {
    fn of(word: &str) -> Option<Self> {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        Some(match word.len() {
            2 if is("in") => Self::In,
            4 if is("from") => Self::From,
            4 if is("join") => Self::Join,
            5 if is("where") || is("group") || is("order") || is("limit") || is("union") => Self::Later,
            6 if is("having") || is("except") => Self::Later,
            6 if is("window") => Self::Window,
            8 if is("distinct") => Self::Distinct,
            9 if is("intersect") => Self::Later,
            _ => return None,
        })
    }
}

/// Common table expressions that a query can name.
#[derive(Debug)]
pub(super) struct With<'s, 'a> {
    /// Begins with the name of the first.
    first: Tokens<'a>,
    outer: Option<&'s With<'s, 'a>>,
}

impl<'a> With<'_, 'a> {
    /// Takes `WITH [RECURSIVE]` and the expressions, if that is what comes next, and hands back where they begin.
    pub(super) fn take(tokens: &mut Tokens<'a>) -> Option<Tokens<'a>> {
        if !tokens.eat("with") {
            return None;
        }
        tokens.eat("recursive");
        let first = tokens.clone();
        while Self::expression(tokens).is_some() && tokens.eat_sign(',') {}
        Some(first)
    }

    /// Takes `name [(columns)] AS [[NOT] MATERIALIZED] (body)`.
    fn expression(tokens: &mut Tokens<'a>) -> Option<(Name<'a>, Tokens<'a>)> {
        let name = tokens.name()?;
        let mut is_body = false;
        loop {
            match tokens.next()? {
                Token::Sign(b'(') => {
                    let body = tokens.clone();
                    tokens.skip_group();
                    if is_body {
                        return Some((name, body));
                    }
                }
                token => is_body |= token.is("as"),
            }
        }
    }

    /// The body of the expression with that name, and what can be named in it.
    fn body(&self, name: &Name<'a>) -> Option<(Tokens<'a>, &Self)> {
        let mut scope = Some(self);
        while let Some(with) = scope {
            let mut tokens = with.first.clone();
            while let Some((other, body)) = Self::expression(&mut tokens) {
                if other.lower_case().eq(name.lower_case()) {
                    return Some((body, with));
                }
                if !tokens.eat_sign(',') {
                    break;
                }
            }
            scope = with.outer;
        }
        None
    }
}
