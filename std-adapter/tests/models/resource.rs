//! The resource: a map of attributes for OTLP, and for Prometheus one whose keys may have become one.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use picometer_std::export::{Batch, otlp::Limits};
use picometer_std::{Clock, Registry, Resource};
use prost::Message;

use super::exposition::{Format, prometheus_name};

pub fn check(name: &str, attributes: &[(String, String)]) {
    let mut model = BTreeMap::from([("service.name".to_owned(), name.to_owned())]);
    let mut resource = Resource::new(name);
    for (key, value) in attributes {
        resource = resource.with(key, value);
        if !key.is_empty() {
            model.insert(key.clone(), value.clone());
        }
    }
    let registry = Registry::new();

    let mut batch = Batch::new();
    registry.write_otlp(&resource, &mut Clock::start(), Limits::NONE, &mut batch);
    let [request] = batch.requests().collect::<Vec<_>>().try_into().expect("one request");
    let request = ExportMetricsServiceRequest::decode(request.bytes).expect("protobuf");
    let resources: Vec<_> = request.resource_metrics.iter().filter_map(|metrics| metrics.resource.as_ref()).collect();
    let [decoded] = resources.as_slice() else { panic!("{request:?}") };
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    };
    let decoded = decoded
        .attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), text(attribute.value.as_ref().and_then(|value| value.value.clone()))));
    assert_eq!(decoded.collect::<Vec<_>>(), model.clone().into_iter().collect::<Vec<_>>());

    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in model {
        labels.entry(prometheus_name(&key)).or_default().push(value);
    }
    let labels: BTreeMap<String, String> =
        labels.into_iter().map(|(label, values)| (label, values.join(";"))).collect();
    let mut text = Vec::new();
    registry.write_text(&resource, &mut text);
    let families = Format::Text.parse(&text).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].samples.len(), 1);
    assert_eq!((&families[0].samples[0].labels, families[0].samples[0].value.as_str()), (&labels, "1"));
}
