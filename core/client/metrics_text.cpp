// The counters of a client as texts: JSON, and the text format of Prometheus.
#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "client/metrics.hpp"
#include "codec/json.hpp"

namespace ppn {
namespace {

struct Attribute {
  std::string_view name;
  std::string value;
  bool number = false;
};
using Attributes = std::vector<Attribute>;

struct Point {
  Attributes attributes;
  std::int64_t value = 0;         // of counters and gauges
  Histogram::Snapshot histogram;  // of histograms
};

enum class Kind { counter, gauge, histogram };

struct Family {
  std::string_view name;
  std::string_view unit;  // of UCUM
  Kind kind;
  std::string_view help;
  std::vector<Point> points;
};

void append_number(std::string& out, double value) {
  std::array<char, 32> text;
  const auto [end, fault] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

double seconds(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(kSecond);
}

std::string text_of(std::int64_t value) {
  return std::to_string(value);
}

Point count_of(std::uint64_t value, Attributes attributes = {}) {
  return {.attributes = std::move(attributes), .value = static_cast<std::int64_t>(value), .histogram = {}};
}

Point times_of(const Histogram& histogram, Attributes attributes = {}) {
  return {.attributes = std::move(attributes), .value = 0, .histogram = histogram.snapshot()};
}

// Every value of the enumeration, those that were never counted too: a series that appears late is hard to plot.
template <class Key, std::size_t Size>
std::vector<Point> points_of(const KeyedCounters<Key, Size>& counters, std::string_view attribute, std::size_t first) {
  std::vector<Point> points;
  for (std::size_t i = first; i < Size; ++i) {
    const Key key = static_cast<Key>(i);
    points.push_back(count_of(counters.get(key), {{attribute, std::string(name_of(key))}}));
  }
  return points;
}

// As OpenTelemetry has it: a status that is an error is one, the name of the code otherwise.
std::string error_type(int status, ErrorCode code) {
  if (status >= 400) return text_of(status);
  return code != ErrorCode::ok ? std::string(describe(code).name) : std::string();
}

std::string_view type_name(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
  }
  return "gauge";
}

void append_json(std::string& out, const Attributes& attributes) {
  out += '{';
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, attributes[i].name);
    out += ':';
    if (attributes[i].number) {
      out += attributes[i].value;
    } else {
      append_json_string(out, attributes[i].value);
    }
  }
  out += '}';
}

void append_json(std::string& out, const Histogram::Snapshot& histogram) {
  out += R"("count":)" + std::to_string(histogram.count) + R"(,"sum":)";
  append_number(out, seconds(histogram.sum));
  out += R"(,"bucket_counts":[)";
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(histogram.counts[i]);
  }
  out += ']';
}

void append_json(std::string& out, const Family& family) {
  out += R"({"name":)";
  append_json_string(out, family.name);
  out += R"(,"type":)";
  append_json_string(out, type_name(family.kind));
  out += R"(,"unit":)";
  append_json_string(out, family.unit);
  if (family.kind == Kind::histogram) {
    out += R"(,"bounds":[)";
    for (const Nanos& bound : Histogram::kBounds) {
      if (&bound != Histogram::kBounds.data()) out += ',';
      append_number(out, seconds(bound));
    }
    out += ']';
  }
  out += R"(,"points":[)";
  for (std::size_t i = 0; i < family.points.size(); ++i) {
    const Point& point = family.points[i];
    out += i > 0 ? R"(,{"attributes":)" : R"({"attributes":)";
    append_json(out, point.attributes);
    out += ',';
    if (family.kind == Kind::histogram) {
      append_json(out, point.histogram);
    } else {
      out += R"("value":)" + text_of(point.value);
    }
    out += '}';
  }
  out += "]}";
}

// Dots become underscores, units and "total" become endings (OpenTelemetry's rules for Prometheus).
std::string prometheus_name(const Family& family) {
  std::string name(family.name);
  for (char& c : name) {
    if (c == '.') c = '_';
  }
  if (family.unit == "s") name += "_seconds";
  if (family.unit == "By") name += "_bytes";
  if (family.kind == Kind::counter) name += "_total";
  return name;
}

// `le` is the bound of a bucket; empty = none.
void append_labels(std::string& out, const Attributes& attributes, std::string_view le = {}) {
  if (attributes.empty() && le.empty()) return;
  char before = '{';
  for (const Attribute& attribute : attributes) {
    out += std::exchange(before, ',');
    for (const char c : attribute.name) out += c == '.' ? '_' : c;
    out += "=\"";
    for (const char c : attribute.value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  if (!le.empty()) {
    out += before;
    out.append("le=\"").append(le).append("\"");
  }
  out += '}';
}

void append_prometheus(std::string& out, const std::string& name, const Point& point) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < point.histogram.counts.size(); ++i) {
    below += point.histogram.counts[i];
    std::string bound;
    if (i < Histogram::kBounds.size()) {
      append_number(bound, seconds(Histogram::kBounds[i]));
    } else {
      bound = "+Inf";
    }
    out.append(name).append("_bucket");
    append_labels(out, point.attributes, bound);
    out.append(" ").append(std::to_string(below)).append("\n");
  }
  out.append(name).append("_sum");
  append_labels(out, point.attributes);
  out += ' ';
  append_number(out, seconds(point.histogram.sum));
  out.append("\n").append(name).append("_count");
  append_labels(out, point.attributes);
  out.append(" ").append(std::to_string(below)).append("\n");
}

