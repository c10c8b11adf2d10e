use std::time::Duration;

use super::*;

/// A variable and the field that it sets.
type Field<T> = (&'static str, fn(&TelemetryConfig) -> T);

fn read(variables: &[(&str, &str)]) -> (TelemetryConfig, Vec<Warning>) {
    TelemetryConfig::from_lookup("aiq-backend", |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    })
}

/// Reads good values: no warnings.
fn good(variables: &[(&str, &str)]) -> TelemetryConfig {
    let (config, warnings) = read(variables);
    assert_eq!(warnings, [], "{variables:?}");
    config
}

/// Reads one bad value: one warning, which names the variable and contains `words`, and the default.
fn bad(name: &'static str, value: &str, words: &[&str]) -> TelemetryConfig {
    let (config, warnings) = read(&[(name, value)]);
    assert_eq!(warnings.len(), 1, "{name}={value}: {warnings:?}");
    assert_eq!(warnings[0].variable(), name);
    let text = warnings[0].to_string();
    for word in words.iter().chain([&name]) {
        assert!(text.contains(word), "no {word} in: {text}");
    }
    config
}

fn row(config: &TelemetryConfig, name: &str) -> Row {
    let mut rows = config.rows().into_iter();
    rows.find(|row| row.name == name).expect("the row is there")
}

#[test]
fn defaults() {
    let config = good(&[]);
    assert_eq!(config, TelemetryConfig::new("aiq-backend"));
    assert_eq!(config.exporter, Exporter::Console);
    assert_eq!(config.otlp.endpoint, "http://localhost:4317");
    assert_eq!(config.otlp.timeout, Duration::from_secs(10));
    assert_eq!(config.schedule.interval, Duration::from_secs(60));
    assert_eq!(config.schedule.export_timeout, Duration::from_secs(30));
    assert!(!config.metrics_on() && !config.prometheus_on() && config.push().is_none());
    for row in config.rows() {
        assert_eq!(row.value, row.default, "{}", row.name);
        assert_eq!(row.source, "default");
    }
}

#[test]
fn empty_and_blank_values_count_as_unset() {
    for variable in VARIABLES {
        for name in std::iter::once(&variable.name).chain(variable.also) {
            for blank in ["", "  "] {
                assert_eq!(good(&[(name, blank)]), good(&[]), "{name}");
            }
        }
    }
}

#[test]
fn booleans() {
    let switches: [Field<bool>; 4] = [
        ("OTEL_SDK_DISABLED", |config| config.sdk_disabled),
        ("OTEL_ENABLED", |config| config.enabled),
        ("OTEL_METRICS_ENABLED", |config| config.metrics_enabled),
        ("PROMETHEUS_METRICS_ENABLED", |config| config.prometheus_enabled),
    ];
    for (name, switch) in switches {
        assert!(!switch(&good(&[])));
        for yes in ["true", "TRUE", " True "] {
            assert!(switch(&good(&[(name, yes)])), "{name}={yes}");
        }
        for no in ["false", "False"] {
            assert!(!switch(&good(&[(name, no)])), "{name}={no}");
        }
        for odd in ["1", "yes", "on", "truee"] {
            assert!(!switch(&bad(name, odd, &["neither true nor false", odd])));
        }
    }
}

#[test]
fn exporter() {
    for (text, exporter) in [("console", Exporter::Console), ("OTLP", Exporter::Otlp), ("none", Exporter::None)] {
        assert_eq!(good(&[("OTEL_EXPORTER", text)]).exporter, exporter);
    }
    let config = bad("OTEL_EXPORTER", "jaeger", &["jaeger", "console, otlp, none"]);
    assert_eq!(config.exporter, Exporter::Console);
}

#[test]
fn endpoint() {
    let config = good(&[("OTEL_OTLP_ENDPOINT", "https://otlp.example:443/")]);
    assert_eq!(config.otlp.endpoint, "https://otlp.example:443");
    for (text, word) in [
        ("localhost:4317", "scheme"),
        ("ftp://localhost:4317", "scheme"),
        ("http://localhost", "port"),
        ("https://gateway.example:443/otlp", "path"),
    ] {
        let config = bad("OTEL_OTLP_ENDPOINT", text, &[word, "http://localhost:4317"]);
        assert_eq!(config.otlp.endpoint, "http://localhost:4317");
    }
}

