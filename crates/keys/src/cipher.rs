//! AES-256-GCM, and the envelope that says which key it was made with.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit, Nonce, Tag};
use host::Host;
use zeroize::Zeroizing;

use crate::{Error, key};

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

/// The first byte of an envelope, so that later formats can be told from this one.
const ENVELOPE_VERSION: u8 = 1;

/// Version and key id.
const HEADER_BYTES: usize = 1 + 16;

/// How much longer an envelope is than what is in it.
pub const ENVELOPE_OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/// One key, ready for use; its expanded form is wiped from memory when dropped.
pub(crate) struct Cipher(Aes256Gcm);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    pub(crate) fn from_slice(key: &[u8]) -> Result<Self, Error> {
        Aes256Gcm::new_from_slice(key).map(Self).map_err(|_wrong_length| Error::Damaged)
    }

    /// Appends nonce, ciphertext and tag to `out`.
    pub(crate) fn seal_into(&self, nonce: [u8; NONCE_BYTES], plain: &[u8], associated: &[u8], out: &mut Vec<u8>) {
        out.reserve(NONCE_BYTES + plain.len() + TAG_BYTES);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let text = InOutBuf::from(&mut out[start..]);
        let tag = self.0.encrypt_inout_detached(&Nonce::from(nonce), associated, text);
        out.extend_from_slice(&tag.expect("nobody has 64 GiB in one piece"));
    }

    /// Nonce, ciphertext and tag, with a random nonce: for few and small texts.
    pub(crate) fn seal(&self, host: &Host, plain: &[u8], associated: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        host.fill_random(&mut nonce);
        let mut out = Vec::new();
        self.seal_into(nonce, plain, associated, &mut out);
        out
    }

    /// What was sealed, if it is genuine.
    pub(crate) fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut out = Zeroizing::new(Vec::new());
        self.open_into(sealed, associated, &mut out)?;
        Ok(out)
    }

    /// Appends to `out` what was sealed, if it is genuine; otherwise `out` stays as it was.
    pub(crate) fn open_into(&self, sealed: &[u8], associated: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Error::Damaged)?;
        let (text, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(Error::Damaged)?;
        let start = out.len();
        out.extend_from_slice(text);
        let opening = InOutBuf::from(&mut out[start..]);
        let opened = self.0.decrypt_inout_detached(&Nonce::from(*nonce), associated, opening, &Tag::from(*tag));
        opened.map_err(|_not_genuine| {
            out.truncate(start);
            Error::Damaged
        })
    }
}

/// Encrypts under a key, with the key's id in front.
pub(crate) fn envelope(host: &Host, cipher: &Cipher, id: &str, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![ENVELOPE_VERSION];
    out.extend_from_slice(&key::id_bytes(id).ok_or(Error::NotFound)?);
    let sealed = cipher.seal(host, plain, &[&out[..], context].concat());
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// The id of the key that an envelope (a wrapped data key, an encrypted text) was made with.
pub fn key_id_of(envelope: &[u8]) -> Result<String, Error> {
    match envelope.split_first_chunk::<HEADER_BYTES>() {
        Some(([ENVELOPE_VERSION, id @ ..], _)) => Ok(key::id_text(*id)),
        _ => Err(Error::Damaged),
    }
}

/// What is in an envelope.
pub(crate) fn open_envelope(cipher: &Cipher, envelope: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (header, sealed) = envelope.split_at_checked(HEADER_BYTES).ok_or(Error::Damaged)?;
    cipher.open(sealed, &[header, context].concat())
}
