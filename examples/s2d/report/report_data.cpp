#include "report_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <system_error>
#include <string_view>
#include <unordered_map>

#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>

#include "html.hpp"
#include "json_elements.hpp"

namespace app::report {

namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

constexpr std::size_t most_frames = 10'000'000;
/// Frames that are shown as frame masks, keymasks and dense masks.
constexpr std::size_t compared_frames = 4;
/// A mask belongs to the place of an object if their boxes overlap by more than this share.
constexpr double same_place = 0.3;
/// The place of an object is known this many frames beyond a keymask.
constexpr std::size_t place_reach = 15;

/// One JSON object with its name for errors: "masks.json: annotations[3]".
class node {
 public:
  node(element content, std::string name) : content_{content}, name_{std::move(name)} {
    s2d::require(content.is_object(), name_, ": expected a JSON object");
  }

  [[nodiscard]] std::optional<element> find(std::string_view key) const {
    element found;
    if (content_[key].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
    return found;
  }
  [[nodiscard]] double number(std::string_view key) const {
    const auto found = find(key);
    return found ? to_number(*found, key) : unknown;
  }
  [[nodiscard]] std::size_t count(std::string_view key, std::size_t otherwise) const {
    const auto found = find(key);
    return found ? to_count(*found, key) : otherwise;
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    const auto found = find(key);
    if (!found) return {};
    std::string_view value;
    s2d::require(found->get(value) == simdjson::SUCCESS, name_, ".", key, ": expected a text");
    return std::string{value};
  }
  /// The members of an array; none where there is no such key.
  [[nodiscard]] std::vector<element> list(std::string_view key) const {
    const auto found = find(key);
    std::vector<element> members;
    if (!found) return members;
    simdjson::dom::array value;
    s2d::require(found->get(value) == simdjson::SUCCESS, name_, ".", key, ": expected an array");
    members.reserve(value.size());
    for (const element each : value) members.push_back(each);
    return members;
  }

  [[nodiscard]] double to_number(element value, std::string_view key) const {
    double number = 0;
    s2d::require(value.get(number) == simdjson::SUCCESS, name_, ".", key, ": expected a number");
    return number;
  }
  [[nodiscard]] std::size_t to_count(element value, std::string_view key) const {
    std::uint64_t number = 0;
    s2d::require(value.get(number) == simdjson::SUCCESS, name_, ".", key,
                 ": expected a whole number of at least 0");
    return static_cast<std::size_t>(number);
  }
  /// [x, y, width, height]
  [[nodiscard]] s2d::box to_box(element value, std::string_view key) const {
    simdjson::dom::array sides;
    s2d::require(value.get(sides) == simdjson::SUCCESS && sides.size() == 4, name_, ".", key,
                 ": expected a box of four numbers");
    std::array<std::ptrdiff_t, 4> whole{};
    std::size_t i = 0;
    for (const element side : sides) {
      const double number = to_number(side, key);
      s2d::require(std::abs(number) < 1e7, name_, ".", key, ": a box side is ", number);
      whole[i++] = static_cast<std::ptrdiff_t>(number);
    }
    return {whole[0], whole[1], whole[2], whole[3]};
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  element content_;
  std::string name_;
};

element parse(simdjson::dom::parser& parser, const std::string& text, const std::string& name) {
  element root;
  const auto error = parser.parse(text).get(root);
  s2d::require(error == simdjson::SUCCESS, name,
               ": not valid JSON: ", simdjson::error_message(error));
  return root;
}

std::string show(element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string{text};
  bool on = false;
  if (value.get(on) == simdjson::SUCCESS) return on ? "yes" : "no";
  if (value.is_null()) return {};
  return simdjson::minify(value);
}

void flatten(element value, const std::string& name,
             std::vector<std::pair<std::string, std::string>>& to) {
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) {
    to.emplace_back(name, show(value));
    return;
  }
  for (const auto member : members)
    flatten(member.value, (name.empty() ? "" : name + ".") + std::string{member.key}, to);
}

void read_run(const fs::path& file, result_data& data) {
  simdjson::dom::parser parser;
  const node run{parse(parser, s2d::read_text(file), file.string()), file.string()};
  data.version = run.text("s2d");
  data.input = run.text("input");
  data.result = run.text("result");
  data.message = run.text("message");
  data.frames = run.count("frames", 0);
  s2d::require(data.frames <= most_frames, file.string(), ".frames: found ", data.frames,
               ", expected at most ", most_frames);
  const auto extent = [&](const char* key) {
    const std::size_t pixels = run.count(key, 0);
    s2d::require(pixels <= 65536, file.string(), ".", key, ": found ", pixels,
                 ", expected at most 65536");
    return static_cast<std::ptrdiff_t>(pixels);
  };
  data.height = extent("height");
  data.width = extent("width");
  const double fps = run.number("fps");
  data.fps = fps > 0 ? fps : 0;
  data.start = run.count("start", 0);
  data.stride = (std::max)(run.count("stride", 1), std::size_t{1});
  for (const element time : run.list("times"))
    data.times.push_back(time.is_null() ? unknown : run.to_number(time, "times"));
  if (data.times.size() != data.frames) data.times.clear();
  for (const element each : run.list("stages")) {
    const node stage{each, file.string() + ".stages"};
    const double seconds = stage.number("seconds");
    data.stages.push_back({stage.text("name"), seconds > 0 ? seconds : 0});
  }
  data.seconds = run.number("seconds");
  if (std::isnan(data.seconds)) {
    data.seconds = 0;
    for (const stage_entry& stage : data.stages) data.seconds += stage.seconds;
  }
  if (const auto settings = run.find("settings")) flatten(*settings, "", data.settings);
  if (const auto training = run.find("training")) flatten(*training, "training", data.settings);
  if (const auto dense = run.find("dense")) {
    const node said{*dense, file.string() + ".dense"};
    data.has_dense = true;
    data.dense_message = said.text("message");
    for (const element key : said.list("keymask_objects"))
      data.dense_keys.push_back(key.is_null() ? none : said.to_count(key, "keymask_objects") - 1);
    const std::size_t count = (std::min)(compared_frames, data.frames);
    for (std::size_t i = 0; i < count; ++i)
      data.compared.push_back((2 * i + 1) * data.frames / (2 * count));
  }
}

/// The log of a round of training; nothing where there is none.
std::vector<loss_entry> read_losses(const fs::path& file) {
  std::vector<loss_entry> losses;
  std::error_code missing;
  if (!fs::exists(file, missing)) return losses;
  simdjson::dom::parser parser;
  const std::string text = s2d::read_text(file);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = (std::min)(text.find('\n', at), text.size());
    const std::string name = s2d::concat(file.string(), ": line ", losses.size() + 1);
    const node line{parse(parser, text.substr(at, end - at), name), name};
    const auto number = [&](const char* key) {
      const double value = line.number(key);
      return std::isfinite(value) ? value : 0.0;
    };
    losses.push_back({number("loss_mask"), number("loss_dice"), number("loss_class"),
                      number("teacher_mask") + number("teacher_dice") + number("teacher_class")});
    at = end + 1;
  }
  return losses;
}

std::size_t checked_frame(const node& owner, std::size_t frame, std::size_t frames) {
  s2d::require(frame < frames, owner.name(), ": frame ", frame, " of a clip of ", frames);
  return frame;
}

object_entry read_object(const node& annotation, std::size_t frames) {
  object_entry object;
  object.id = annotation.count("id", 0);
  object.score = annotation.number("score");
  object.one2x = annotation.number("one2x");
  for (const element each : annotation.list("visibility_ranges")) {
    simdjson::dom::array ends;
    s2d::require(each.get(ends) == simdjson::SUCCESS && ends.size() == 2, annotation.name(),
                 ".visibility_ranges: expected pairs of frames");
    const std::size_t first = annotation.to_count(ends.at(0).value(), "visibility_ranges");
    const std::size_t last = annotation.to_count(ends.at(1).value(), "visibility_ranges");
    if (first <= last && first < frames)
      object.ranges.emplace_back(first, (std::min)(last, frames - 1));
  }
  const auto masks = annotation.list("segmentations");
  const auto boxes = annotation.list("bboxes");
  const auto coherences = annotation.list("coherences");
  for (std::size_t t = 0; t < masks.size(); ++t) {
    if (masks[t].is_null()) continue;
    const std::string where = s2d::concat(annotation.name(), ".segmentations[", t, "]");
    keymask_entry key;
    key.frame = checked_frame(annotation, t, frames);
    key.counts = node{masks[t], where}.text("counts");
    if (t < boxes.size() && !boxes[t].is_null()) key.box = annotation.to_box(boxes[t], "bboxes");
    if (t < coherences.size() && !coherences[t].is_null())
      key.coherence = annotation.to_number(coherences[t], "coherences");
    object.keymasks.push_back(std::move(key));
  }
  return object;
}

mask_entry read_mask(const node& annotation, std::size_t frames,
                     const std::vector<std::size_t>& compared,
                     const std::unordered_map<std::size_t, std::size_t>& object_of_id) {
  mask_entry mask;
  mask.id = annotation.count("id", 0);
  const auto boxes = annotation.list("bboxes");
  const auto first_box =
      std::find_if(boxes.begin(), boxes.end(), [](const element& box) { return !box.is_null(); });
  mask.frame = checked_frame(
      annotation, annotation.count("frame", static_cast<std::size_t>(first_box - boxes.begin())),
      frames);
  if (first_box != boxes.end()) mask.box = annotation.to_box(*first_box, "bboxes");
  mask.coherence = annotation.number("coherence");
  if (const auto object = annotation.find("object")) {
    const auto known = object_of_id.find(annotation.to_count(*object, "object"));
    if (known != object_of_id.end()) mask.object = known->second;
  }
  if (std::binary_search(compared.begin(), compared.end(), mask.frame))
    for (const element runs : annotation.list("segmentations"))
      if (!runs.is_null()) mask.counts = node{runs, annotation.name()}.text("counts");
  if (const auto visibility = annotation.find("visibility")) {
    const node bits{*visibility, annotation.name() + ".visibility"};
    mask.visible_from = bits.count("start", 0);
    mask.visible = bits.text("bits");
  }
  return mask;
}

/// Where an object is in frame t, from the keymasks around it; empty where nobody knows.
s2d::box place_of(const object_entry& object, std::size_t t) {
  const auto& keys = object.keymasks;
  const auto next = std::lower_bound(
      keys.begin(), keys.end(), t,
      [](const keymask_entry& key, std::size_t frame) { return key.frame < frame; });
  const auto near = [&](const keymask_entry& key) {
    return (key.frame > t ? key.frame - t : t - key.frame) <= place_reach;
  };
  const bool after = next != keys.end() && near(*next);
  const bool before = next != keys.begin() && near(*(next - 1));
  if (!after && !before) return {};
  if (!after) return (next - 1)->box;
  if (!before) return next->box;
  const keymask_entry& a = *(next - 1);
  const keymask_entry& b = *next;
  const double share = static_cast<double>(t - a.frame) /
                       static_cast<double>((std::max)(b.frame - a.frame, std::size_t{1}));
  const auto between = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return from + static_cast<std::ptrdiff_t>(std::lround(static_cast<double>(to - from) * share));
  };
  return {between(a.box.x, b.box.x), between(a.box.y, b.box.y), between(a.box.width, b.box.width),
          between(a.box.height, b.box.height)};
}

