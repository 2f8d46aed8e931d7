//! What criterion has measured, in one table: the medians that it left in `target/criterion`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let here = env::current_exe()?;
    let target = here.ancestors().nth(2).ok_or("this program lies in target/release")?;
    let mut rows = Vec::new();
    collect(&target.join("criterion"), &mut rows)?;
    rows.sort();
    println!("| bench | time | of each |");
    println!("| --- | --- | --- |");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

/// Looks for measurements in a folder, and in those within it.
fn collect(folder: &Path, rows: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("new") {
            rows.push(row(&read(&path.join("benchmark.json"))?, &read(&path.join("estimates.json"))?)?);
        } else if path.is_dir() {
            collect(&path, rows)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn row(bench: &Value, estimates: &Value) -> Result<String, Box<dyn Error>> {
    let name = bench["full_id"].as_str().ok_or("a bench has a name")?;
    let nanos = estimates["median"]["point_estimate"].as_f64().ok_or("a bench has a median")?;
    let per = |unit: &str| bench["throughput"][unit].as_f64().map(|amount| nanos / amount);
    let each = match (per("Elements"), per("Bytes")) {
        (Some(nanos), _) => format!("{nanos:.1} ns"),
        (_, Some(nanos)) => format!("{nanos:.2} ns a byte"),
        _ => String::new(),
    };
    let time = match nanos {
        ..1e4 => format!("{nanos:.0} ns"),
        ..1e7 => format!("{:.0} us", nanos / 1e3),
        _ => format!("{:.0} ms", nanos / 1e6),
    };
    Ok(format!("| {name} | {time} | {each} |"))
}
