#include "outputs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <simdjson.h>

#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/keymask/output.hpp>

#include "files.hpp"
#include "json.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

// Frame masks of longer clips are written short: one entry instead of one a frame.
constexpr std::size_t longest_full_clip = 300;

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

std::optional<double> rounded_or_nothing(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return rounded(value, 1e4);
}

std::vector<s2d::ytvis_video> the_video(const findings& all) {
  s2d::ytvis_video video;
  video.height = all.height;
  video.width = all.width;
  video.length = static_cast<std::ptrdiff_t>(all.frames());
  video.file_names = all.names;
  return {video};
}

s2d::ytvis_annotation annotation(const findings& all, std::size_t id) {
  s2d::ytvis_annotation one;
  one.id = static_cast<std::int64_t>(id);
  one.height = all.height;
  one.width = all.width;
  one.length = static_cast<std::ptrdiff_t>(all.frames());
  return one;
}

// The end of the file, where stamp_of looks for the stamp.
void commit(s2d::ytvis_writer& out, const char* what, const std::string& stamp) {
  json_writer info;
  info.begin_object().member("description", what).member("version", version_text);
  info.member("stamp", stamp).end_object();
  out.commit({s2d::annotation_category{}}, {{"licenses", "[]"}, {"info", info.text()}});
}

std::string counted(std::size_t number, const char* one, const char* many) {
  return s2d::concat(number, " ", number == 1 ? one : many);
}

}  // namespace

void write_masks_json(const findings& all, const std::string& stamp, const fs::path& file) {
  s2d::ytvis_writer out{file, the_video(all), all.frames() > longest_full_clip};
  std::size_t id = 0;
  for (std::size_t t = 0; t < all.frames(); ++t)
    for (const found_mask& mask : all.masks[t]) {
      s2d::ytvis_annotation one = annotation(all, ++id);
      one.frame = static_cast<std::ptrdiff_t>(t);
      one.segments.push_back(s2d::make_segment(*one.frame, mask.mask));
      one.score = rounded(mask.score, 1e4);
      one.coherence = rounded_or_nothing(mask.coherence);
      if (mask.object != none) one.object = static_cast<std::int64_t>(mask.object + 1);
      if (!mask.visible.empty())
        one.visibility = {static_cast<std::ptrdiff_t>(mask.visible_from), mask.visible};
      out.add(one);
    }
  commit(out, "frame masks", stamp);
}

void write_keymasks_json(const findings& all, const std::string& stamp, const fs::path& file) {
  s2d::ytvis_writer out{file, the_video(all)};
  for (std::size_t i = 0; i < all.objects.size(); ++i) {
    const found_object& object = all.objects[i];
    s2d::ytvis_annotation one = annotation(all, i + 1);
    one.score = rounded(object.score, 1e4);
    one.one2x = s2d::round_hundredths(object.one2x);
    auto& ranges = one.visibility_ranges.emplace();
    for (const auto& [first, last] : object.ranges)
      ranges.push_back({static_cast<std::ptrdiff_t>(first), static_cast<std::ptrdiff_t>(last)});
    for (const found_keymask& key : object.keymasks) {
      one.segments.push_back(s2d::make_segment(static_cast<std::ptrdiff_t>(key.frame), key.mask));
      one.segments.back().coherence = rounded_or_nothing(key.coherence);
      one.segments.back().confidence = rounded_or_nothing(key.confidence);
    }
    out.add(one);
  }
  commit(out, "keymasks", stamp);
}

