//! The service contract: what an AWS operation is, and how requests and answers look on the wire.
//!
//! A service is a table of [`Operation`]s. The framework is one function per operation:
//! decode → [`Constraints`] → `run` → encode. Nothing here knows a service, an engine or a socket.

mod arn;
mod calendar;
mod call;
pub mod codec;
mod constraints;
mod error;
mod eventstream;
mod likeness;
mod operation;
mod pieces;
pub mod rest;
mod session;
mod shapes;
mod table;
mod tag;
pub mod testing;

pub use arn::Arn;
pub use call::{Call, Identity, RequestId};
pub use codec::Codec;
pub use constraints::{Constraints, Member, Pattern, Render, Size};
pub use error::{ErrorCode, ErrorMember, ServiceError};
pub use eventstream::{Event, frame as event_frame, message as event_message};
pub use likeness::{Limits, Transitions};
pub use operation::{ANSWER_BYTES_USUAL, EventStream, Operation, StreamOperation};
pub use pieces::{Answer, Listed, Listing, Pieces, See};
pub use session::{Session, SessionRefused, Sessions};
pub use shapes::{Blob, Lenient, Required, Timestamp, WireEnum};
pub use table::{Face, Operations, Protocol, Reply, ReplyBody};
pub use tag::{Tag, Tags};
