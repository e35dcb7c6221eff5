//! How unusual members are read: lists that may be absurdly long, and structures that are refused whatever they say.

use std::fmt;
use std::marker::PhantomData;

use aws::{Render, Size};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Elements kept of a list; more than any list may have.
const KEPT_MAX: usize = 1_000;

/// A list that is counted out beyond what anybody may send: a body of tiny elements shall not fill the memory.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    pub(crate) list: Vec<T>,
    count: usize,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { list: Vec::new(), count: 0 }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Bounded<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Bounded<T>, A::Error> {
                let mut found = Bounded::default();
                while found.list.len() < KEPT_MAX {
                    match elements.next_element()? {
                        Some(element) => found.list.push(element),
                        None => break,
                    }
                }
                found.count = found.list.len();
                while elements.next_element::<IgnoredAny>()?.is_some() {
                    found.count += 1;
                }
                Ok(found)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<T> Size for Bounded<T> {
    fn size(&self) -> usize {
        self.count
    }
}

impl<T: Render> Render for Bounded<T> {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.render(f)
    }
}

/// A structure that is refused whatever it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The answer of operations that say nothing.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Empty {}
