//! Owners, as answers name them.

use s3s::dto;

/// An account as an owner. AWS answers an id of 64 digits that says nothing to anybody; ours is the account's own.
pub(crate) fn of(account: &str) -> dto::Owner {
    dto::Owner { display_name: Some(account.to_owned()), id: Some(id(account)) }
}

/// An account as the initiator of an upload.
pub(crate) fn initiator(account: &str) -> dto::Initiator {
    dto::Initiator { display_name: Some(account.to_owned()), id: Some(id(account)) }
}

/// The one grant there is: the owner may do everything.
pub(crate) fn full_control(account: &str) -> Vec<dto::Grant> {
    vec![dto::Grant {
        grantee: Some(dto::Grantee {
            display_name: Some(account.to_owned()),
            email_address: None,
            id: Some(id(account)),
            type_: dto::Type::from_static(dto::Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(dto::Permission::from_static(dto::Permission::FULL_CONTROL)),
    }]
}

fn id(account: &str) -> String {
    format!("{account:0>64}")
}
