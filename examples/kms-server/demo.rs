//! Traffic against the server itself, through real HTTP: the steps, one after the other, again and again.

use std::time::Duration;

use crate::steps::{self, Captured, Step};

/// Between two requests, in the first round and afterwards.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(250);
/// Every how many rounds the steps are sent that leave something behind.
const SELDOM: u64 = 6;

/// Never more than one request at a time, so it is bounded by the server too. After each round it scrapes `metrics`, as a
/// Prometheus would, so that the metrics about scraping have data as well.
pub async fn run(base: String, metrics: Option<String>) {
    let Ok(client) = client() else {
        tracing::error!("the demo has no HTTP client and does nothing");
        return;
    };
    let mut captured = Captured::default();
    for round in 0_u64.. {
        let pause = if round == 0 { FIRST_PAUSE } else { PAUSE };
        for step in steps::all().into_iter().chain([steps::guess()]) {
            if step.seldom && round % SELDOM != 0 {
                continue;
            }
            match send(&client, &base, &step, &mut captured).await {
                Ok(()) => tracing::debug!(step = step.title, "as expected"),
                Err(problem) => tracing::warn!(step = step.title, %problem, "the demo met something unexpected"),
            }
            tokio::time::sleep(pause).await;
        }
        if let Some(metrics) = &metrics {
            match client.get(metrics).send().await {
                Ok(answer) => tracing::debug!(status = %answer.status(), "scraped"),
                Err(problem) => tracing::warn!(%problem, "the demo cannot scrape"),
            }
        }
        if round == 0 {
            tracing::info!("the demo has sent everything once and goes on at four requests a second");
        }
    }
}

pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    let user_agent = concat!("kms-server-demo/", env!("CARGO_PKG_VERSION"));
    reqwest::Client::builder().user_agent(user_agent).timeout(Duration::from_secs(10)).build()
}

pub async fn send(client: &reqwest::Client, base: &str, step: &Step, captured: &mut Captured) -> Result<(), String> {
    let method = step.method.parse().map_err(|_| format!("{:?} is no method", step.method))?;
    let mut request = client.request(method, format!("{base}{}", step.path));
    if let Some(token) = step.token {
        request = request.bearer_auth(captured.fill(token));
    }
    if let Some(body) = &step.body {
        request = request.header("content-type", "application/json").body(captured.fill(&body.to_string()));
    }
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let text = answer.text().await.map_err(|error| error.to_string())?;
    if let Some(capture) = step.capture {
        capture.take(&text, captured);
    }
    if status != step.status {
        return Err(format!("the status is {status}, not {}", step.status));
    }
    if !text.contains(step.answer) {
        return Err(format!("the answer does not contain {:?}", step.answer));
    }
    Ok(())
}
