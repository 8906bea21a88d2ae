#include "distil.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <simdjson.h>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "overlay.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Predicted objects are those of keymasks from this overlap on.
constexpr double same_object = 0.3;

using tube = std::vector<s2d::ytvis_segment>;

/// Pixels common to both, over all frames.
double common(const tube& a, const tube& b) {
  double sum = 0;
  auto other = b.begin();
  for (const s2d::ytvis_segment& each : a) {
    while (other != b.end() && other->frame < each.frame) ++other;
    if (other == b.end()) break;
    if (other->frame == each.frame)
      sum += static_cast<double>(s2d::intersection_area(each.mask, other->mask));
  }
  return sum;
}

/// For each predicted object the one of the keymasks with which it has most in common, each taken
/// once; none where there is no such. A few keymasks that fit by chance do not count for much.
std::vector<std::size_t> match(const std::vector<tube>& predicted, const std::vector<tube>& keys) {
  struct pair {
    double common;
    std::size_t predicted, key;
  };
  std::vector<pair> pairs;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    for (std::size_t k = 0; k < keys.size(); ++k)
      if (s2d::tube_iou(predicted[i], keys[k]) >= same_object)
        pairs.push_back({common(predicted[i], keys[k]), i, k});
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const pair& a, const pair& b) { return a.common > b.common; });
  std::vector<std::size_t> key_of(predicted.size(), none);
  std::vector<bool> taken(keys.size());
  for (const pair& each : pairs) {
    if (key_of[each.predicted] != none || taken[each.key]) continue;
    key_of[each.predicted] = each.key;
    taken[each.key] = true;
  }
  return key_of;
}

std::vector<tube> tubes_of(s2d::ytvis_data&& data) {
  std::vector<tube> tubes;
  for (s2d::ytvis_annotation& one : data.annotations) tubes.push_back(std::move(one.segments));
  return tubes;
}

/// A path as a word of a call, where one that begins with a dash would be an option.
std::string word_of(const fs::path& path) {
  const std::string word = path.string();
  return word.starts_with('-') ? "./" + word : word;
}

/// The member "training" of config.json.
std::string training_settings(const fs::path& model) {
  const std::string text = s2d::read_text(model / "config.json");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  s2d::require(parser.parse(text).get(root) == simdjson::SUCCESS, model.string(),
               ": config.json is no JSON");
  simdjson::dom::element training;
  return root["training"].get(training) == simdjson::SUCCESS ? simdjson::minify(training) : "null";
}

/// Of all steps, those of earlier calls too.
double seconds_of_training(const fs::path& model) {
  simdjson::dom::parser parser;
  double sum = 0;
  const std::string text = s2d::read_text(model / "log.jsonl");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = (std::min)(text.find('\n', at), text.size());
    double seconds = 0;
    if (parser.parse(text.substr(at, end - at))["seconds"].get(seconds) == simdjson::SUCCESS)
      sum += seconds;
    at = end + 1;
  }
  return sum;
}

fs::file_time_type time_of(const fs::path& file) {
  std::error_code missing;
  const auto time = fs::last_write_time(file, missing);
  return missing ? fs::file_time_type::min() : time;
}

class stages {
 public:
  stages(const clip& video, const run_options& options, run_record& record)
      : video_{video}, options_{options}, record_{record}, before_{std::move(record.stages)} {
    // What was measured before the keymasks were there stays.
    record_.stages.clear();
    for (const stage_time& each : before_)
      if (std::none_of(std::begin(own), std::end(own),
                       [&](std::string_view name) { return each.name == name; }))
        record_.stages.push_back(each);
  }

  void train(const char* name, const fs::path& labels, const fs::path& model) {
    std::vector<std::string> words = training_call(labels, model);
    const std::vector<std::string>& said = options_.distil.training;
    words.insert(words.end(), said.begin(), said.end());
    const fs::path& init = options_.distil.init;
    if (!init.empty()) words.insert(words.end(), {"--init", word_of(init)});
    run_training(name, std::move(words), model);
  }

