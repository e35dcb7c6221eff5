//! The table. A new operation adds its `mod` and its `with`.

mod assume_role;
mod get_caller_identity;
mod get_session_token;

use aws::Operations;

use crate::Sts;

/// Operations of AWS's model that are refused: all others of 2011-06-15.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetWebIdentityToken",
];

pub(crate) fn table() -> Operations<Sts> {
    Operations::new()
        .with::<assume_role::AssumeRole>()
        .with::<get_caller_identity::GetCallerIdentity>()
        .with::<get_session_token::GetSessionToken>()
}