#[test]
fn an_endpoints_credentials_are_not_shown() {
    let (_, warnings) = read(&[("OTEL_OTLP_ENDPOINT", "http://me:hunter2@host:4317?t=hunter2")]);
    assert!(!warnings[0].to_string().contains("hunter2"));
    let mut config = good(&[]);
    config.otlp.endpoint = "http://me:hunter2@host:4317".into();
    assert!(!row(&config, "OTEL_OTLP_ENDPOINT").value.contains("hunter2"));
}

#[test]
fn headers() {
    let name = "OTEL_EXPORTER_OTLP_HEADERS";
    let list = |config: &TelemetryConfig| -> Vec<(String, String)> {
        let headers = config.otlp.headers.iter();
        headers.map(|(k, v)| (k.into(), v.into())).collect()
    };
    let config = good(&[(name, ",Authorization=Basic%20dTpw==,, x-scope = a%2Cb ,x-raw=100%,")]);
    let mut headers = list(&config);
    headers.sort();
    assert_eq!(
        headers,
        [
            ("authorization".into(), "Basic dTpw==".into()),
            ("x-raw".into(), "100%".into()),
            ("x-scope".into(), "a,b".into()),
        ]
    );
    for (text, word) in [
        ("hunter2", "entry 1 has no \"=\""),
        ("=hunter2", "header name"),
        ("hunter 2=hunter2", "header name"),
        ("te=hunter2", "gRPC"),
        ("a=hunter2%0d%0ab", "printable"),
        ("a=%ff", "UTF-8"),
        ("a=", "empty"),
    ] {
        let config = bad(name, text, &[word]);
        assert!(config.otlp.headers.is_empty(), "{text}");
    }
    let (config, warnings) = read(&[(name, "a=1,hunter2,b=2,=hunter2")]);
    assert_eq!(list(&config).len(), 2);
    assert_eq!(warnings.len(), 1);
    let text = warnings[0].to_string();
    assert!(text.contains("entry 2") && text.contains("entry 4"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn header_values_are_masked_in_the_table() {
    let config = good(&[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2,b=hunter2")]);
    let row = row(&config, "OTEL_EXPORTER_OTLP_METRICS_HEADERS");
    assert_eq!(row.value, "authorization=***,b=***");
    assert_eq!(row.source, "OTEL_EXPORTER_OTLP_HEADERS");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn durations() {
    let rows: [(Field<Duration>, u64); 3] = [
        (("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", |config| config.schedule.interval), 60_000),
        (("OTEL_METRIC_EXPORT_TIMEOUT", |config| config.schedule.export_timeout), 30_000),
        (("OTEL_EXPORTER_OTLP_TIMEOUT", |config| config.otlp.timeout), 10_000),
    ];
    for ((name, duration), default) in rows {
        assert_eq!(duration(&good(&[])).as_millis(), default.into());
        for (text, millis) in [("1", 1), (" 250 ", 250), ("2147483647", 2_147_483_647)] {
            assert_eq!(duration(&good(&[(name, text)])).as_millis(), millis);
        }
        for (text, word) in [
            ("0", "zero"),
            ("-1", "whole number"),
            ("1.5", "whole number"),
            ("60s", "whole number"),
            ("2147483648", "more than"),
            ("99999999999999999999", "whole number"),
        ] {
            let config = bad(name, text, &[text, word, &default.to_string()]);
            assert_eq!(duration(&config).as_millis(), default.into());
        }
    }
}

#[test]
fn service_name_and_resource_attributes() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "a=1,service.name=x%20y, b = c%3Dd ,,a=2");
    let config = good(&[attributes]);
    assert_eq!(config.service_name, "x y");
    assert_eq!(row(&config, "OTEL_SERVICE_NAME").source, "OTEL_RESOURCE_ATTRIBUTES");
    assert_eq!(config.resource_attributes, [("a".into(), "2".into()), ("b".into(), "c=d".into())]);
    let config = good(&[attributes, ("OTEL_SERVICE_NAME", "mine")]);
    assert_eq!(config.service_name, "mine");
    assert_eq!(row(&config, "OTEL_SERVICE_NAME").source, "OTEL_SERVICE_NAME");
    assert_eq!(row(&config, "OTEL_SERVICE_NAME").default, "aiq-backend");

    for (text, word) in [
        ("a=1,b", "entry 2"),
        ("a=1,=2", "empty key"),
        ("a=%zz", "percent"),
        ("a=%ff", "percent"),
        ("a=1,service.name=x,b=%4", "entry 3"),
    ] {
        let config = bad("OTEL_RESOURCE_ATTRIBUTES", text, &[word]);
        assert!(config.resource_attributes.is_empty());
        assert_eq!(config.service_name, "aiq-backend");
    }
    let config = bad("OTEL_SERVICE_NAME", "a\u{fffd}", &["UTF-8"]);
    assert_eq!(config.service_name, "aiq-backend");
}

#[test]
fn the_first_name_that_is_set_counts() {
    let endpoints = [
        ("OTEL_OTLP_ENDPOINT", "http://a:1"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://b:2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:3"),
    ];
    for first in 0..endpoints.len() {
        let config = good(&endpoints[first..]);
        assert_eq!(config.otlp.endpoint, endpoints[first].1);
        let row = row(&config, "OTEL_OTLP_ENDPOINT");
        assert_eq!(row.source, endpoints[first].0);
    }
    let intervals = [("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", "1"), ("OTEL_METRIC_EXPORT_INTERVAL", "2")];
    for first in 0..intervals.len() {
        let config = good(&intervals[first..]);
        assert_eq!(config.schedule.interval.as_millis(), 1 + first as u128);
    }
    let config = good(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=1"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=2"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2"),
    ]);
    assert_eq!(config.otlp.headers.iter().collect::<Vec<_>>(), [("a", "2")]);
    assert_eq!(config.otlp.timeout.as_millis(), 2);
    // A bad first name is not replaced by a good second one.
    let (config, warnings) = read(&[("OTEL_OTLP_ENDPOINT", "bad"), endpoints[2]]);
    assert_eq!(warnings.len(), 1);
    assert_eq!(config.otlp.endpoint, "http://localhost:4317");
}

#[test]
fn switches_decide_in_order() {
    let all = [
        ("OTEL_ENABLED", "true"),
        ("OTEL_METRICS_ENABLED", "true"),
        ("PROMETHEUS_METRICS_ENABLED", "true"),
        ("OTEL_EXPORTER", "otlp"),
    ];
    let config = good(&all);
    assert!(config.metrics_on() && config.prometheus_on());
    assert_eq!(config.prometheus_off_because(), None);
    assert_eq!(config.push(), Some(Push::Otlp(&config.otlp)));
    for (missing, (name, _)) in all.iter().take(3).enumerate() {
        let mut some = all.to_vec();
        some.remove(missing);
        let config = good(&some);
        assert_eq!(config.prometheus_off_because(), Some(*name));
        assert!(!config.prometheus_on());
        assert_eq!(config.metrics_on(), *name == "PROMETHEUS_METRICS_ENABLED");
        assert_eq!(config.push().is_some(), config.metrics_on());
    }
    let mut disabled = all.to_vec();
    disabled.push(("OTEL_SDK_DISABLED", "true"));
    let config = good(&disabled);
    assert!(!config.metrics_on() && config.push().is_none());
    assert_eq!(config.prometheus_off_because(), Some("OTEL_SDK_DISABLED"));
    assert_eq!(good(&[]).prometheus_off_because(), Some("OTEL_ENABLED"), "the first one that is off");
}

#[test]
fn no_push_exporter_leaves_prometheus_on() {
    let mut config = good(&[]);
    (config.enabled, config.metrics_enabled) = (true, true);
    config.prometheus_enabled = true;
    assert_eq!(config.push(), Some(Push::Console));
    config.exporter = Exporter::None;
    assert_eq!(config.push(), None);
    assert!(config.prometheus_on());
}

#[test]
fn each_variable_has_help_and_a_row() {
    let rows = good(&[]).rows();
    assert_eq!(rows.len(), VARIABLES.len());
    for (variable, row) in VARIABLES.iter().zip(rows) {
        assert_eq!(variable.name, row.name);
        assert!(!variable.description.is_empty() && !variable.description.contains('\n'));
    }
}
