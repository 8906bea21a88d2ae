// s2d train: a network learns the objects of one video, or of many, from masks in some frames.
#include <torch/torch.h>

#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/trainer.hpp>
#include <s2d/torch/weights.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

#include "network_commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "input.hpp"
#include "labels.hpp"
#include "model.hpp"
#include "outputs.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Everything that decides about the weights.
void write_settings(json_writer& json, const train_options& options) {
  json.member("steps", options.steps).member("seed", options.seed);
  json.member("height", options.height).member("width", options.width);
  json.member("queries", options.queries).member("lr", options.rate);
  json.member("min_score", options.min_score).member("min_trust", options.min_trust);
  json.member("relative_trust", options.relative_trust);
  json.member("share", options.share).member("weigh", options.weigh);
  if (!options.init.empty()) json.member("init", stamp_of(config_file(options.init)));
}

/// A clip and what is learned of it.
struct lesson {
  clip from;
  s2d::torch::video_labels labels;
};

s2d::torch::label_options taken_by(const train_options& options) {
  s2d::torch::label_options taken;
  taken.min_score = options.min_score;
  taken.min_trust = options.min_trust;
  taken.relative_trust = options.relative_trust;
  taken.frame_share = options.share;
  if (options.weigh) taken.weight = s2d::torch::label_weight::trust;
  return taken;
}

/// How long training takes if nobody says so.
std::int64_t usual_steps(std::int64_t clips, const train_options& options) {
  return options.init.empty() ? (std::max)(std::int64_t{600}, 200 * clips) : 150 * clips;
}

/// Of many clips those without a mask are left out, and named.
std::vector<lesson> read_lessons(const clip_list& found, const train_options& options,
                                 label_place& place, console& screen) {
  std::vector<lesson> lessons;
  std::string without;
  std::size_t labelled = 0, objects_given = 0;
  for (const clip& each : found.clips) {
    throw_if_stopped();
    auto labels = place.read(each);
    if (labels) {
      ++labelled;
      objects_given += labels->objects.size();
      labels = s2d::torch::select_labels(std::move(*labels), taken_by(options));
    }
    if (labels && !labels->objects.empty())
      lessons.push_back({each, std::move(*labels)});
    else
      without += " " + each.name;
  }
  s2d::require(
      !found.many || labelled > 0, options.labels.string(), ": holds no labels of ",
      options.input.string(),
      ", expected for a clip NAME there NAME/keymasks.json, NAME/labels.json, NAME.json, or "
      "mask pictures in NAME");
  s2d::require(!lessons.empty(), options.labels.string(), ": no mask is left of ", objects_given,
               " objects, expected at least one to learn from");
  if (!without.empty())
    screen.note(s2d::concat(found.clips.size() - lessons.size(), " of ", found.clips.size(),
                            " videos have no mask to learn from:", without));
  return lessons;
}

/// What decides about the network, as asked for or as the labels suggest.
model_facts facts_for(const std::vector<lesson>& lessons, const train_options& options) {
  model_facts facts;
  std::int64_t most = 0;
  for (const lesson& each : lessons)
    most = (std::max)(most, static_cast<std::int64_t>(each.labels.objects.size()));
  if (options.init.empty()) {
    facts.queries = options.queries > 0 ? options.queries : (std::max)(std::int64_t{10}, 2 * most);
    facts.height = options.height;
    facts.width = options.width;
  } else {
    facts = read_facts(config_file(options.init));
  }
  facts.objects = most;
  facts.videos = static_cast<std::int64_t>(lessons.size());
  if (lessons.size() == 1) {
    const auto& labels = lessons.front().labels;
    const auto size = network_size(facts, labels.height, labels.width);
    facts.height = size.height;
    facts.width = size.width;
  }
  return facts;
}

fs::path log_of(const fs::path& out) { return out / "log.jsonl"; }

/// log.jsonl: a line for every step, also of a run in parts.
class log_file {
 public:
  explicit log_file(fs::path file) : file_{std::move(file)} {}