void write_table(const findings& all, const fs::path& file) {
  s2d::atomic_file out{file};
  out.write("frame,time,object,x,y,width,height,area,coherence,keymask\n");
  // The keymask of every object in a frame, if it has one.
  std::vector<std::map<std::size_t, const found_keymask*>> rows(all.frames());
  for (std::size_t i = 0; i < all.objects.size(); ++i) {
    for (const auto& [first, last] : all.objects[i].ranges)
      for (std::size_t t = first; t <= last && t < rows.size(); ++t) rows[t][i] = nullptr;
    for (const found_keymask& key : all.objects[i].keymasks) rows[key.frame][i] = &key;
  }
  char text[256];
  for (std::size_t t = 0; t < rows.size(); ++t) {
    for (const auto& [object, key] : rows[t]) {
      char time[32] = "";
      if (std::isfinite(all.seconds[t])) std::snprintf(time, sizeof time, "%.3f", all.seconds[t]);
      if (key == nullptr) {
        std::snprintf(text, sizeof text, "%zu,%s,%zu,,,,,,,0\n", t, time, object + 1);
      } else {
        const s2d::box box = bounding_box(key->mask);
        char coherence[32] = "";
        if (std::isfinite(key->coherence))
          std::snprintf(coherence, sizeof coherence, "%.4f", key->coherence);
        std::snprintf(text, sizeof text, "%zu,%s,%zu,%td,%td,%td,%td,%lld,%s,1\n", t, time,
                      object + 1, box.x, box.y, box.width, box.height,
                      static_cast<long long>(area(key->mask)), coherence);
      }
      out.write(text);
    }
  }
  out.commit();
}

namespace {

/// The pictures that a folder says are its own; none if it is damaged.
std::vector<std::string> pictures_of(const fs::path& folder, const std::string& kind) {
  std::error_code missing;
  if (!fs::exists(stamp_file(folder), missing)) return {};
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  std::vector<std::string> names;
  const std::string text = s2d::read_text(stamp_file(folder));
  std::string_view found;
  const auto all = parser.parse(text);
  if (all["kind"].get(found) != simdjson::SUCCESS || found != kind ||
      all["pictures"].get(list) != simdjson::SUCCESS)
    return {};
  for (const simdjson::dom::element each : list) {
    std::string_view name;
    if (each.get(name) != simdjson::SUCCESS) continue;
    const fs::path path{name};
    const bool below =
        path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
    if (below && path.extension() == ".png") names.emplace_back(name);
  }
  return names;
}

/// And the folder that they were in, if nothing else is.
void remove_pictures(const fs::path& folder, const std::vector<std::string>& names) {
  std::error_code ignored;
  for (const std::string& name : names) {
    remove_file(folder / name);
    const fs::path above = fs::path{name}.parent_path();
    if (!above.empty() && fs::is_directory(fs::symlink_status(folder / above, ignored)))
      fs::remove(folder / above, ignored);
  }
}

}  // namespace

picture_folder::picture_folder(fs::path folder, std::string kind, std::vector<std::string> names)
    : folder_{std::move(folder)}, kind_{std::move(kind)}, names_{std::move(names)} {
  std::vector<std::string> own = pictures_of(folder_, kind_);
  const std::set<std::string> fresh{names_.begin(), names_.end()}, known{own.begin(), own.end()};
  for (const std::string& name : own)
    if (!fresh.contains(name)) stale_.push_back(name);
  // If this call is killed, what it may have made is known, and the user's files are not taken.
  std::error_code ignored;
  for (const std::string& name : names_)
    if (!known.contains(name) && !fs::exists(folder_ / name, ignored)) own.push_back(name);
  make_folder(folder_);
  remember("unfinished", own);
}

void picture_folder::finish(const std::string& stamp) {
  remove_pictures(folder_, stale_);
  remember(stamp, names_);
}

void picture_folder::remember(const std::string& stamp,
                              const std::vector<std::string>& names) const {
  json_writer json;
  json.begin_object().member("stamp", stamp).member("kind", kind_).key("pictures").begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array().end_object().finish();
  s2d::write_file(stamp_file(folder_), json.text());
}

void remove_own_pictures(const fs::path& folder, const std::string& kind) {
  const std::vector<std::string> own = pictures_of(folder, kind);
  if (own.empty()) return;
  remove_pictures(folder, own);
  remove_file(stamp_file(folder));
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(folder, ignored)))
    fs::remove(folder, ignored);  // stays if anything is left
}

