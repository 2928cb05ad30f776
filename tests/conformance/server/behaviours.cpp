#include "behaviours.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/StreamCopier.h>
#include <zlib.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include "support/websocket_peer.hpp"

namespace ppn::conformance {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

std::string from_base64(const std::string& text) {
  std::istringstream in(text);
  Poco::Base64Decoder decoder(in);
  std::string out;
  Poco::StreamCopier::copyToString(decoder, out);
  return out;
}

std::string gzipped(const std::string& plain) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::vector<unsigned char> source(plain.begin(), plain.end());
  std::string out(deflateBound(&stream, static_cast<uLong>(source.size())), '\0');
  stream.next_in = source.data();
  stream.avail_in = static_cast<uInt>(source.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

// A text, {"base64"}, {"gzip"}, {"repeat", "times"}, or a list of these.
std::string bytes_of(const Var& value) {
  if (value.isString()) return value.convert<std::string>();
  std::string out;
  if (value.isArray()) {
    const auto parts = value.extract<Array::Ptr>();
    for (std::size_t i = 0; i < parts->size(); ++i) out += bytes_of(parts->get(static_cast<unsigned>(i)));
    return out;
  }
  const auto object = value.extract<Object::Ptr>();
  if (object->has("base64")) return from_base64(object->getValue<std::string>("base64"));
  if (object->has("gzip")) return gzipped(bytes_of(object->get("gzip")));
  const std::string part = bytes_of(object->get("repeat"));
  for (auto times = object->getValue<unsigned>("times"); times > 0; --times) out += part;
  return out;
}

std::string bytes_of(const Object& object, const std::string& name) {
  return object.has(name) ? bytes_of(object.get(name)) : std::string();
}

std::vector<std::pair<std::string, std::string>> fields_of(const Array::Ptr& pairs) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (unsigned i = 0; pairs && i < pairs->size(); ++i) {
    const auto pair = pairs->getArray(i);
    fields.emplace_back(pair->getElement<std::string>(0), bytes_of(pair->get(1)));
  }
  return fields;
}

int opcode_of(const std::string& name) {
  static const std::map<std::string, int> opcodes{{"continuation", test::ws_continuation},
                                                  {"text", test::ws_text},
                                                  {"binary", test::ws_binary},
                                                  {"close", test::ws_close},
                                                  {"ping", test::ws_ping},
                                                  {"pong", test::ws_pong}};
  return opcodes.at(name);
}

Step send_step(const Object& step) {
  return {.action = Step::Action::send, .bytes = bytes_of(step, "send"), .count = step.optValue<unsigned>("cut", 0)};
}

Step respond_step(const Object& step) {
  return {.action = Step::Action::respond,
          .bytes = bytes_of(step, "body"),
          .count = step.optValue<unsigned>("cut", 0),
          .number = step.getValue<int>("respond"),
          .fields = fields_of(step.getArray("headers"))};
}

Step echo_step(const Object& step) {
  Step echo{.action = Step::Action::echo};
  const auto names = step.getArray("echo");
  for (unsigned i = 0; i < names->size(); ++i) echo.names.push_back(names->getElement<std::string>(i));
  return echo;
}

Step accept_step(const Object& step) {
  return {.action = Step::Action::accept, .fields = fields_of(step.getArray("accept"))};
}

Step frame_step(const Object& step) {
  const std::string name = step.getValue<std::string>("frame");
  Step frame{.action = Step::Action::frame,
             .bytes = bytes_of(step, "payload"),
             .number = opcode_of(name),
             .rsv = step.optValue<int>("rsv", 0),
             .fin = step.optValue<bool>("fin", true)};
  if (step.has("code")) frame.bytes = test::ws_close_payload(step.getValue<int>("code"), frame.bytes);
  return frame;
}

Step close_step(const Object& step) {
  static const std::map<std::string, Step::Action> ways{{"notify", Step::Action::close},
                                                        {"silent", Step::Action::close_silently},
                                                        {"reset", Step::Action::reset},
                                                        {"half", Step::Action::half_close}};
  return {.action = ways.at(step.getValue<std::string>("close"))};
}

Step read_step(const Object& step) {
  static const std::map<std::string, Step::Action> what{{"message", Step::Action::read_message},
                                                        {"close", Step::Action::read_close}};
  return {.action = what.at(step.getValue<std::string>("read"))};
}

Step step_of(const Object& step) {
  static const std::map<std::string, std::function<Step(const Object&)>> makers{
      {"send", send_step},
      {"respond", respond_step},
      {"echo", echo_step},
      {"accept", accept_step},
      {"frame", frame_step},
      {"close", close_step},
      {"read", read_step},
      {"echo_messages", [](const Object&) { return Step{.action = Step::Action::echo_messages}; }},
      {"stall", [](const Object&) { return Step{.action = Step::Action::stall}; }},
  };
  for (const auto& [name, make] : makers) {
    if (step.has(name)) return make(step);
  }
  throw std::runtime_error("a step that is none");
}

std::vector<Answer> answers_of(const Array::Ptr& list) {
  std::vector<Answer> answers;
  for (unsigned i = 0; list && i < list->size(); ++i) {
    const auto steps = list->getArray(i);
    Answer& answer = answers.emplace_back();
    for (unsigned j = 0; j < steps->size(); ++j) answer.push_back(step_of(*steps->getObject(j)));
  }
  return answers;
}

}  // namespace

Behaviours read_behaviours(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot open " + file);
  Poco::JSON::Parser parser;
  const auto list = parser.parse(in).extract<Object::Ptr>()->getArray("behaviours");
  if (!list) throw std::runtime_error(file + ": no behaviours");
  Behaviours behaviours;
  for (unsigned i = 0; i < list->size(); ++i) {
    const auto object = list->getObject(i);
    const std::string name = object->getValue<std::string>("name");
    try {
      if (!behaviours.emplace(name, answers_of(object->getArray("answers"))).second)
        throw std::runtime_error("the name is there twice");
    } catch (const Poco::Exception& error) {
      throw std::runtime_error(name + ": " + error.displayText());
    } catch (const std::exception& error) {
      throw std::runtime_error(name + ": " + error.what());
    }
  }
  return behaviours;
}

}  // namespace ppn::conformance
