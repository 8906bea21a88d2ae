#include "result.hpp"

#include <cmath>
#include <string_view>

#include <simdjson.h>

#include <s2d/io/atomic_file.hpp>

#include "json.hpp"

namespace app {

void add_seconds(std::vector<stage_time>& stages, const std::string& name, double seconds) {
  for (stage_time& stage : stages)
    if (stage.name == name) {
      stage.seconds += seconds;
      return;
    }
  stages.push_back({name, seconds});
}

void save(const findings& part, const std::string& stamp, const std::filesystem::path& file) {
  s2d::atomic_file out{file};
  json_writer json{[&](std::string_view text) { out.write(text); }};
  json.begin_object();
  json.member("stamp", stamp)
      .member("first", part.first)
      .member("height", part.height)
      .member("width", part.width)
      .member("fps", part.fps)
      .member("contrast", part.contrast)
      .member("stirred", part.stirred)
      .member("last", part.last)
      .member("damage", part.damage);
  json.key("names").begin_array();
  for (const std::string& name : part.names) json.value(name);
  json.end_array().key("seconds").begin_array();
  for (const double seconds : part.seconds) json.value(seconds);
  json.end_array().key("masks").begin_array();
  for (const auto& frame : part.masks) {
    json.begin_array();
    for (const found_mask& mask : frame) {
      json.begin_object().member("mask", to_string(mask.mask)).member("score", mask.score);
      json.member("coherence", mask.coherence).member("from", mask.visible_from);
      json.member("visible", mask.visible).key("object");
      if (mask.object == none)
        json.null();
      else
        json.value(mask.object);
      json.end_object();
    }
    json.end_array();
  }
  json.end_array().key("objects").begin_array();
  for (const found_object& object : part.objects) {
    json.begin_object().member("score", object.score).member("one2x", object.one2x);
    json.key("ranges").begin_array();
    for (const auto& [from, to] : object.ranges) json.value(from).value(to);
    json.end_array().key("keymasks").begin_array();
    for (const found_keymask& key : object.keymasks)
      json.begin_object()
          .member("frame", key.frame)
          .member("mask", to_string(key.mask))
          .member("coherence", key.coherence)
          .member("confidence", key.confidence)
          .end_object();
    json.end_array().end_object();
  }
  json.end_array().key("stages").begin_array();
  for (const stage_time& stage : part.stages)
    json.begin_object().member("name", stage.name).member("seconds", stage.seconds).end_object();
  json.end_array().end_object().finish();
  out.commit();
}

namespace {

double number_or_nan(simdjson::dom::element value) {
  return value.is_null() ? unknown : double{value};
}

std::size_t index_or_none(simdjson::dom::element value) {
  return value.is_null() ? none : static_cast<std::size_t>(std::uint64_t{value});
}

findings parse(simdjson::dom::element root) {
  findings part;
  part.first = std::uint64_t{root["first"]};
  part.height = std::int64_t{root["height"]};
  part.width = std::int64_t{root["width"]};
  part.fps = double{root["fps"]};
  part.contrast = number_or_nan(root["contrast"]);
  part.stirred = std::uint64_t{root["stirred"]};
  part.last = bool{root["last"]};
  part.damage = std::string_view{root["damage"]};
  for (const auto name : root["names"].get_array()) part.names.emplace_back(std::string_view{name});
  for (const auto seconds : root["seconds"].get_array())
    part.seconds.push_back(number_or_nan(seconds));
  const auto rle_of = [&](simdjson::dom::element text) {
    return s2d::rle::from_string(std::string_view{text}, part.height, part.width);
  };
  for (const auto frame : root["masks"].get_array()) {
    std::vector<found_mask>& masks = part.masks.emplace_back();
    for (const auto each : frame.get_array()) {
      found_mask& mask = masks.emplace_back();
      mask.mask = rle_of(each["mask"]);
      mask.score = static_cast<float>(double{each["score"]});
      mask.coherence = number_or_nan(each["coherence"]);
      mask.visible_from = std::uint64_t{each["from"]};
      mask.visible = std::string_view{each["visible"]};
      mask.object = index_or_none(each["object"]);
    }
  }
  for (const auto each : root["objects"].get_array()) {
    found_object& object = part.objects.emplace_back();
    object.score = number_or_nan(each["score"]);
    object.one2x = number_or_nan(each["one2x"]);
    const simdjson::dom::array ranges = each["ranges"];
    for (auto it = ranges.begin(); it != ranges.end(); ++it) {
      const std::uint64_t from = *it;
      ++it;
      object.ranges.emplace_back(from, std::uint64_t{*it});
    }
    for (const auto key : each["keymasks"].get_array())
      object.keymasks.push_back({std::uint64_t{key["frame"]}, rle_of(key["mask"]),
                                 number_or_nan(key["coherence"]),
                                 number_or_nan(key["confidence"])});
  }
  for (const auto stage : root["stages"].get_array())
    part.stages.push_back({std::string{std::string_view{stage["name"]}}, double{stage["seconds"]}});
  return part;
}

}  // namespace

bool load(findings& part, const std::string& stamp, const std::filesystem::path& file) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return false;
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.load(file.string());
    if (std::string_view{root["stamp"]} != stamp) return false;
    part = parse(root);
    return true;
  } catch (const simdjson::simdjson_error&) {
    return false;
  } catch (const s2d::invalid_input&) {
    return false;
  }
}

}  // namespace app