void append_prometheus(std::string& out, const Family& family) {
  const std::string name = prometheus_name(family);
  out.append("# HELP ").append(name).append(" ").append(family.help).append("\n");
  out.append("# TYPE ").append(name).append(" ").append(type_name(family.kind)).append("\n");
  for (const Point& point : family.points) {
    if (family.kind == Kind::histogram) {
      append_prometheus(out, name, point);
      continue;
    }
    out += name;
    append_labels(out, point.attributes);
    out.append(" ").append(text_of(point.value)).append("\n");
  }
}

}  // namespace

class MetricsReader {
 public:
  static std::vector<Family> families(const Metrics& metrics, const Metrics::Connections& connections);

 private:
  static std::vector<Point> durations(const Metrics& metrics);
  static Point point_of(const Metrics::Series& series);
};

Point MetricsReader::point_of(const Metrics::Series& series) {
  Attributes attributes{{"http.request.method", series.method},
                        {"server.address", series.host},
                        {"server.port", text_of(series.port), true},
                        {"url.scheme", series.scheme}};
  if (series.status != 0) attributes.push_back({"http.response.status_code", text_of(series.status), true});
  if (std::string type = error_type(series.status, series.code); !type.empty()) {
    attributes.push_back({"error.type", std::move(type)});
  }
  return times_of(series.duration, std::move(attributes));
}

std::vector<Point> MetricsReader::durations(const Metrics& metrics) {
  std::vector<Point> points;
  if (const Metrics::Table* const table = metrics.table_.load(std::memory_order_acquire)) {
    for (const auto& slot : *table) {
      const Metrics::Series* const series = slot.load(std::memory_order_acquire);
      if (series != nullptr) points.push_back(point_of(*series));
    }
  }
  if (Point overflow = times_of(metrics.overflow_.duration, {{"otel.metric.overflow", "true"}});
      overflow.histogram.count > 0) {
    points.push_back(std::move(overflow));
  }
  return points;
}

std::vector<Family> MetricsReader::families(const Metrics& metrics, const Metrics::Connections& connections) {
  const auto load = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  std::vector<Point> durations_of_calls = durations(metrics);
  std::uint64_t ended = 0;
  for (const Point& point : durations_of_calls) ended += point.histogram.count;
  const std::uint64_t begun = std::max(load(metrics.begun_), ended);  // more may have begun and ended since
  return {
      {"http.client.request.duration", "s", Kind::histogram, "Time from the start of a call to its end.",
       std::move(durations_of_calls)},
      {"http.client.active_requests", "{request}", Kind::gauge, "Calls under way.", {count_of(begun - ended)}},
      {"http.client.open_connections",
       "{connection}",
       Kind::gauge,
       "Connections of the pool.",
       {count_of(connections.active, {{"http.connection.state", "active"}}),
        count_of(connections.idle, {{"http.connection.state", "idle"}})}},
      {"http.client.request.time_in_queue",
       "s",
       Kind::histogram,
       "Waiting for a connection of the pool.",
       {times_of(metrics.queue_)}},
      {"dns.lookup.duration", "s", Kind::histogram, "Resolving a host name.", {times_of(metrics.dns_)}},
      {"ppn.client.connect.duration",
       "s",
       Kind::histogram,
       "TCP and TLS of a new connection.",
       {times_of(metrics.connect_)}},
      {"ppn.client.time_to_first_byte",
       "s",
       Kind::histogram,
       "Time to the head of the response.",
       {times_of(metrics.first_byte_)}},
      {"ppn.client.time_to_first_event",
       "s",
       Kind::histogram,
       "Time to the first piece of a stream.",
       {times_of(metrics.first_event_)}},
      {"ppn.client.rate_limit.wait",
       "s",
       Kind::histogram,
       "Waiting for the rate limiter.",
       {times_of(metrics.limiter_wait_)}},
      {"ppn.client.rate_limit.refusals",
       "{request}",
       Kind::counter,
       "Calls that the rate limiter refused.",
       {count_of(load(metrics.limiter_refusals_))}},
      {"ppn.client.attempts",
       "{attempt}",
       Kind::counter,
       "Attempts of all calls.",
       {count_of(ended + load(metrics.more_attempts_))}},
      {"ppn.client.streams",
       "{request}",
       Kind::counter,
       "Calls that were streams.",
       {count_of(load(metrics.streams_))}},
      // The first value of each says that nothing happened.
      {"ppn.client.retries", "{attempt}", Kind::counter, "Further attempts, by what became of the one before.",
       points_of(metrics.retries_, "reason", 1)},
      {"ppn.client.retry_stops", "{request}", Kind::counter, "Failed calls, by why there was no further attempt.",
       points_of(metrics.stops_, "reason", 1)},
      {"ppn.client.breaker.transitions", "{transition}", Kind::counter, "Changes of circuit breakers.",
       points_of(metrics.breaker_, "state", 0)},
      {"ppn.client.hedges",
       "{attempt}",
       Kind::counter,
       "Requests that were sent beside a slow one.",
       {count_of(load(metrics.hedges_))}},
      {"ppn.client.sent",
       "By",
       Kind::counter,
       "Bytes of requests, heads included.",
       {count_of(load(metrics.sent_bytes_))}},
      {"ppn.client.received",
       "By",
       Kind::counter,
       "Bytes of the bodies of responses.",
       {count_of(load(metrics.received_bytes_))}},
  };
}

std::string Metrics::to_json(Connections connections) const {
  std::string out = R"({"metrics":[)";
  for (const Family& family : MetricsReader::families(*this, connections)) {
    if (out.back() == '}') out += ',';
    append_json(out, family);
  }
  return out += "]}";
}

std::string Metrics::to_prometheus(Connections connections) const {
  std::string out;
  for (const Family& family : MetricsReader::families(*this, connections)) append_prometheus(out, family);
  return out;
}

}  // namespace ppn
