//! Loads against a Postgres server that records and misbehaves, in virtual time.

use host::simulated::SimulatedNetwork;

use super::*;
use crate::configuration::{Backup, CopyCommand};
use crate::destination::StopSwitch;
use crate::destination::testing::postgres::{Answer, Event, serve, serve_secure};
use crate::destination::testing::{bucket, certificate, logging, outgoing, retry, simulate};

const COPY: &str = "COPY public.flights (carrier, delay) FROM 's3://intermediate/manifests/m1' CREDENTIALS \
                    'aws_iam_role=arn:aws:iam::000000000000:role/firehose' MANIFEST json 'auto'";

fn settings(duration_s: u32) -> RedshiftDestination {
    RedshiftDestination {
        role_arn: "arn:aws:iam::000000000000:role/firehose".to_owned(),
        cluster_jdbc_url: "jdbc:redshift://cluster.localhost:5439/dev".to_owned(),
        copy: CopyCommand {
            data_table_name: "public.flights".to_owned(),
            data_table_columns: Some("carrier,delay".to_owned()),
            copy_options: Some("json 'auto'".to_owned()),
        },
        username: Some("loader".to_owned()),
        password: Some("secret".to_owned()),
        retry: retry(duration_s),
        s3: bucket(),
        processing: None,
        backup: Backup::default(),
        logging: logging(),
    }
}

async fn load(host: &Host, settings: &RedshiftDestination) -> Loaded {
    let (_switch, stop) = StopSwitch::new();
    let object = |key: &str| DeliveredObject { bucket: "intermediate".to_owned(), key: key.to_owned(), bytes: 10 };
    let redshift = Redshift::new(&outgoing(host), settings).unwrap();
    redshift.load(&[object("a"), object("b")], "manifests/m1", &stop).await
}

/// Loads from a server that answers as the script says: what came of it, the statements, and the seconds it took.
fn load_with(duration_s: u32, script: impl FnMut(&str) -> Answer + Send + 'static) -> (Loaded, Vec<String>, f64) {
    simulate(|host, network: SimulatedNetwork| async move {
        let events = serve(&host, &network, ("cluster.localhost", 5439), "secret", script);
        let started = host.monotonic();
        let loaded = load(&host, &settings(duration_s)).await;
        (loaded, events.statements(), (host.monotonic() - started).as_secs_f64())
    })
}

