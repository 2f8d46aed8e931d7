//! What was asked of a run, key by key.

use super::fields::{Fields, count, float, from_seconds, seconds, texts, unsigned};
use bench::options::{
    Availability, Disks, Fault, Hazards, Latency, LatencyDistribution, Options, Topology, Unsynced, Workload,
};
use bench::script::Scripted;
use edn::Value;

/// All of it but what only concerns the log.
pub(super) fn entries(options: &Options) -> Vec<(&'static str, Value)> {
    let texts = |texts: &[String]| Value::Vector(texts.iter().map(|text| text.as_str().into()).collect());
    let faults = options.nemesis.iter().map(|fault| Value::keyword(fault.name())).collect();
    let mut entries = vec![
        ("name", options.workload.name().into()),
        ("nodes", texts(&options.nodes)),
        ("concurrency", Value::count(options.concurrency)),
        ("time-limit", seconds(options.time_limit)),
        ("rate", Value::Float(options.rate)),
        ("latency", latency(options.latency)),
        ("nemesis", Value::Vector(faults)),
        ("nemesis-interval", seconds(options.nemesis_interval)),
        ("hazards", hazards(options.hazards)),
        ("topology", Value::Keyword(options.topology.name().into())),
        ("availability", options.availability.map(availability).unwrap_or_default()),
        ("consistency-models", texts(&options.consistency_models)),
        ("key-count", Value::count(options.key_count)),
        ("max-txn-length", Value::count(options.max_txn_length)),
        ("max-writes-per-key", options.max_writes_per_key.into()),
        ("init-timeout", seconds(options.init_timeout)),
        ("recovery", seconds(options.recovery)),
        ("seed", Value::text(options.seed.to_string())),
    ];
    let acts = options.script.iter().map(|scripted| Value::text(scripted.text(&options.nodes))).collect();
    entries.extend((!options.script.is_empty()).then_some(("script", Value::Vector(acts))));
    entries.extend(options.analysis_timeout.map(|limit| ("analysis-timeout", seconds(limit))));
    entries.extend(options.disks.map(|options| ("disks", disks(options))));
    entries
}

/// What was not asked for is as it is without a flag.
pub(super) fn read(fields: &Fields<'_>) -> Result<Options, String> {
    let default = Options::new(fields.required("name", workload)?, 0);
    let least = |key, default| Ok::<_, String>(fields.optional(key, count)?.unwrap_or(default));
    let lasting = |key, default| Ok::<_, String>(fields.optional(key, from_seconds)?.unwrap_or(default));
    let nodes = fields.required("nodes", texts)?;
    let script = |value: &Value| {
        let read = |line: &Value| Scripted::read(line.as_text()?, &nodes).ok();
        value.elements()?.iter().map(read).collect::<Option<Vec<Scripted>>>()
    };
    Ok(Options {
        script: fields.optional("script", script)?.unwrap_or_default(),
        concurrency: fields.required("concurrency", count)?,
        time_limit: fields.required("time-limit", from_seconds)?,
        rate: fields.required("rate", float)?,
        latency: fields.required("latency", read_latency)?,
        nemesis: fields.required("nemesis", read_faults)?,
        nemesis_interval: fields.required("nemesis-interval", from_seconds)?,
        hazards: fields.optional("hazards", read_hazards)?.unwrap_or_default(),
        disks: fields.optional("disks", read_disks)?,
        topology: fields.optional("topology", topology)?.unwrap_or(default.topology),
        availability: fields.optional("availability", read_availability)?,
        consistency_models: fields.required("consistency-models", texts)?,
        key_count: least("key-count", default.key_count)?,
        max_txn_length: least("max-txn-length", default.max_txn_length)?,
        max_writes_per_key: fields
            .optional("max-writes-per-key", Value::as_integer)?
            .unwrap_or(default.max_writes_per_key),
        init_timeout: lasting("init-timeout", default.init_timeout)?,
        recovery: lasting("recovery", default.recovery)?,
        analysis_timeout: fields.optional("analysis-timeout", from_seconds)?,
        nodes: nodes.clone(),
        seed: fields.required("seed", |seed| seed.as_text()?.parse().ok())?,
        ..default
    })
}

fn workload(value: &Value) -> Option<Workload> {
    Workload::ALL.into_iter().find(|workload| value.as_text() == Some(workload.name()))
}

fn latency(Latency { mean_ms, distribution }: Latency) -> Value {
    let mean = i64::try_from(mean_ms).unwrap_or(i64::MAX);
    Value::map([("mean", Value::Integer(mean)), ("dist", Value::keyword(distribution.name()))])
}

fn read_latency(value: &Value) -> Option<Latency> {
    let mean_ms = unsigned(value.get("mean")?)?;
    let distribution = LatencyDistribution::named(value.get("dist")?.as_name()?)?;
    Some(Latency { mean_ms, distribution })
}

fn read_faults(value: &Value) -> Option<Vec<Fault>> {
    let named = |name: &Value| Fault::ALL.into_iter().find(|fault| name.as_name() == Some(fault.name()));
    value.elements()?.iter().map(named).collect()
}

fn hazards(hazards: Hazards) -> Value {
    let Hazards { loss, duplication, reordering, reach_services, drift_ppm, slowness } = hazards;
    Value::map([
        ("loss", Value::Float(loss)),
        ("duplication", Value::Float(duplication)),
        ("reordering", Value::Float(reordering)),
        ("service-faults?", reach_services.into()),
        ("drift-ppm", i64::from(drift_ppm).into()),
        ("slowness", seconds(slowness)),
    ])
}

fn read_hazards(value: &Value) -> Option<Hazards> {
    let share = |key| value.get(key).map_or(Some(0.0), float);
    Some(Hazards {
        loss: share("loss")?,
        duplication: share("duplication")?,
        reordering: share("reordering")?,
        reach_services: value.get("service-faults?") == Some(&Value::Bool(true)),
        drift_ppm: value.get("drift-ppm").map_or(Some(0), |ppm| ppm.as_integer()?.try_into().ok())?,
        slowness: value.get("slowness").map_or(Some(Default::default()), from_seconds)?,
    })
}

fn disks(Disks { sync, unsynced, full }: Disks) -> Value {
    Value::map([
        ("sync", seconds(sync)),
        ("unsynced", Value::keyword(unsynced.name())),
        ("full", Value::Float(full)),
    ])
}

fn read_disks(value: &Value) -> Option<Disks> {
    let unsynced = Unsynced::named(value.get("unsynced")?.as_name()?)?;
    Some(Disks { sync: from_seconds(value.get("sync")?)?, unsynced, full: float(value.get("full")?)? })
}

fn topology(value: &Value) -> Option<Topology> {
    Topology::named(value.as_name()?)
}

fn availability(availability: Availability) -> Value {
    match availability {
        Availability::Total => Value::keyword("total"),
        Availability::AtLeast(share) => Value::Float(share),
    }
}

fn read_availability(value: &Value) -> Option<Availability> {
    match value.as_name() {
        Some("total") => Some(Availability::Total),
        _ => float(value).map(Availability::AtLeast),
    }
}
