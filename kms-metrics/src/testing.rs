//! Capture what was recorded, for tests.
//!
//! A capture sees what its own thread records, and what a future records that runs in its
//! [`scope`](Capture::scope): two tests that run at the same time never see each other's recordings. It goes the whole
//! way, through the same series, limits and SDK as an export does.
//!
//! ```
//! use kms_metrics::records::KmipOperation;
//! use kms_metrics::{Verdict, testing};
//! use std::time::Duration;
//!
//! let capture = testing::capture();
//! KmipOperation {
//!     organization_id: "org-1",
//!     project_id: "project-1",
//!     kmip_operation_type: "get",
//!     kmip_client_id: "client-1",
//!     kmip_object_id: None,
//!     kmip_object_name: None,
//!     identity_id: None,
//!     identity_name: None,
//!     user_agent_original: None,
//!     client_address: None,
//! }
//! .record(Verdict::success(), Duration::from_millis(3));
//!
//! let point = capture.point("kms.kmip.operation.count");
//! assert_eq!(point.count, 1);
//! assert_eq!(point.attributes["kms.kmip.operation.type"], "get");
//! assert_eq!(capture.point("kms.kmip.operation.duration").sum, 0.003);
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};

use crate::series::{DEFAULT_PRODUCT, Instruments, Override, SeriesOptions, view};

/// Begins a capture on this thread; it ends when the capture is dropped.
///
/// Captures nest: the innermost one sees the recordings.
pub fn capture() -> Capture {
    let options = SeriesOptions { product: DEFAULT_PRODUCT.to_owned() };
    let reader = Reader(Arc::new(ManualReader::builder().build()));
    let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_view(view()).build();
    let instruments = Instruments::new(provider.meter(crate::telemetry_scope()), options);
    Capture { on_this_thread: Override::new(&instruments), instruments, reader, provider }
}

/// What is recorded while it lives.
#[must_use = "a capture that is dropped at once sees nothing"]
pub struct Capture {
    #[expect(dead_code, reason = "it is there to be dropped")]
    on_this_thread: Override,
    instruments: Arc<Instruments>,
    reader: Reader,
    #[expect(dead_code, reason = "it keeps the instruments alive")]
    provider: SdkMeterProvider,
}

/// One series of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The attributes by their OpenTelemetry names, values as text.
    pub attributes: BTreeMap<String, String>,
    /// A counter's value, or how many measurements a histogram has.
    pub count: u64,
    /// The sum of a histogram's measurements; a gauge's value.
    pub sum: f64,
    /// A histogram's bounds and how many measurements are in each bucket, the last one without a bound; not
    /// cumulative.
    pub buckets: Vec<(f64, u64)>,
}

impl Capture {
    /// Lets a future record into this capture, on whatever thread it is polled.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Scope { instruments: Arc::clone(&self.instruments), future: Some(Box::pin(future)) }
    }

    /// The series of an instrument that have counted or measured something, in no particular order. Series that are
    /// there from the start and still zero are left out; [`all_points`](Self::all_points) has them.
    #[must_use]
    pub fn points(&self, instrument: &str) -> Vec<Point> {
        let mut points = self.all_points(instrument);
        points.retain(|point| point.count > 0 || point.sum != 0.0);
        points
    }

    /// The series of an instrument, as an export has them, in no particular order.
    #[must_use]
    pub fn all_points(&self, instrument: &str) -> Vec<Point> {
        let mut metrics = ResourceMetrics::default();
        let _ = self.reader.collect(&mut metrics);
        let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
        metrics.filter(|metric| metric.name() == instrument).flat_map(points).collect()
    }

    /// The only series of an instrument.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "for use in tests")]
    pub fn point(&self, instrument: &str) -> Point {
        let mut points = self.points(instrument);
        match (points.pop(), points.as_slice()) {
            (Some(point), []) => point,
            (None, _) => panic!("`{instrument}` has no series"),
            (Some(last), more) => panic!("`{instrument}` has more than one series: {more:#?} and {last:#?}"),
        }
    }

    /// What an instrument counted or measured, over all its series.
    #[must_use]
    pub fn total(&self, instrument: &str) -> u64 {
        self.points(instrument).iter().map(|point| point.count).sum()
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").finish_non_exhaustive()
    }
}

struct Scope<F> {
    instruments: Arc<Instruments>,
    /// Until it is dropped, which happens in the scope as well: a future that is given up records too.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _here = Override::new(&self.instruments);
        match &mut self.future {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Scope<F> {
    fn drop(&mut self) {
        let _here = Override::new(&self.instruments);
        self.future = None;
    }
}

fn points(metric: &Metric) -> Vec<Point> {
    match metric.data() {
        AggregatedMetrics::U64(data) => data_points(data, |value| *value as f64, |value| *value),
        AggregatedMetrics::I64(data) => data_points(data, |value| *value as f64, |value| value.unsigned_abs()),
        AggregatedMetrics::F64(data) => data_points(data, |value| *value, |value| *value as u64),
    }
}

fn data_points<T: Copy>(data: &MetricData<T>, float: fn(&T) -> f64, whole: fn(&T) -> u64) -> Vec<Point> {
    let attributes = |attributes: &mut dyn Iterator<Item = &KeyValue>| {
        attributes.map(|it| (it.key.to_string(), it.value.to_string())).collect::<BTreeMap<_, _>>()
    };
    match data {
        MetricData::Sum(sum) => sum
            .data_points()
            .map(|point| Point {
                attributes: attributes(&mut point.attributes()),
                count: whole(&point.value()),
                sum: 0.0,
                buckets: Vec::new(),
            })
            .collect(),
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| Point {
                attributes: attributes(&mut point.attributes()),
                count: 0,
                sum: float(&point.value()),
                buckets: Vec::new(),
            })
            .collect(),
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| Point {
                attributes: attributes(&mut point.attributes()),
                count: point.count(),
                sum: float(&point.sum()),
                buckets: point.bounds().chain([f64::INFINITY]).zip(point.bucket_counts()).collect(),
            })
            .collect(),
        MetricData::ExponentialHistogram(_) => Vec::new(),
    }
}

/// A reader that can be asked while the provider has it too.
#[derive(Clone, Debug)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