std::vector<std::string> picture_names(const std::vector<std::string>& frames) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> seen;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    names.push_back(fs::path{frames[t]}.stem().string() + ".png");
    const auto [at, fresh] = seen.emplace(names.back(), t);
    s2d::require(fresh, at->first, " stands for two frames, ", frames[at->second], " and ",
                 frames[t]);
  }
  return names;
}

std::string stamp_of(const fs::path& file) {
  std::error_code missing;
  if (!fs::is_regular_file(file, missing)) return {};
  constexpr std::string_view mark = "\"stamp\":\"";
  std::FILE* open = std::fopen(file.string().c_str(), "rb");
  if (open == nullptr) return {};
  // run.json begins with it, the other files end with it.
  char text[1024];
  std::string both(text, std::fread(text, 1, 256, open));
  if (std::fseek(open, -512, SEEK_END) != 0) std::rewind(open);
  both.append(text, std::fread(text, 1, 512, open));
  std::fclose(open);
  const std::size_t begin = both.find(mark);
  if (begin == both.npos) return {};
  const std::size_t end = both.find('"', begin + mark.size());
  if (end == both.npos) return {};
  return both.substr(begin + mark.size(), end - begin - mark.size());
}

std::string stamp_with(const std::string& stamp, const std::vector<fs::path>& beside) {
  std::string all = stamp;
  for (const fs::path& file : beside)
    if (!file.empty()) all += " " + stamp_for({}, {file});
  return all;
}

bool made_with(const fs::path& result, const std::string& stamp,
               const std::vector<fs::path>& beside) {
  const std::string carried = stamp_of(result) + " ";
  if (!carried.starts_with(stamp + " ")) return false;
  std::error_code missing;
  return std::all_of(beside.begin(), beside.end(), [&](const fs::path& file) {
    return file.empty() || (fs::exists(file, missing) &&
                            carried.find(stamp_with({}, {file}) + " ") != carried.npos);
  });
}

summary summarize(const findings& all, const settings& what, bool discovered) {
  summary s;
  s.frames = all.frames();
  for (const auto& frame : all.masks) s.masks += frame.size();
  s.objects = all.objects.size();
  for (const found_object& object : all.objects) s.keymasks += object.keymasks.size();

  const std::string found = counted(s.masks, "frame mask", "frame masks");
  const bool motion = what.segmenter == segmenter_kind::motion;
  if (s.frames < 2 && s.masks == 0) {
    s.result = "nothing moves";
    s.message = "A single frame shows no motion, and motion is what objects are found by.";
  } else if (s.masks == 0 && motion) {
    s.result = "nothing moves";
    s.message = s2d::concat("Nothing moves here: ", counted(s.frames, "frame", "frames"),
                            ", and in hardly any of them does anything move unlike the camera.");
    if (what.stride == 1 && s.frames > 30)
      s.message += " What moves slowly moves more between every third frame: --stride 3.";
  } else if (s.masks == 0) {
    s.result = "no masks";
    s.message = "There is not a single frame mask, so there are no objects.";
  } else if (2 * all.stirred > all.frames()) {
    s.result = "everything moves";
    s.message = s2d::concat(
        "Everything moves here, or seems to (water, leaves, parallax, a bare surface whose motion "
        "cannot be measured): the background moves nearly as much as the objects do. There are ",
        found, discovered ? " and " + counted(s.objects, "object", "objects") : std::string{},
        ", but look at them before you trust them.");
  } else if (!discovered) {
    s.result = "masks";
    s.message = s2d::concat(found, " in ", counted(s.frames, "frame", "frames"), ".");
  } else if (s.objects == 0) {
    s.result = "no objects";
    s.message = s2d::concat("Something moves (", found,
                            "), but no mask agrees with the others over time, so there is no "
                            "keymask.");
  } else {
    s.result = "objects";
    s.message = s2d::concat(counted(s.objects, "object", "objects"), " with ",
                            counted(s.keymasks, "keymask", "keymasks"), " among ", found, " in ",
                            counted(s.frames, "frame", "frames"), ".");
  }
  return s;
}