  void add(const s2d::torch::training_log& entry) {
    if (!open_) begin(entry.step);
    const std::string line = s2d::torch::to_json(entry) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), open_.get()) != line.size() ||
        std::fflush(open_.get()) != 0)
      throw s2d::io_error{file_.string() + ": cannot write"};
  }

 private:
  /// Lines of steps from `first` on, and one that was cut off, are of a run that did not keep them.
  void begin(std::int64_t first) {
    constexpr std::string_view head = "{\"step\":";
    std::error_code missing;
    std::string kept;
    if (first > 1 && fs::exists(file_, missing)) {
      const std::string text = s2d::read_text(file_);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        if (end == text.npos || !std::string_view{text}.substr(at).starts_with(head)) break;
        std::int64_t step = first;
        std::from_chars(text.data() + at + head.size(), text.data() + end, step);
        if (step >= first) break;
        kept.append(text, at, end + 1 - at);
        at = end + 1;
      }
    }
    s2d::write_file(file_, kept);
    open_.reset(std::fopen(file_.string().c_str(), "ab"));
    if (!open_) throw s2d::io_error{file_.string() + ": cannot open"};
  }

  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  fs::path file_;
  std::unique_ptr<std::FILE, closer> open_;
};

/// The checkpoints of a model, hidden in its folder; they go, and all that lies there.
fs::path work_folder(const fs::path& out) { return out / ".s2d"; }

/// No file of the user is lost: what is read is not what is written or removed.
void require_own_places(const train_options& options, const clip_list& found,
                        const label_place& place) {
  std::vector<fs::path> read{options.labels, options.init};
  for (const clip& each : found.clips) {
    const std::vector<fs::path> pictures = places_read(each);
    read.insert(read.end(), pictures.begin(), pictures.end());
    read.push_back(place.of(each));
  }
  require_apart({{weights_file(options.out), config_file(options.out), log_of(options.out)},
                 {},
                 {work_folder(options.out)}},
                read);
}

/// Checkpoints of other settings go.
void keep_only(const fs::path& cache, const std::string& stamp, console& screen) {
  std::error_code error;
  bool others = false;
  for (fs::directory_iterator it{cache, error}, end; !error && it != end; it.increment(error))
    if (it->path().filename() != stamp) {
      std::error_code ignored;
      others = fs::remove_all(it->path(), ignored) > 0 || others;
    }
  if (others) screen.note("other settings or files than before: training starts anew");
}

std::string losses(const s2d::torch::training_log& entry) {
  char text[96];
  std::snprintf(text, sizeof text, "step %lld  loss %.2f (class %.2f, mask %.2f, dice %.2f)",
                static_cast<long long>(entry.step), entry.loss, entry.class_,
                entry.mask + entry.teacher_mask, entry.dice + entry.teacher_dice);
  return text;
}

}  // namespace

