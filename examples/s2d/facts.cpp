#include "facts.hpp"

#include <string_view>

#include <simdjson.h>

#include <s2d/io/file.hpp>

namespace app {

std::optional<run_facts> read_run_facts(const std::filesystem::path& file) {
  // Short, and found before anything long: other JSON files need not be parsed whole.
  const std::string text = s2d::read_text(file);
  if (text.substr(0, 64).find("\"s2d\"") == text.npos) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS) return std::nullopt;
  run_facts facts;
  std::string_view value;
  if (root["input"].get(value) != simdjson::SUCCESS) return std::nullopt;
  facts.input = value;
  if (root["result"].get(value) != simdjson::SUCCESS) return std::nullopt;
  facts.result = value;
  if (root["message"].get(value) != simdjson::SUCCESS) return std::nullopt;
  facts.message = value;
  return facts;
}

}  // namespace app