run_record::run_record(const findings& all, const summary& in_short, const fs::path& input,
                       const settings& what, const std::string& stamp)
    : stages{all.stages} {
  json_writer json;
  json.begin_object().member("keymasks_stamp", stamp);
  std::error_code ignored;
  const fs::path whole = fs::absolute(input, ignored);  // the page is made again from anywhere
  json.member("input", (whole.empty() ? input : whole).string());
  json.member("result", in_short.result).member("message", in_short.message);
  json.member("frames", in_short.frames).member("masks", in_short.masks);
  json.member("objects", in_short.objects).member("keymasks", in_short.keymasks);
  json.member("width", all.width).member("height", all.height).member("fps", all.fps);
  json.member("start", what.start).key("end");
  if (what.end == settings{}.end)
    json.null();
  else
    json.value(what.end);
  json.member("stride", what.stride).member("size", what.size);
  if (!all.damage.empty()) json.member("damage", all.damage);
  json.key("contrast").rounded(all.contrast, 3);
  json.key("settings").begin_object();
  write_settings(json, what);
  json.end_object();
  json.key("times").begin_array();
  for (const double seconds : all.seconds) json.rounded(seconds, 4);
  json.end_array().end_object();
  parse(json.text());
}

run_record::run_record(const fs::path& file) {
  std::error_code missing;
  if (fs::is_regular_file(file, missing)) parse(s2d::read_text(file));
}

void run_record::parse(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::object all;
  if (parser.parse(text).get(all) != simdjson::SUCCESS) return;
  for (const auto& [key, value] : all) {
    if (key == "s2d" || key == "stamp" || key == "seconds") continue;
    if (key != "stages") {
      members_.emplace_back(key, simdjson::minify(value));
      continue;
    }
    simdjson::dom::array entries;
    if (value.get(entries) != simdjson::SUCCESS) continue;
    for (const simdjson::dom::element entry : entries) {
      std::string_view name;
      double seconds = 0;
      if (entry["name"].get(name) == simdjson::SUCCESS &&
          entry["seconds"].get(seconds) == simdjson::SUCCESS)
        stages.push_back({std::string{name}, seconds});
    }
  }
}

std::string run_record::text_of(std::string_view key) const {
  simdjson::dom::parser parser;
  std::string_view text;
  for (const auto& [name, json] : members_)
    if (name == key && parser.parse(json).get(text) == simdjson::SUCCESS) return std::string{text};
  return {};
}

bool run_record::made(std::string_view name) const {
  return (" " + text_of("made") + " ").find(s2d::concat(" ", name, " ")) != std::string::npos;
}

std::size_t run_record::count_of(std::string_view key) const {
  simdjson::dom::parser parser;
  std::uint64_t count = 0;
  for (const auto& [name, json] : members_)
    if (name == key && parser.parse(json).get(count) == simdjson::SUCCESS)
      return static_cast<std::size_t>(count);
  return 0;
}

void run_record::set(std::string_view key, std::string json) {
  for (auto& [name, value] : members_)
    if (name == key) {
      value = std::move(json);
      return;
    }
  members_.emplace_back(key, std::move(json));
}

void run_record::drop(std::string_view key) {
  std::erase_if(members_, [&](const auto& member) { return member.first == key; });
}

double run_record::seconds() const {
  // Of what the file says, so that a record read again has the same sum.
  double sum = 0;
  for (const stage_time& stage : stages) sum += std::round(stage.seconds * 1000) / 1000;
  return sum;
}

std::string run_record::text(const std::string& stamp) const {
  json_writer json;
  json.begin_object().line().member("s2d", version_text).line().member("stamp", stamp);
  for (const auto& [key, value] : members_)
    if (key != "times") json.line().key(key).raw(value);
  json.line().key("stages").begin_array();
  for (const stage_time& stage : stages) {
    json.line().begin_object().member("name", stage.name).key("seconds");
    json.rounded(stage.seconds, 3).end_object();
  }
  json.line().end_array().line().key("seconds").rounded(seconds(), 3);
  for (const auto& [key, value] : members_)
    if (key == "times") json.line().key(key).raw(value);
  json.line().end_object().finish();
  return json.text();
}

}  // namespace app
