//! `(…)`: groups that are counted, flags, looking round; and what refers to an earlier group.

use super::parse::{Flags, Parser};
use super::tree::Node;

impl Parser {
    /// As many digits as make a group that was opened, at least one.
    pub(super) fn reference(&mut self, digit: char) -> Result<Node, String> {
        let value = |digit: char| digit.to_digit(10).map_or(0, |digit| digit as usize);
        let mut group = value(digit);
        while let Some(digit) = self.peek_raw().filter(char::is_ascii_digit) {
            let longer = group * 10 + value(digit);
            if longer >= self.groups.len() {
                break;
            }
            group = longer;
            self.raw();
        }
        self.back(group)
    }

    pub(super) fn named_reference(&mut self) -> Result<Node, String> {
        if self.raw() != Some('<') {
            return Err("\\k needs the name of a group".to_owned());
        }
        let name = self.name()?;
        let group = self.groups.iter().position(|known| known.as_deref() == Some(&*name));
        self.back(group.ok_or_else(|| format!("there is no group '{name}' before \\k<{name}>"))?)
    }

    fn back(&self, group: usize) -> Result<Node, String> {
        if !self.closed.get(group).copied().unwrap_or_default() {
            return Err(format!("group {group} does not end before what refers to it"));
        }
        if self.flags.caseless {
            return Err("references to groups under (?i) are not supported".to_owned());
        }
        Ok(Node::Back(group))
    }

    /// A name and its `>`.
    fn name(&mut self) -> Result<String, String> {
        let name = self.up_to('>').ok_or("the name of a group is not closed")?;
        let letters = name.chars().all(|character| character.is_ascii_alphanumeric());
        match name.starts_with(|first: char| first.is_ascii_alphabetic()) && letters {
            true => Ok(name),
            false => Err("the name of a group is letters and digits".to_owned()),
        }
    }

    pub(super) fn group(&mut self) -> Result<Option<Node>, String> {
        let before = self.flags;
        if !self.is_at("?") {
            return self.capture(None, before).map(Some);
        }
        self.raw();
        let look = |behind, negated| move |node| Node::Look { behind, negated, node: Box::new(node) };
        let node = match self.raw() {
            Some(':') => self.inside()?,
            Some('=') => look(false, false)(self.inside()?),
            Some('!') => look(false, true)(self.inside()?),
            Some('>') => Node::Atomic(Box::new(self.inside()?)),
            Some('<') if self.is_at("=") || self.is_at("!") => {
                let negated = self.raw() == Some('!');
                look(true, negated)(self.looked_behind()?)
            }
            Some('<') => {
                let name = self.name()?;
                if self.groups.iter().any(|known| known.as_deref() == Some(&*name)) {
                    return Err(format!("there are two groups '{name}'"));
                }
                return self.capture(Some(name), before).map(Some);
            }
            Some(letter) => return self.inline_flags(letter, before),
            None => return Err("a parenthesis is not closed".to_owned()),
        };
        self.flags = before;
        Ok(Some(node))
    }

    fn capture(&mut self, name: Option<String>, before: Flags) -> Result<Node, String> {
        let group = self.groups.len();
        self.groups.push(name.clone());
        self.closed.push(false);
        let node = self.inside()?;
        self.closed[group] = true;
        self.flags = before;
        Ok(Node::Capture(name, Box::new(node)))
    }

    /// Up to the parenthesis that closes it.
    fn inside(&mut self) -> Result<Node, String> {
        let node = self.alternatives()?;
        if self.take(')') { Ok(node) } else { Err("a parenthesis is not closed".to_owned()) }
    }

    fn looked_behind(&mut self) -> Result<Node, String> {
        let node = self.inside()?;
        // Java takes some without a limit, and finds what it should not.
        if node.length().most.is_none() {
            return Err("look-behind needs a limit to how far it looks".to_owned());
        }
        let fixed = |node: &Node| {
            let length = node.length();
            length.most == Some(length.least)
        };
        let choices = match &node {
            Node::Any(parts) if !node.captures() => parts.iter().all(fixed),
            _ => fixed(&node),
        };
        match choices || node.is_plain() {
            true => Ok(node),
            false => Err(
                "a look-behind of several lengths can only have characters, choices and single characters repeated greedily".to_owned(),
            ),
        }
    }

    /// `(?i)` for the rest of the group around it, `(?i:x)` for a group.
    fn inline_flags(&mut self, first: char, before: Flags) -> Result<Option<Node>, String> {
        let mut on = true;
        let mut letter = Some(first);
        loop {
            let flag = match letter {
                Some('-') if on => {
                    on = false;
                    letter = self.raw();
                    continue;
                }
                Some(')') => return Ok(None),
                Some(':') => {
                    let node = self.inside()?;
                    self.flags = before;
                    return Ok(Some(node));
                }
                Some('i') => &mut self.flags.caseless,
                Some('d') => &mut self.flags.unix,
                Some('m') => &mut self.flags.lines,
                Some('s') => &mut self.flags.dot_all,
                Some('x') => &mut self.flags.comments,
                Some(other) => return Err(format!("the flag '{other}' is not supported")),
                None => return Err("a parenthesis is not closed".to_owned()),
            };
            *flag = on;
            letter = self.raw();
        }
    }
}