  /// Goes on from a network with labels that are all meant to be learned.
  void train_on(const char* name, const fs::path& labels, const fs::path& before,
                const fs::path& model) {
    std::vector<std::string> words = training_call(labels, model);
    words.insert(words.end(), {"--init", word_of(before), "--lr", "0.001", "--steps",
                               s2d::concat(options_.distil.final_steps)});
    pass_on(words, {"--seed"});
    run_training(name, std::move(words), model);
  }

  /// True if the masks are not those of before.
  bool predict(const char* name, const fs::path& model, const fs::path& out,
               const fs::path& keymasks = {}) {
    const settings& what = options_.what;
    std::vector<std::string> words{"predict",  word_of(video_.path),
                                   "--model",  word_of(model),
                                   "--out",    word_of(out),
                                   "--start",  s2d::concat(what.start),
                                   "--stride", s2d::concat(what.stride),
                                   "--size",   s2d::concat(what.size)};
    if (!keymasks.empty()) words.insert(words.end(), {"--keymasks", word_of(keymasks)});
    if (what.end != settings{}.end) words.insert(words.end(), {"--end", s2d::concat(what.end)});
    const double seconds = call(std::move(words), out);
    add(name, seconds);
    return seconds > 0;
  }

  void label(const distil_places& to) {
    std::vector<std::string> words{
        "label",   word_of(to.predictions), "--keymasks", word_of(to.keymasks),
        "--masks", word_of(to.masks),       "--out",      word_of(to.labels)};
    pass_on(words, {"--min-trust", "--relative-trust", "--share"});
    add("label", call(std::move(words), to.labels));
  }

  /// Of a stage that was skipped, what it took when it was done.
  void add(const char* name, double seconds) {
    if (seconds == 0)
      for (const stage_time& each : before_)
        if (each.name == name) seconds = each.seconds;
    if (seconds > 0) record_.stages.push_back({name, seconds});
  }

 private:
  static constexpr std::string_view own[] = {
      "train", "predict for labels", "label", "final round", "predict", "dense overlay", "report"};

  std::vector<std::string> training_call(const fs::path& labels, const fs::path& model) const {
    return {"train", word_of(video_.path), "--labels", word_of(labels), "--out", word_of(model)};
  }

  /// What the user has said of some options of training.
  void pass_on(std::vector<std::string>& words, std::initializer_list<std::string_view> names) {
    const std::vector<std::string>& said = options_.distil.training;
    for (std::size_t i = 0; i + 1 < said.size(); i += 2)
      if (std::find(names.begin(), names.end(), said[i]) != names.end())
        words.insert(words.end(), {said[i], said[i + 1]});
  }

  void run_training(const char* name, std::vector<std::string> words, const fs::path& model) {
    const double seconds = call(std::move(words), model / "config.json");
    // Steps of an interrupted call count as well.
    add(name, seconds > 0 ? (std::max)(seconds, seconds_of_training(model)) : 0);
  }

  /// Seconds; 0 if it had nothing to do.
  double call(std::vector<std::string> words, const fs::path& made) {
    throw_if_stopped();
    if (words[0] != "label")
      words.insert(words.end(),
                   {"--threads", s2d::concat(options_.threads), "--device", options_.device});
    if (options_.force) words.emplace_back("--force");
    if (options_.quiet) words.emplace_back("--quiet");
    const auto before = time_of(made);
    const stopwatch clock;
    run_network(words);
    if (time_of(made) == before) return 0;
    return clock.seconds();
  }

  const clip& video_;
  const run_options& options_;
  run_record& record_;
  std::vector<stage_time> before_;
};

