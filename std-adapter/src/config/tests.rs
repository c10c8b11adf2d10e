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

/// Reads one bad value: one warning, which begins with the variable and contains `words`, and the default.
fn bad(name: &'static str, value: &str, words: &[&str]) -> TelemetryConfig {
    let (config, warnings) = read(&[(name, value)]);
    assert_eq!(warnings.len(), 1, "{name}={value}: {warnings:?}");
    assert_eq!(warnings[0].variable(), name);
    let text = warnings[0].to_string();
    assert!(text.starts_with(name), "{text}");
    for word in words {
        assert!(text.contains(word), "no {word} in: {text}");
    }
    config
}

const PUSHED: [(&str, &str); 4] = [
    ("OTEL_ENABLED", "true"),
    ("OTEL_METRICS_ENABLED", "true"),
    ("OTEL_EXPORTER", "otlp"),
    ("PROMETHEUS_METRICS_ENABLED", "true"),
];

/// Reads a value about the destination that cannot be used: one warning, and nothing is pushed. The rows of the
/// variables at fault say `unusable`; that of a good endpoint shows it.
fn refused(name: &'static str, value: &str, words: &[&str]) {
    let config = bad(name, value, words);
    assert_eq!(config.push_refused_by(), None, "metrics are off");
    let (config, warnings) = read(&[&PUSHED[..], &[(name, value)]].concat());
    assert!(warnings[0].to_string().to_lowercase().contains("nothing is pushed"), "{warnings:?}");
    assert_eq!((config.push(), config.push_refused_by()), (None, Some(name)), "{name}={value}");
    assert_eq!(config.otlp.endpoint, "");
    for (variable, default) in [(variable::ENDPOINT, "http://localhost:4317"), (variable::HEADERS, "")] {
        let is_at_fault = variable.name == name || variable.also.contains(&name);
        let expected = if is_at_fault { (UNUSABLE, name) } else { (default, "default") };
        let row = row(&config, variable.name);
        assert_eq!((row.value.as_str(), row.source), expected, "{name}={value}");
    }
    assert!(config.prometheus_on());
    // Whoever takes the settings without asking cannot send either.
    assert!(crate::export::otlp::OtlpExporter::new(config.otlp.clone()).unwrap_err().is_config());

    let mut console = config;
    console.exporter = Exporter::Console;
    assert_eq!((console.push(), console.push_refused_by()), (Some(Push::Console), None));
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
    for text in ["jaeger", "prometheus", "otlp,none", "unusable"] {
        let config = bad("OTEL_EXPORTER", text, &[text, "console, otlp, none", "nothing is pushed"]);
        assert_eq!((config.exporter, config.push_refused_by()), (Exporter::Unusable, None));
    }
    let (config, _) = read(&[("OTEL_EXPORTER", "jaeger"), PUSHED[0], PUSHED[1], PUSHED[3]]);
    assert_eq!((config.push(), config.push_refused_by()), (None, Some("OTEL_EXPORTER")));
    assert!(config.prometheus_on());
}

#[test]
fn the_standard_name_of_the_exporter_is_a_list() {
    let name = "OTEL_METRICS_EXPORTER";
    for (text, exporter, prometheus) in [
        ("console", Exporter::Console, false),
        ("OTLP", Exporter::Otlp, false),
        ("none", Exporter::None, false),
        ("prometheus", Exporter::None, true),
        ("otlp,prometheus", Exporter::Otlp, true),
        ("Prometheus , console", Exporter::Console, true),
        ("prometheus,prometheus", Exporter::None, true),
    ] {
        let config = good(&[(name, text)]);
        assert_eq!((config.exporter, config.prometheus_enabled), (exporter, prometheus), "{text}");
        assert_eq!(row(&config, "OTEL_EXPORTER").source, name);
        let source = if prometheus { name } else { "default" };
        assert_eq!(row(&config, "PROMETHEUS_METRICS_ENABLED").source, source);
        // The service's own variables count first.
        assert!(!good(&[(name, text), ("PROMETHEUS_METRICS_ENABLED", "false")]).prometheus_enabled);
        // They say where to push; what is scraped is not theirs.
        let own = good(&[(name, text), ("OTEL_EXPORTER", "otlp")]);
        assert_eq!((own.exporter, own.prometheus_enabled), (Exporter::Otlp, prometheus));
        assert_eq!(row(&own, "PROMETHEUS_METRICS_ENABLED").source, source);
    }
    for text in ["zipkin", "otlp,zipkin", "otlp,console", "none,otlp", "otlp,", ","] {
        let config = bad(name, text, &["nothing is pushed"]);
        assert_eq!((config.exporter, config.prometheus_enabled), (Exporter::Unusable, false), "{text}");
    }
    for text in ["prometheus,foo", "prometheus,none", "otlp,console,Prometheus", "prometheus,"] {
        let config = bad(name, text, &["nothing is pushed"]);
        assert_eq!((config.exporter, config.prometheus_enabled), (Exporter::Unusable, true), "{text}");
        assert_eq!(row(&config, "PROMETHEUS_METRICS_ENABLED").source, name);
    }
    let (config, warnings) = read(&[(name, "prometheus"), ("PROMETHEUS_METRICS_ENABLED", "yes")]);
    assert_eq!((config.prometheus_enabled, warnings.len()), (false, 1));
}