fn code(loaded: Loaded) -> &'static str {
    match loaded {
        Loaded::Skipped { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_manifest_is_copied_once_by_the_user_that_was_named() {
    simulate(|host, network| async move {
        let events = serve(&host, &network, ("cluster.localhost", 5439), "secret", |_| Answer::Copied(7));
        assert_eq!(load(&host, &settings(3600)).await, Loaded::Done);
        host.sleep(Duration::from_secs(1)).await;
        let login =
            Event::Login { user: "loader".to_owned(), database: "dev".to_owned(), password: "secret".to_owned() };
        assert_eq!(events.all(), [login, Event::Statement(COPY.to_owned()), Event::Ended]);
    });
}

#[test]
fn a_cluster_is_talked_to_in_secret_and_only_if_its_certificate_is_good() {
    const CLUSTER: &str = "flights.abc123.us-east-1.redshift.amazonaws.com";
    let (authority, acceptor) = certificate(&[CLUSTER]);
    let (_, stranger) = certificate(&[CLUSTER]);
    let (elsewhere, other_acceptor) = certificate(&["elsewhere.example"]);
    for (acceptor, trusted, expected) in [
        (Some(acceptor), &authority, None),
        (Some(stranger), &authority, Some("Redshift.ConnectionFailed")),
        (Some(other_acceptor), &elsewhere, Some("Redshift.ConnectionFailed")),
        (None, &authority, Some("Redshift.ConnectionFailed")),
    ] {
        let trusted = trusted.clone();
        simulate(|host, network| async move {
            let events = serve_secure(&host, &network, (CLUSTER, 5439), "secret", acceptor);
            let mut settings = settings(0);
            settings.cluster_jdbc_url = format!("jdbc:redshift://{CLUSTER}:5439/dev");
            let outgoing = Outgoing::new(&host, Some(trusted.as_bytes())).unwrap();
            let (_switch, stop) = StopSwitch::new();
            let object = DeliveredObject { bucket: "intermediate".to_owned(), key: "a".to_owned(), bytes: 10 };
            let redshift = Redshift::new(&outgoing, &settings).unwrap();
            match (redshift.load(&[object], "manifests/m1", &stop).await, expected) {
                (Loaded::Done, None) => assert_eq!(events.statements(), [COPY]),
                (Loaded::Skipped { code, message }, Some(expected)) => {
                    assert_eq!(code, expected, "{message}");
                    assert!(events.all().is_empty(), "nothing was said to a stranger, not even the password");
                }
                (other, expected) => panic!("{other:?} and not {expected:?}"),
            }
        });
    }
}

#[test]
fn what_fails_is_tried_again_until_it_is_done() {
    let mut answers = vec![
        Answer::Copied(1),
        Answer::Hang,
        Answer::Reset,
        Answer::Error("XX000", "S3ServiceException:Access Denied,Status 403"),
    ];
    let (loaded, statements, seconds) = load_with(7200, move |_| answers.pop().unwrap());
    assert_eq!((loaded, statements), (Loaded::Done, vec![COPY.to_owned(); 4]));
    // Pauses of 1, 2 and 4 seconds, and half an hour for the answer that never came.
    assert!((1805.9..1808.1).contains(&seconds), "{seconds}");
}

#[test]
fn it_is_skipped_when_the_retry_duration_is_over() {
    let missing = || |_: &str| Answer::Error("42P01", "relation \"flights\" does not exist");
    let (loaded, statements, _) = load_with(0, missing());
    assert_eq!((code(loaded), statements.len()), ("Redshift.TableNotFound", 1));
    let (loaded, statements, seconds) = load_with(600, missing());
    assert_eq!(code(loaded), "Redshift.TableNotFound");
    // 1, 2, 4 … 256 seconds and what is left.
    assert_eq!(statements.len(), 11);
    assert!((600.0..601.0).contains(&seconds), "{seconds}");
}

#[test]
fn errors_have_awss_codes() {
    for (state, message, expected) in [
        ("XX000", "Load into table 'flights' failed.  Check 'stl_load_errors' for details.", "Redshift.DataLoadFailed"),
        ("42601", "syntax error at or near \"jsn\"", "Redshift.SyntaxError"),
        ("42703", "column \"delay\" does not exist", "Redshift.ColumnNotFound"),
        ("42501", "permission denied for relation flights", "Redshift.InsufficientPrivilege"),
        ("XX000", "something else", "InternalError"),
    ] {
        assert_eq!(code(load_with(0, move |_| Answer::Error(state, message)).0), expected);
    }
    assert_eq!(code(load_with(0, |_| Answer::Reset).0), "Redshift.ConnectionFailed");
    assert_eq!(code(load_with(0, |_| Answer::Hang).0), "Redshift.ConnectionFailed");
}

#[test]
fn a_wrong_password_and_a_missing_cluster_are_told_apart() {
    simulate(|host, network| async move {
        assert_eq!(code(load(&host, &settings(0)).await), "Redshift.ConnectionFailed");
        serve(&host, &network, ("cluster.localhost", 5439), "another", |_| Answer::Copied(1));
        assert_eq!(code(load(&host, &settings(0)).await), "Redshift.AuthenticationFailed");
        // Connects, and never says a word.
        let _listener = network.listen("cluster.localhost", 5439);
        let started = host.monotonic();
        assert_eq!(code(load(&host, &settings(0)).await), "Redshift.ConnectionFailed");
        assert!((host.monotonic() - started).as_secs() <= 31);
    });
}

#[test]
fn copy_options_cannot_begin_another_statement() {
    simulate(|host, network| async move {
        let events = serve(&host, &network, ("cluster.localhost", 5439), "secret", |_| Answer::Copied(1));
        let mut settings = settings(0);
        settings.copy.copy_options = Some("; drop table flights".to_owned());
        assert_eq!(code(load(&host, &settings).await), "Redshift.SyntaxError");
        assert!(events.statements().is_empty());
    });
}

#[test]
fn a_stop_interrupts_a_load() {
    simulate(|host, network| async move {
        serve(&host, &network, ("cluster.localhost", 5439), "secret", |_| Answer::Hang);
        let (switch, stop) = StopSwitch::new();
        let later = host.clone();
        host.spawn("stop", async move {
            later.sleep(Duration::from_secs(5)).await;
            switch.stop();
        });
        let objects = [DeliveredObject { bucket: "b".to_owned(), key: "a".to_owned(), bytes: 1 }];
        let redshift = Redshift::new(&outgoing(&host), &settings(3600)).unwrap();
        assert_eq!(redshift.load(&objects, "m", &stop).await, Loaded::Stopped);
        assert!(host.monotonic().as_secs() < 7);
    });
}
