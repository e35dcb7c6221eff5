//! A run made out of a configuration.

use std::sync::Arc;

use flow::bind::Environment;
use flow::formats::{Decoder, Encoder, OutputFormat};
use flow::graph::{Graph, Tap};
use flow::runtime::{self, Sink, Start};

use super::firehose_output::FirehoseOutput;
use super::position::Cursors;
use super::reference;
use super::stream_input::{Feed, StreamInput};
use super::stream_output::{self, StreamOutput};
use super::watched::{Watch, Watched};
use log::source::StreamSource;

use crate::application::Application;
use crate::configuration::{Destination, Output, Place, Source};
use crate::error_log::{ErrorLog, Part, Trouble};
use crate::links::Named;
use crate::metrics::{self, FlowCounters};
use crate::shapes::RecordFormatType;
use crate::{KinesisAnalytics, code, schema};

/// What is counted of a run.
pub(super) struct Counted {
    pub(super) labels: String,
    pub(super) flows: Vec<(&'static str, String, Arc<FlowCounters>)>,
}

/// The application's name in journals.
pub(crate) fn journal_id(application: &Application) -> String {
    format!("{:016x}", application.id)
}

impl From<Place<'_>> for Named {
    fn from(place: Place<'_>) -> Self {
        let Place { account, region, name } = place;
        Self { account: account.to_owned(), region: region.to_owned(), name: name.to_owned() }
    }
}

/// Puts a run together. After an error it is tried again.
pub(super) async fn build(
    analytics: &Arc<KinesisAnalytics>,
    application: &Application,
    start: Start,
    log: &Arc<ErrorLog>,
) -> Result<(runtime::Application, Counted), Trouble> {
    let configuration = &application.configuration;
    let input = configuration.inputs.first().ok_or_else(|| "there is no input".to_owned())?;
    let environment = code::environment(configuration).map_err(|error| error.to_string())?;
    let environment = Environment { lone_rows: analytics.settings.lone_rows, ..environment };
    let program = flow::bind::program(&configuration.code, &environment).map_err(|fault| fault.to_string())?;
    let tables = reference::tables(analytics, application, log).await?;
    let taps: Vec<_> = configuration.outputs.iter().map(|output| Tap::Stream(output.name.clone())).collect();
    let graph = Graph::new(&program, &environment, &tables, &taps, analytics.settings.memory_bytes_max);
    let graph = graph.map_err(|fault| fault.to_string())?;
    let mut counted = Counted { labels: metrics::labels(application), flows: Vec::new() };
    let counters = counted.add("Input", &input.id);
    let mapping = schema::mapping(&input.schema, matches!(input.source, Source::Stream(_)));
    let part = Part::Input(input.id.clone());
    let mapping = mapping.map_err(|error| Trouble { part: part.clone(), reason: error.to_string() })?;
    let decoder = || Decoder::new(&mapping).map_err(|error| error.to_string());
    let feed = |stream| Ok(Feed { decoder: decoder()?, needed: graph.needed_columns(stream).to_vec() });
    let feeds = (0..environment.streams.len()).map(feed).collect::<Result<_, String>>()?;
    let opened = source(analytics, application, &input.source).await;
    let (streams, named) = opened.map_err(|reason| Trouble { part: part.clone(), reason })?;
    let inner = StreamInput {
        host: analytics.host.clone(),
        streams,
        named,
        feeds,
        counters: Arc::clone(&counters),
        cursors: Cursors::default(),
        known: None,
        now_since_ms: application.now_since_ms(),
        turn: 0,
    };
    let source = Watched { inner, watch: Watch { part, log: Arc::clone(log), counters } };
    let mut outputs = Vec::new();
    for (tap, output) in configuration.outputs.iter().enumerate() {
        let counters = counted.add("Output", &output.id);
        let format = match output.format {
            RecordFormatType::Json => OutputFormat::Json,
            RecordFormatType::Csv => OutputFormat::Csv,
        };
        let encoder = Encoder::new(graph.schema(tap), format);
        let part = Part::Output(output.id.clone());
        let inner = sink(analytics, application, output, encoder, Arc::clone(&counters));
        let inner = inner.map_err(|reason| Trouble { part: part.clone(), reason })?;
        let watched: Box<dyn Sink> = Box::new(Watched { inner, watch: Watch { part, log: Arc::clone(log), counters } });
        outputs.push((output.id.clone(), watched));
    }
    let id = journal_id(application);
    Ok((runtime::Application { id, graph, source: Box::new(source), outputs, start }, counted))
}

/// Where the input is read. A delivery stream keeps its records for the application from then on.
async fn source(
    analytics: &Arc<KinesisAnalytics>,
    application: &Application,
    source: &Source,
) -> Result<(Arc<dyn StreamSource>, Named), String> {
    match source {
        Source::Stream(resource) => {
            let named =
                resource.stream(&application.account).ok_or("the input is no data stream of this account")?.into();
            Ok((Arc::clone(&analytics.streams) as _, named))
        }
        Source::Firehose(resource) => {
            let named = resource.delivery_stream(&application.account);
            let named = named.ok_or("the input is no delivery stream of this account")?.into();
            let kept = analytics.deliveries.keep_for(&journal_id(application), &named).await;
            kept.map_err(|error| error.to_string())?;
            Ok((Arc::clone(&analytics.deliveries) as _, named))
        }
    }
}

impl Counted {
    fn add(&mut self, flow: &'static str, id: &str) -> Arc<FlowCounters> {
        let counters = Arc::<FlowCounters>::default();
        self.flows.push((flow, id.to_owned(), Arc::clone(&counters)));
        counters
    }
}

fn sink(
    analytics: &Arc<KinesisAnalytics>,
    application: &Application,
    output: &Output,
    encoder: Encoder,
    counters: Arc<FlowCounters>,
) -> Result<Box<dyn Sink>, String> {
    let (host, account) = (analytics.host.clone(), &application.account);
    Ok(match &output.destination {
        Destination::Stream(resource) => {
            let prefix = stream_output::prefix(application.id, &output.id);
            Box::new(StreamOutput {
                host,
                streams: Arc::clone(&analytics.streams),
                named: resource.stream(account).ok_or("the output is no data stream of this account")?.into(),
                encoder,
                gate: analytics.runs.gate(&prefix),
                prefix,
                counters,
            })
        }
        Destination::Firehose(resource) => Box::new(FirehoseOutput {
            host,
            deliveries: Arc::clone(&analytics.deliveries),
            named: resource.delivery_stream(account).ok_or("the output is no delivery stream of this account")?.into(),
            encoder,
            counters,
        }),
    })
}