double overlap(const s2d::box& a, const s2d::box& b) {
  const auto width = (std::min)(a.x + a.width, b.x + b.width) - (std::max)(a.x, b.x);
  const auto height = (std::min)(a.y + a.height, b.y + b.height) - (std::max)(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const auto common = static_cast<double>(width * height);
  return common / (static_cast<double>(a.width * a.height + b.width * b.height) - common);
}

void find_states(result_data& data) {
  for (object_entry& object : data.objects) {
    object.states.assign(data.frames, '.');
    for (const auto& [first, last] : object.ranges)
      std::fill(object.states.begin() + static_cast<std::ptrdiff_t>(first),
                object.states.begin() + static_cast<std::ptrdiff_t>(last) + 1, 'v');
    for (const keymask_entry& key : object.keymasks) object.states[key.frame] = 'k';
  }
  for (const mask_entry& mask : data.masks) {
    if (mask.object != none) continue;
    std::size_t owner = none;
    double best = same_place;
    for (std::size_t i = 0; i < data.objects.size(); ++i) {
      const object_entry& object = data.objects[i];
      if (object.states[mask.frame] == '.' || object.states[mask.frame] == 'k') continue;
      const double share = overlap(mask.box, place_of(object, mask.frame));
      if (share > best) {
        best = share;
        owner = i;
      }
    }
    if (owner != none) data.objects[owner].states[mask.frame] = 'r';
  }
}

}  // namespace