int train_command(const train_options& given) {
  console screen{given.quiet};
  const clip_list found = find_clips(given.input);
  train_options options = given;
  if (!found.many && options.steps == 0) options.steps = usual_steps(1, options);
  const std::string name = found.many ? folder_name(options.input) : found.clips.front().name;
  label_place place{options.labels, found.many};
  require_own_places(options, found, place);
  json_writer said;
  said.begin_object();
  write_settings(said, options);
  said.end_object();
  std::string stamp;
  if (found.many) {
    std::string parts = said.text();
    for (const clip& each : found.clips)
      if (const fs::path own = place.of(each); !own.empty()) parts += stamp_for(each, {}, own);
    stamp = stamp_for(parts, {});
  } else {
    stamp = stamp_for(found.clips.front(), said.text(), options.labels);
  }
  std::error_code ignored;
  if (!options.force && stamp_of(config_file(options.out)) == stamp &&
      fs::exists(weights_file(options.out), ignored)) {
    screen.note(name + ": trained before, skipped");
    return exit_success;
  }

  const ::torch::Device device = device_named(options.device);
  std::vector<lesson> lessons = read_lessons(found, options, place, screen);
  if (options.steps == 0) options.steps = usual_steps(std::ssize(lessons), options);
  model_facts facts = facts_for(lessons, options);
  if (facts.queries < facts.objects)
    screen.note(s2d::concat(name, ": a clip has ", facts.objects,
                            " objects, the network looks for ", facts.queries, " at most"));
  std::size_t masks = 0, objects = 0, frames = 0;
  for (const lesson& each : lessons) {
    objects += each.labels.objects.size();
    frames += static_cast<std::size_t>(each.labels.length);
    for (const auto& object : each.labels.objects) masks += object.masks.size();
  }

  make_folder(options.out);
  const fs::path cache = work_folder(options.out);
  if (options.force) fs::remove_all(cache, ignored);
  keep_only(cache, stamp, screen);
  fs::remove(config_file(options.out), ignored);  // what it says is about to change

  const stopwatch clock;
  const auto threads = s2d::thread_count(options.threads);
  ::torch::set_num_threads(static_cast<int>(threads));
  screen.begin(name);
  std::vector<s2d::torch::prepared_video> videos;
  std::size_t read = 0;
  for (lesson& each : lessons) {
    labelled_frames source{each.from, each.labels};
    const auto size = network_size(facts, each.labels.height, each.labels.width);
    videos.push_back(s2d::torch::prepare_video(
        std::move(each.labels),
        [&](std::ptrdiff_t) {
          throw_if_stopped();
          screen.update("frames", static_cast<double>(read++) / static_cast<double>(frames));
          return source.next();
        },
        size.height, size.width, 1));  // frames come one after the other
  }

  s2d::torch::training_options training = s2d::torch::tiny_training(options.steps);
  training.optimizer.rate = options.rate;
  training.rate.warm_up = (std::min)(training.rate.warm_up, options.steps / 10);
  training.seed = static_cast<std::uint64_t>(options.seed);
  training.folder = cache / stamp;
  training.checkpoint_every = options.checkpoint_every;
  s2d::torch::memory_clip_options chosen;
  chosen.any_first_from = training.losses.teacher_from;
  chosen.seed = training.seed;
  chosen.threads = threads;
  const s2d::torch::memory_clips clips{
      std::move(videos), s2d::torch::pixel_statistics{facts.mean, facts.deviation}, chosen};
  facts.mean = clips.pixels().mean;
  facts.deviation = clips.pixels().deviation;

  ::torch::manual_seed(training.seed);
  s2d::torch::video_mask2former student{configuration(facts)};
  if (!options.init.empty()) s2d::torch::load(*student, weights_file(options.init));
  student->to(device);
  if (const auto last = s2d::torch::latest_checkpoint(training.folder))
    screen.note(s2d::concat(name, ": goes on behind ", last->filename().string()));
  log_file log{log_of(options.out)};
  s2d::torch::training_log last;
  screen.span(0, 1, "");
  const auto result = s2d::torch::train(
      student, clips, training,
      [&](const s2d::torch::training_log& entry) {
        log.add(entry);
        last = entry;
        screen.span(0, 1, losses(entry));
      },
      screen.stage(0, 1));
  screen.end();

  s2d::torch::save(*result.teacher, weights_file(options.out));
  json_writer json;
  json.begin_object().member("stamp", stamp).member("version", version_text);
  write_facts(json, facts);
  json.member("labels", options.labels.string());
  json.key("training").begin_object();
  write_settings(json, options);
  json.end_object().end_object().finish();
  s2d::write_file(config_file(options.out), json.text());
  fs::remove_all(cache, ignored);
  if (!options.quiet) {
    const std::string of =
        found.many ? s2d::concat(" of ", facts.videos, facts.videos == 1 ? " video" : " videos")
                   : std::string{};
    std::printf("%s: %zu %s in %zu masks%s, %s (%s)\n  %s\n", name.c_str(), objects,
                objects == 1 ? "object" : "objects", masks, of.c_str(), losses(last).c_str(),
                duration_text(clock.seconds()).c_str(), weights_file(options.out).string().c_str());
    std::fflush(stdout);
  }
  return exit_success;
}

}  // namespace app
