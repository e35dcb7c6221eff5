//! Held against another implementation, in every length, cut in every way, beside every company.

use bytes::Bytes;
use host::Host;
use host::simulated::Simulation;
use md5::{Digest, Md5};
use proptest::prelude::*;

use crate::hub::Hub;
use crate::kernel::Kernel;
use crate::{Lanes, Stream, digest};

fn expected(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

fn noise(seed: u64, len: usize) -> Bytes {
    let mut word = seed;
    let bytes = std::iter::from_fn(|| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((word >> 56) as u8)
    });
    bytes.take(len).collect()
}

/// What this machine can do.
fn kernels() -> Vec<Kernel> {
    let mut kernels = vec![Kernel::Single];
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") {
            kernels.push(Kernel::Avx2);
        }
        if Kernel::best() == Kernel::Avx512 {
            kernels.push(Kernel::Avx512);
        }
    }
    kernels
}

async fn hash(mut stream: Stream, bytes: Bytes, cuts: Vec<usize>) -> [u8; 16] {
    let mut rest = bytes;
    for cut in cuts {
        stream.update(rest.split_to(cut.min(rest.len()))).await;
    }
    stream.update(rest).await;
    stream.finish().await
}

/// Hashes all messages at the same time, each cut at its own places, in an order that follows from the seed.
fn hash_together(kernel: Kernel, seed: u64, messages: Vec<(Bytes, Vec<usize>)>) {
    let simulation = Simulation::new(seed);
    simulation.boot(|host| async move {
        let hub = Hub::new(&host, kernel);
        let (sender, mut results) = tokio::sync::mpsc::channel(messages.len().max(1));
        let count = messages.len();
        for (bytes, cuts) in messages {
            let (stream, sender) = (Stream::new(&hub), sender.clone());
            host.spawn("upload", async move {
                let found = hash(stream, bytes.clone(), cuts).await;
                sender.send((found, expected(&bytes), bytes.len())).await.unwrap();
            });
        }
        for _ in 0..count {
            let (found, expected, len) = results.recv().await.unwrap();
            assert_eq!(found, expected, "{len} bytes, {kernel:?}");
        }
        assert_eq!(hub.held_bytes(), 0, "everything is given back");
    });
}

#[test]
fn known_answers_of_rfc_1321() {
    for (text, hex) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
    ] {
        let found: String = digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, hex, "{text}");
    }
}

#[test]
fn every_length_around_blocks_alone_and_together() {
    let all = noise(1, 400);
    for len in 0..all.len() {
        assert_eq!(digest(&all[..len]), expected(&all[..len]), "{len} bytes");
    }
    for kernel in kernels() {
        // Longer than what is hashed alone, each by another amount.
        let messages = (0..300).map(|more| (noise(more, 17_000 + more as usize), vec![more as usize, 64, 1])).collect();
        hash_together(kernel, 1, messages);
    }
}

#[test]
fn bodies_of_several_parts_beside_others() {
    for kernel in kernels() {
        let lengths = [3 << 20, (1 << 20) + 1, 5_000_000, 20_000, 0, 1, 2 << 20, 100_000, 2_500_003];
        let messages = lengths
            .iter()
            .enumerate()
            .map(|(seed, &len)| (noise(seed as u64, len), std::iter::repeat_n(65_000 + seed, len / 65_000).collect()));
        hash_together(kernel, 2, messages.collect());
    }
}

#[test]
fn kernels_fill_any_number_of_lanes() {
    for kernel in kernels() {
        for count in 1..=kernel.width() {
            let messages: Vec<Bytes> = (0..count).map(|seed| noise(seed as u64, 640)).collect();
            let mut digests = vec![crate::kernel::INITIAL; count];
            kernel.compress(&mut digests, &messages.iter().map(|bytes| &bytes[..]).collect::<Vec<_>>());
            for (message, found) in messages.iter().zip(digests) {
                let mut alone = crate::kernel::INITIAL;
                Kernel::Single.compress(std::slice::from_mut(&mut alone), &[message]);
                assert_eq!(found, alone, "{count} lanes, {kernel:?}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_given_up_holds_nobody_up() {
    Simulation::new(3).boot(|host| async move {
        let hub = Hub::new(&host, Kernel::best());
        let mut given_up: Vec<Stream> = (0..20).map(|_| Stream::new(&hub)).collect();
        for stream in &mut given_up {
            stream.update(noise(1, 1 << 20)).await;
        }
        let bytes = noise(2, 1 << 20);
        let stream = Stream::new(&hub);
        drop(given_up);
        assert_eq!(hash(stream, bytes.clone(), vec![]).await, expected(&bytes));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_real_threads() {
    let lanes = Lanes::new(&Host::real());
    let uploads = (0..64).map(|seed| {
        let (stream, bytes) = (lanes.stream(), noise(seed, 300_000 + 50_000 * seed as usize));
        tokio::spawn(async move {
            let cuts = std::iter::repeat_n(60_001, bytes.len() / 60_001).collect();
            assert_eq!(hash(stream, bytes.clone(), cuts).await, expected(&bytes));
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_messages_cut_anywhere_together(
        seed: u64,
        messages in prop::collection::vec((0..60_000_usize, prop::collection::vec(0..5_000_usize, 0..20)), 0..40),
    ) {
        let messages: Vec<(Bytes, Vec<usize>)> =
            messages.into_iter().enumerate().map(|(at, (len, cuts))| (noise(seed ^ at as u64, len), cuts)).collect();
        for kernel in kernels() {
            hash_together(kernel, seed, messages.clone());
        }
    }
}
