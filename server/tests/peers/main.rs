//! The real binary between its real peers: Prometheus and a strict parser read it, an OTLP receiver is pushed to, and
//! Schemathesis asks it for everything that the OpenAPI document allows.
//!
//! A test whose peer is not installed is reported as ignored; with `PICOMETER_REQUIRE_PEERS=1` it fails.
//! `ci/install.sh` installs them all.

#[allow(dead_code, reason = "the tests of the service use all of it")]
#[path = "../service/client.rs"]
mod client;
mod disk;
mod elsewhere;
mod exposition;
mod installed;
mod memory;
#[allow(dead_code, reason = "the tests of the service use all of it")]
#[path = "../service/process.rs"]
mod process;
mod prometheus;
mod pushed;
mod relay;
mod rotel;
mod running;
mod schemathesis;
mod scraped;
#[allow(dead_code, reason = "the tests of what is measured use all of it")]
mod server;
mod traffic;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use installed::Peer;

fn main() -> ExitCode {
    let tests = vec![
        test("prometheus_counts_what_was_sent", &[Peer::Prometheus], scraped::prometheus_counts_what_was_sent),
        test("promtool_finds_nothing_to_mend", &[Peer::Promtool], scraped::promtool_finds_nothing_to_mend),
        test("a_strict_parser_reads_everything", &[Peer::Python], scraped::a_strict_parser_reads_everything),
        test("a_push_says_what_a_scrape_says", &[Peer::Rotel], pushed::a_push_says_what_a_scrape_says),
        test("the_last_push_comes_before_the_end", &[Peer::Rotel], pushed::the_last_push_comes_before_the_end),
        test("two_replicas_are_two_series", &[Peer::Rotel], pushed::two_replicas_are_two_series),
        test("a_receiver_may_come_and_go", &[Peer::Rotel], pushed::a_receiver_may_come_and_go),
        test(
            "nothing_is_sent_to_the_default_receiver",
            &[Peer::OwnNetwork],
            elsewhere::nothing_is_sent_to_the_default_receiver,
        ),
        test("nothing_is_sent_to_another_receiver", &[], elsewhere::nothing_is_sent_to_another_receiver),
        test("schemathesis_finds_no_fault", &[Peer::Schemathesis], schemathesis::schemathesis_finds_no_fault),
        test(
            "a_full_disk_is_not_ready_until_it_has_room",
            &[Peer::OwnMounts],
            disk::a_full_disk_is_not_ready_until_it_has_room,
        ),
        test(
            "a_read_only_disk_is_not_ready_until_it_can_be_written",
            &[Peer::OwnMounts],
            disk::a_read_only_disk_is_not_ready_until_it_can_be_written,
        ),
        test("unknown_paths_take_no_memory", &[], memory::unknown_paths_take_no_memory),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

fn test(name: &str, peers: &'static [Peer], body: fn()) -> Trial {
    let missing = peers.iter().any(|peer| peer.path().is_none());
    let run = move || {
        for peer in peers {
            peer.path().ok_or_else(|| format!("{peer:?} is not installed: run ci/install.sh"))?;
        }
        body();
        Ok(())
    };
    Trial::test(name, run).with_ignored_flag(missing && !installed::required())
}
