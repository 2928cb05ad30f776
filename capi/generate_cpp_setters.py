"""The setters of the C++ wrapper, one for each option. A part of generate_setters.py, which runs it."""
import textwrap

WIDTH = 120

# By type and unit: the parameter of the setter.
PARAMETERS = {
    ("integer", "ms"): "std::chrono::milliseconds limit",
    ("integer", "bytes"): "int64_t bytes",
    ("integer", ""): "int64_t count",
    ("number", "s"): "double seconds",
    ("number", ""): "double value",
    ("boolean", ""): "bool on",
    ("text", ""): "std::string_view text",
}

BEGIN = """/** @file option_setters.hpp
 *  A setter for each option of the table. Part of <pepperpy/network.hpp>.
 *
 *  {note}
 */
#ifndef PEPPERPY_NETWORK_CPP_OPTION_SETTERS_HPP
#define PEPPERPY_NETWORK_CPP_OPTION_SETTERS_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "handle.hpp"

namespace ppn {{
inline namespace api_v0 {{

/** The typed setters of NetworkConfig. Each throws ConfigError for a value that its option does not take, and changes
 *  nothing then; options.h has the defaults and ranges. Thread: one at a time. Blocks: never. Since 0.1. */
template <class Config>
class OptionSetters {{
 public:
"""

END = """ protected:
  OptionSetters() = default;

 private:
  using SetNumber = int32_t(PPN_CALL*)(ppn_config*, int64_t, ppn_error**);
  using SetReal = int32_t(PPN_CALL*)(ppn_config*, double, ppn_error**);
  using SetSwitch = int32_t(PPN_CALL*)(ppn_config*, int32_t, ppn_error**);
  using SetText = int32_t(PPN_CALL*)(ppn_config*, const char*, size_t, ppn_error**);

  Config& put(SetNumber set, std::chrono::milliseconds limit) { return put(set, int64_t{limit.count()}); }
  Config& put(SetNumber set, int64_t value) {
    detail::call(set, self().handle(), value);
    return self();
  }
  Config& put(SetReal set, double value) {
    detail::call(set, self().handle(), value);
    return self();
  }
  Config& put(SetSwitch set, bool on) {
    detail::call(set, self().handle(), int32_t{on});
    return self();
  }
  Config& put(SetText set, std::string_view text) {
    detail::call(set, self().handle(), detail::data_of(text), text.size());
    return self();
  }
  Config& self() noexcept { return static_cast<Config&>(*this); }
};

}  // namespace api_v0
}  // namespace ppn

#endif
"""


def header(options, note):
    return BEGIN.format(note=note) + "".join(setter(option) + "\n" for option in options) + END


def setter(option):
    """One setter for a configuration with a name, one for a temporary."""
    name = option.name.removesuffix("_ms") if option.unit == "ms" else option.name
    parameter = PARAMETERS[option.type, option.unit]
    argument = parameter.split()[-1]
    text = f"/** {option.name}: {option.help}. */"
    comment = textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="   *  ", break_long_words=False,
                            break_on_hyphens=False)
    return "\n".join([*comment,
                      function(f"Config& {name}({parameter}) &", f"return put({option.function}, {argument});"),
                      function(f"Config {name}({parameter}) &&", f"return std::move({name}({argument}));")]) + "\n"


def function(head, body):
    line = f"  {head} {{ {body} }}"
    return line if len(line) <= WIDTH else f"  {head} {{\n    {body}\n  }}"
