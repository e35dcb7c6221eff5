//! What a service answers when it refuses, and what it keeps to itself.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

/// An error code as AWS's model names it, with the HTTP status it travels under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The wire name, for example `ResourceNotFoundException`.
    pub name: &'static str,
    /// The HTTP status: 400 when the sender is at fault, 500 when we are.
    pub status: u16,
}

impl ErrorCode {
    /// A code that says the sender is at fault (HTTP 400).
    pub const fn sender(name: &'static str) -> Self {
        Self { name, status: 400 }
    }

    /// A code that says the server is at fault (HTTP 500).
    pub const fn receiver(name: &'static str) -> Self {
        Self { name, status: 500 }
    }

    /// A code with a status of its own.
    pub const fn with_status(name: &'static str, status: u16) -> Self {
        Self { name, status }
    }

    /// An error of this code that says `message`.
    pub fn with(self, message: impl Into<Cow<'static, str>>) -> ServiceError {
        ServiceError { message: Some(message.into()), ..self.bare() }
    }

    /// An error of this code that carries no message member at all.
    pub const fn bare(self) -> ServiceError {
        ServiceError { code: self, message: None, spelling: MessageKey::Lower, members: Vec::new(), cause: None }
    }
}

/// How the message member is spelled; AWS is not of one mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MessageKey {
    Lower,
    Capital,
}

/// What a member of an error holds beside the message: the model gives a few errors such members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ErrorMember {
    /// A string.
    Text(Cow<'static, str>),
    /// A list of strings.
    Texts(Vec<String>),
}

/// A refusal or failure, as the client will read it.
#[derive(Debug)]
pub struct ServiceError {
    code: ErrorCode,
    message: Option<Cow<'static, str>>,
    spelling: MessageKey,
    members: Vec<(&'static str, ErrorMember)>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

const INTERNAL: ErrorCode = ErrorCode::receiver("InternalFailure");
const SERIALIZATION: ErrorCode = ErrorCode::sender("SerializationException");
const VALIDATION: ErrorCode = ErrorCode::sender("ValidationException");
const NOT_IMPLEMENTED: ErrorCode = ErrorCode::with_status("NotImplementedException", 501);

impl ServiceError {
    /// Something broke on our side: the client reads a fixed sentence, the log reads `cause`.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = INTERNAL.with("Internal Service Failure");
        error.cause = Some(cause.into());
        error
    }

    /// The body cannot be read as the operation's shape. Spelled with a capital `Message`, as AWS does.
    pub fn serialization(message: Option<String>) -> Self {
        Self { message: message.map(Cow::Owned), spelling: MessageKey::Capital, ..SERIALIZATION.bare() }
    }

    /// A request member breaks a constraint of the model.
    pub fn validation(message: String) -> Self {
        VALIDATION.with(message)
    }

    /// AWS has this operation or option, Millstream does not yet; never answered as success.
    pub fn not_implemented(what: impl fmt::Display) -> Self {
        NOT_IMPLEMENTED.with(format!("{what} is not implemented by Millstream."))
    }

    /// The same error with the message member spelled `Message`.
    #[must_use]
    pub fn capital_message(mut self) -> Self {
        self.spelling = MessageKey::Capital;
        self
    }

    /// The same, unless the error is not a service's own but the framework's.
    pub(crate) fn with_capital_message(self) -> Self {
        if self.code == VALIDATION { self } else { self.capital_message() }
    }

    /// The same error with a member of its own, by its wire name.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, member: ErrorMember) -> Self {
        self.members.push((name, member));
        self
    }

    /// The members beside the message, by their wire names.
    pub fn members(&self) -> &[(&'static str, ErrorMember)] {
        &self.members
    }

    /// The same error with a cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The code and its HTTP status.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The text for the client, if the error has one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The name of the message member on the wire: `message` or `Message`.
    pub fn message_key(&self) -> &'static str {
        match self.spelling {
            MessageKey::Lower => "message",
            MessageKey::Capital => "Message",
        }
    }

    /// What went wrong underneath; for the log, never for the client.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.name)?;
        self.message.iter().try_for_each(|message| write!(f, ": {message}"))
    }
}

impl StdError for ServiceError {}