result_data read_results(const fs::path& folder) {
  result_data data;
  read_run(folder / "run.json", data);

  simdjson::dom::parser parser;
  const auto each_annotation = [&](const fs::path& file, const auto& take) {
    for_each_element(file, "annotations", [&](std::size_t index, const std::string& text) {
      const std::string name = s2d::concat(file.string(), ": annotations[", index, "]");
      take(node{parse(parser, text, name), name});
    });
  };
  std::unordered_map<std::size_t, std::size_t> object_of_id;
  const fs::path keymasks = folder / "keymasks.json";
  data.has_keymasks = fs::exists(keymasks);
  if (data.has_keymasks)
    each_annotation(keymasks, [&](const node& annotation) {
      data.objects.push_back(read_object(annotation, data.frames));
      object_of_id.emplace(data.objects.back().id, data.objects.size() - 1);
    });
  const fs::path masks = folder / "masks.json";
  data.has_masks = fs::exists(masks);
  if (data.has_masks)
    each_annotation(masks, [&](const node& annotation) {
      data.masks.push_back(read_mask(annotation, data.frames, data.compared, object_of_id));
    });
  std::stable_sort(data.masks.begin(), data.masks.end(),
                   [](const mask_entry& a, const mask_entry& b) { return a.frame < b.frame; });
  find_states(data);

  const fs::path dense = folder / "dense.json";
  data.has_dense = data.has_dense && fs::exists(dense);
  if (data.has_dense) {
    each_annotation(dense, [&](const node& annotation) {
      data.dense.push_back(read_object(annotation, data.frames));
    });
    data.dense_keys.resize(data.dense.size(), none);
    for (std::size_t& key : data.dense_keys)
      if (key >= data.objects.size()) key = none;
  }
  const auto done = [&](std::string_view name) {
    return std::any_of(data.stages.begin(), data.stages.end(),
                       [&](const stage_entry& stage) { return stage.name == name; });
  };
  if (done("train")) data.rounds.push_back(read_losses(folder / "model" / "log.jsonl"));
  if (done("final round")) data.rounds.push_back(read_losses(folder / "final" / "log.jsonl"));
  std::erase_if(data.rounds, [](const auto& round) { return round.empty(); });
  return data;
}

}  // namespace app::report