#[test]
fn endpoint() {
    for (text, endpoint) in [
        ("https://otlp.example:443/", "https://otlp.example:443"),
        ("https://otlp.example", "https://otlp.example:443"),
        ("http://otlp.example", "http://otlp.example:80"),
    ] {
        assert_eq!(good(&[("OTEL_OTLP_ENDPOINT", text)]).otlp.endpoint, endpoint);
    }
    for (text, word) in [
        ("localhost:4317", "scheme"),
        ("ftp://localhost:4317", "scheme"),
        ("http://localhost:", "port"),
        ("https://gateway.example/otlp", "path"),
    ] {
        for name in std::iter::once(&variable::ENDPOINT.name).chain(variable::ENDPOINT.also) {
            refused(name, text, &[text, word]);
        }
    }
}

#[test]
fn what_cannot_be_honoured_about_the_receiver_means_that_nothing_is_sent() {
    for (name, values) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", &["http/protobuf", "http/json", "carrier pigeon"][..]),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", &["HTTP/protobuf", "grpc\u{fffd}"]),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &["/etc/authority.pem"]),
        ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", &["/etc/authority.pem"]),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &["/etc/key.pem"]),
        ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", &["/etc/key.pem"]),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &["/etc/certificate.pem"]),
        ("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", &["/etc/certificate.pem"]),
        ("OTEL_EXPORTER_OTLP_INSECURE", &["false", "yes"]),
        ("OTEL_EXPORTER_OTLP_METRICS_INSECURE", &["false"]),
        ("OTEL_EXPORTER_OTLP_HEADERS", &["hunter2", "a=1,b=", "a=\u{fffd}"]),
        ("OTEL_CONFIG_FILE", &["/etc/otel.yaml"]),
        ("OTEL_EXPERIMENTAL_CONFIG_FILE", &["/etc/otel.yaml"]),
    ] {
        for value in values {
            refused(name, value, &[]);
        }
    }
    // A good endpoint is shown as it is, whatever else is wrong.
    let (config, _) = read(&[("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"), ("OTEL_OTLP_ENDPOINT", "http://otlp.example")]);
    let shown = row(&config, "OTEL_OTLP_ENDPOINT");
    assert_eq!((shown.value.as_str(), shown.source), ("http://otlp.example:80", "OTEL_OTLP_ENDPOINT"));
    // The first one found is named, and each has its warning.
    let both = [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), ("OTEL_OTLP_ENDPOINT", "https://a.example/otlp")];
    let (config, warnings) = read(&[&PUSHED[..], &both].concat());
    assert_eq!((config.push_refused_by(), warnings.len()), (Some("OTEL_OTLP_ENDPOINT"), 2));
}

#[test]
fn a_variable_that_is_not_honoured_is_one_warning_that_hides_its_value() {
    for unsupported in variable::UNSUPPORTED {
        for name in unsupported.names {
            let config = bad(name, "hunter2", &["is not supported: ", unsupported.reason, unsupported.instead]);
            let (_, warnings) = read(&[(name, "hunter2")]);
            let text = warnings[0].to_string();
            assert_eq!(text.matches(": ").count(), 1, "{text}");
            assert_eq!(text.contains("Nothing is pushed over OTLP"), unsupported.refuses, "{text}");
            assert_eq!(config.otlp.endpoint.is_empty(), unsupported.refuses, "{name}");
            let (_, warnings) = read(&[(name, "hunter2")]);
            assert!(!warnings[0].to_string().contains("hunter2"), "{warnings:?}");
            for harmless in ["", " ", unsupported.harmless, &unsupported.harmless.to_uppercase()] {
                assert_eq!(good(&[(name, harmless)]), good(&[]), "{name}={harmless}");
            }
        }
        // What is said of metrics counts before what is said of all signals.
        if let [metrics, all] = unsupported.names {
            if !unsupported.harmless.is_empty() {
                good(&[(metrics, unsupported.harmless), (all, "hunter2")]);
            }
            let (_, warnings) = read(&[(metrics, "hunter2"), (all, "hunter2")]);
            assert!(matches!(&warnings[..], [warning] if warning.variable() == *metrics), "{warnings:?}");
        }
    }
}

#[test]
fn the_scheme_decides_whether_there_is_tls() {
    let tls = ("OTEL_OTLP_ENDPOINT", "https://otlp.example");
    good(&[("OTEL_EXPORTER_OTLP_INSECURE", "true")]);
    good(&[("OTEL_EXPORTER_OTLP_INSECURE", "False"), tls]);
    let (config, warnings) = read(&[&PUSHED[..], &[("OTEL_EXPORTER_OTLP_INSECURE", "true"), tls]].concat());
    assert_eq!(config.otlp.endpoint, "https://otlp.example:443");
    assert!(config.push().is_some());
    assert!(matches!(&warnings[..], [warning] if warning.to_string().contains("TLS is used")), "{warnings:?}");
    let (_, warnings) = read(&[("OTEL_EXPORTER_OTLP_INSECURE", "true"), ("OTEL_OTLP_ENDPOINT", "localhost:4317")]);
    assert_eq!(warnings.len(), 1, "the endpoint's: {warnings:?}");
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
        refused(name, text, &[word]);
    }
    let (config, warnings) = read(&[(name, "a=1,hunter2,b=2,=hunter2")]);
    assert!(config.otlp.headers.is_empty());
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
    assert_eq!(config.otlp.endpoint, "");
    let (config, warnings) = read(&[(intervals[0].0, "bad"), intervals[1]]);
    assert_eq!((config.schedule.interval.as_secs(), warnings.len()), (60, 1));
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
