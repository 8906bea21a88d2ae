#include <torch/torch.h>

#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <string_view>

#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/io/file.hpp>

namespace app {

s2d::torch::video_mask2former_config configuration(const model_facts& facts) {
  auto config = s2d::torch::presets::tiny(facts.queries);
  config.pixel_mean = facts.mean;
  config.pixel_std = facts.deviation;
  return config;
}

s2d::torch::picture_size network_size(const model_facts& facts, std::ptrdiff_t height,
                                      std::ptrdiff_t width) {
  if (facts.height > 0) return {facts.height, facts.width};
  const auto pixels = static_cast<double>(height) * static_cast<double>(width);
  const double scale = (std::min)(1.0, std::sqrt(256.0 * 448.0 / pixels));
  const auto side = [&](std::ptrdiff_t extent) {
    return 32 * (std::max)(std::int64_t{1},
                           std::int64_t{std::llround(static_cast<double>(extent) * scale / 32)});
  };
  return {side(height), side(width)};
}

void write_facts(json_writer& json, const model_facts& facts) {
  json.member("preset", facts.preset).member("height", facts.height).member("width", facts.width);
  json.member("queries", facts.queries).member("objects", facts.objects);
  json.member("videos", facts.videos);
  json.key("pixel_mean").begin_array();
  for (const double each : facts.mean) json.value(each);
  json.end_array().key("pixel_std").begin_array();
  for (const double each : facts.deviation) json.value(each);
  json.end_array();
}

model_facts read_facts(const std::filesystem::path& file) {
  const std::string name = file.string(), text = s2d::read_text(file);
  model_facts facts;
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(text);
    facts.preset = std::string_view{root["preset"]};
    facts.height = std::int64_t{root["height"]};
    facts.width = std::int64_t{root["width"]};
    facts.queries = std::int64_t{root["queries"]};
    facts.objects = std::int64_t{root["objects"]};
    // Models of one clip did not always say so.
    if (std::int64_t videos = 0; root["videos"].get(videos) == simdjson::SUCCESS)
      facts.videos = videos;
    for (std::size_t c = 0; c < 3; ++c) {
      facts.mean[c] = double{root["pixel_mean"].at(c)};
      facts.deviation[c] = double{root["pixel_std"].at(c)};
    }
  } catch (const simdjson::simdjson_error& error) {
    throw s2d::invalid_input{name + ": not the config.json of a trained model: " + error.what()};
  }
  s2d::require(facts.preset == "tiny", name, ": preset is ", facts.preset, ", expected tiny");
  const bool free = facts.videos > 1 && facts.height == 0 && facts.width == 0;
  s2d::require(free || (facts.height > 0 && facts.width > 0 && facts.height % 32 == 0 &&
                        facts.width % 32 == 0 && facts.height <= 8192 && facts.width <= 8192),
               name, ": the size is ", facts.height, " x ", facts.width,
               " (height x width), expected multiples of 32");
  s2d::require(
      facts.queries > 0 && facts.queries <= 10'000 && facts.objects > 0 && facts.videos > 0, name,
      ": ", facts.queries, " queries for ", facts.objects, " objects of ", facts.videos, " videos");
  for (const double each : facts.deviation)
    s2d::require(each > 0, name, ": pixel_std is ", each, ", expected more than 0");
  return facts;
}

std::string in_a_line(const std::exception& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr)
    return "out of GPU memory; a smaller --size or fewer --queries need less";
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return "out of memory; a smaller --size needs less";
  const std::string text = error.what();
  // LibTorch puts the place in its code behind what it says.
  return dynamic_cast<const s2d::invalid_input*>(&error) != nullptr
             ? text
             : text.substr(0, text.find('\n'));
}

::torch::Device device_named(const std::string& name) {
  if (name == "cpu") return ::torch::kCPU;
  const bool there = ::torch::cuda::is_available();
  if (name == "auto") return there ? ::torch::kCUDA : ::torch::kCPU;
  s2d::require(name == "cuda", "--device: found ", name, ", expected auto, cpu or cuda");
  s2d::require(there, "--device cuda: found no GPU that this LibTorch can use (",
               ::torch::hasCUDA() ? "no device, or its driver is too old"
                                  : "it was built or linked without CUDA",
               "), expected one; --device cpu works everywhere");
  return ::torch::kCUDA;
}

s2d::image resized(const s2d::image& picture, std::ptrdiff_t height, std::ptrdiff_t width) {
  const bool shrinks = height <= picture.height && width <= picture.width;
  return shrinks ? s2d::resize_area(picture, height, width)
                 : s2d::resize_bilinear(picture, height, width);
}

}  // namespace app
