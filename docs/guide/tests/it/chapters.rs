//! What the documentation tests do not see of the chapters: a file of tests, a program in Python, and
//! links.

use ockam::workers::Echoer;
use ockam::{NodeBuilder, Result, TcpListenerOptions, TcpTransportExtension, node};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns the only block of a chapter in a language.
fn block(chapter: &str, language: &str) -> String {
    let text = fs::read_to_string(folder().join(chapter)).unwrap();
    let begin = format!("```{language}\n");
    let mut blocks = text.split(&begin).skip(1);
    let block = blocks.next().unwrap().split("```\n").next().unwrap().to_string();
    assert!(blocks.next().is_none(), "{chapter} has several blocks of {language}");
    block
}

#[test]
fn the_tests_of_the_chapter_on_tests_are_those_that_run() {
    assert_eq!(block("10-testing.md", "rust"), include_str!("light.rs"));
}

#[tokio::test]
async fn the_program_in_python_asks_a_node() -> Result<()> {
    let mut server = node(NodeBuilder::new().build()?);
    server.start_worker("echoer", Echoer).await?;
    let tcp = server.create_tcp_transport().await?;
    let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
    server.flow_controls().add_consumer("echoer", listener.flow_control_id());

    let port = listener.socket_address().port().to_string();
    let program = block("12-other-languages.md", "python");
    let python = tokio::task::spawn_blocking(move || {
        Command::new("python3").args(["-B", "-c", &program, &port, "Hello"]).output()
    });
    match python.await? {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!((&*output.stdout, &*errors), (&b"Hello\n"[..], ""));
        }
        Err(error) => eprintln!("skipped: there is no python3: {error}"),
    }
    server.stop().await
}

/// Returns the targets of the links of a text, without those to other sites.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    let targets = after.filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn every_chapter_is_in_the_summary_and_links_lead_somewhere() {
    let summary = fs::read_to_string(folder().join("SUMMARY.md")).unwrap();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name}");
        for target in links(&fs::read_to_string(&path).unwrap()) {
            assert!(folder().join(target).exists(), "{name} links to {target}");
        }
    }
}

/// Every chapter with a program is compiled.
#[test]
fn every_chapter_is_a_documentation_test() {
    let list = include_str!("../../lib.rs");
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let has_program = fs::read_to_string(&path).unwrap().contains("```rust");
        assert!(!has_program || list.contains(&format!("\"{name}\"")), "{name} is not in lib.rs");
    }
}