/// Paints the clip with dense masks, each in the colour of the keymasks of the same object.
void write_overlay(const clip& video, const run_options& options, const s2d::ytvis_video& head,
                   const std::vector<tube>& predicted, const std::vector<std::size_t>& key_of,
                   std::size_t keys, const fs::path& file, console& screen) {
  findings all;
  all.height = head.height;
  all.width = head.width;
  all.names = head.file_names;
  all.masks.resize(all.frames());
  all.fps = frame_source{video, options.what}.frames_per_second();
  all.objects.resize(keys);
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    if (key_of[i] == none) all.objects.emplace_back();
    found_object& object = key_of[i] == none ? all.objects.back() : all.objects[key_of[i]];
    for (const s2d::ytvis_segment& each : predicted[i])
      object.keymasks.push_back({static_cast<std::size_t>(each.frame), each.mask, unknown});
  }
  write_pictures(all, video, options.what, file, {}, screen);
}

}  // namespace

distil_places::distil_places(const fs::path& folder)
    : keymasks{folder / "keymasks.json"},
      masks{folder / "masks.json"},
      model{folder / "model"},
      predictions{folder / "predictions.json"},
      labels{folder / "labels.json"},
      final_model{folder / "final"},
      dense{folder / "dense.json"},
      overlay{folder / "dense.mp4"} {}

std::string distil(const clip& video, const run_options& options, const distil_places& to,
                   run_record& record, console& screen) {
  const distillation& what = options.distil;
  screen.end();
  stages go{video, options, record};
  go.train("train", to.keymasks, to.model);
  record.set("training", training_settings(to.model));
  if (what.until == stage::train) return {};

  fs::path model = to.model;
  if (what.final_steps > 0 || what.until == stage::labels) {
    go.predict("predict for labels", to.model, to.predictions);
    go.label(to);
    if (what.until == stage::labels) return {};
    go.train_on("final round", to.labels, to.model, to.final_model);
    model = to.final_model;
  }
  const bool fresh = go.predict("predict", model, to.dense, to.keymasks);

  const auto keys = tubes_of(s2d::read_ytvis(to.keymasks));
  s2d::ytvis_data data = s2d::read_ytvis(to.dense);
  s2d::require(data.videos.size() == 1, to.dense.string(), ": holds ", data.videos.size(),
               " videos, expected one");
  const s2d::ytvis_video head = data.videos.front();
  const auto carried =
      std::count_if(data.annotations.begin(), data.annotations.end(), [](const auto& each) {
        const auto& extras = each.extras;
        return std::find(extras.begin(), extras.end(),
                         std::pair{std::string{"source"}, std::string{"\"keymasks\""}}) !=
               extras.end();
      });
  const auto predicted = tubes_of(std::move(data));
  const auto key_of = match(predicted, keys);
  std::size_t masks = 0;
  for (const tube& each : predicted) masks += each.size();
  json_writer said;
  said.begin_object().member("file", "dense.json").member("objects", predicted.size());
  said.member("masks", masks);
  std::string message =
      s2d::concat("After training on them there are ", masks, " masks of ", predicted.size(),
                  predicted.size() == 1 ? " object." : " objects.");
  if (carried > 0)
    message += s2d::concat(" The network lost ", carried,
                           " of them, which are their keymasks carried "
                           "along the flow.");
  said.member("message", message);
  said.key("keymask_objects").begin_array();
  for (const std::size_t key : key_of) key == none ? said.null() : said.value(key + 1);
  said.end_array().end_object();
  record.set("dense", said.text());

  if (!options.overlay) {
    if (fresh && record.made("dense.mp4")) remove_file(to.overlay);  // of other masks
    return message;
  }
  const stopwatch clock;
  if (fresh || time_of(to.overlay) < time_of(to.dense)) {
    screen.begin(video.name);
    write_overlay(video, options, head, predicted, key_of, keys.size(), to.overlay, screen);
    screen.end();
    go.add("dense overlay", clock.seconds());
  } else {
    go.add("dense overlay", 0);
  }
  return message;
}

}  // namespace app
