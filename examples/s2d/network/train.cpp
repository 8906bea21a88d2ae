// s2d train: a network learns the objects of one video from masks in some of its frames.
#include <torch/torch.h>

#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/trainer.hpp>
#include <s2d/torch/weights.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
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

/// About so many pixels as measured best on small videos, never more than there are, both sides
/// multiples of 32.
std::pair<std::int64_t, std::int64_t> training_size(double height, double width) {
  const double scale = (std::min)(1.0, std::sqrt(256.0 * 448.0 / (height * width)));
  const auto side = [&](double extent) {
    return 32 * (std::max)(std::int64_t{1}, std::int64_t{std::llround(extent * scale / 32)});
  };
  return {side(height), side(width)};
}

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

int train_command(const train_options& options) {
  console screen{options.quiet};
  const clip_list found = find_clips(options.input);
  s2d::require(!found.many, options.input.string(), ": is a folder of videos, expected one video");
  const clip& video = found.clips.front();
  json_writer said;
  said.begin_object();
  write_settings(said, options);
  said.end_object();
  const std::string stamp = stamp_for(video, said.text(), options.labels);
  std::error_code ignored;
  if (!options.force && stamp_of(config_file(options.out)) == stamp &&
      fs::exists(weights_file(options.out), ignored)) {
    screen.note(video.name + ": trained before, skipped");
    return exit_success;
  }

  const ::torch::Device device = device_named(options.device);
  auto labels = read_labels(options.labels, video);
  const std::size_t objects_given = labels.objects.size();
  s2d::torch::label_options taken;
  taken.min_score = options.min_score;
  taken.min_trust = options.min_trust;
  taken.relative_trust = options.relative_trust;
  taken.frame_share = options.share;
  if (options.weigh) taken.weight = s2d::torch::label_weight::trust;
  labels = s2d::torch::select_labels(std::move(labels), taken);
  s2d::require(!labels.objects.empty(), options.labels.string(), ": no mask is left of ",
               objects_given, " objects, expected at least one to learn from");
  std::size_t masks = 0;
  for (const auto& object : labels.objects) masks += object.masks.size();

  model_facts facts;
  facts.objects = static_cast<std::int64_t>(labels.objects.size());
  facts.queries =
      options.queries > 0 ? options.queries : (std::max)(std::int64_t{10}, 2 * facts.objects);
  std::tie(facts.height, facts.width) =
      options.height > 0
          ? std::pair{options.height, options.width}
          : training_size(static_cast<double>(labels.height), static_cast<double>(labels.width));
  if (!options.init.empty()) {
    facts = read_facts(config_file(options.init));
    facts.objects = static_cast<std::int64_t>(labels.objects.size());
  }

  make_folder(options.out);
  const fs::path cache = options.out / ".s2d";
  if (options.force) fs::remove_all(cache, ignored);
  keep_only(cache, stamp, screen);
  fs::remove(config_file(options.out), ignored);  // what it says is about to change

  const stopwatch clock;
  const auto threads = s2d::thread_count(options.threads);
  ::torch::set_num_threads(static_cast<int>(threads));
  screen.begin(video.name);
  const auto length = labels.length;
  labelled_frames frames{video, labels};
  auto prepared = s2d::torch::prepare_video(
      std::move(labels),
      [&](std::ptrdiff_t t) {
        throw_if_stopped();
        screen.update("frames", static_cast<double>(t) / static_cast<double>(length));
        return frames.next();
      },
      facts.height, facts.width, 1);  // frames come one after the other

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
  std::vector<s2d::torch::prepared_video> videos;
  videos.push_back(std::move(prepared));
  const s2d::torch::memory_clips clips{
      std::move(videos), s2d::torch::pixel_statistics{facts.mean, facts.deviation}, chosen};
  facts.mean = clips.pixels().mean;
  facts.deviation = clips.pixels().deviation;

  ::torch::manual_seed(training.seed);
  s2d::torch::video_mask2former student{configuration(facts)};
  if (!options.init.empty()) s2d::torch::load(*student, weights_file(options.init));
  student->to(device);
  if (const auto last = s2d::torch::latest_checkpoint(training.folder))
    screen.note(s2d::concat(video.name, ": goes on behind ", last->filename().string()));
  log_file log{options.out / "log.jsonl"};
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
  json.key("training").raw(said.text()).end_object().finish();
  s2d::write_file(config_file(options.out), json.text());
  fs::remove_all(cache, ignored);
  if (!options.quiet) {
    std::printf("%s: %lld %s in %zu masks, %s (%s)\n  %s\n", video.name.c_str(),
                static_cast<long long>(facts.objects), facts.objects == 1 ? "object" : "objects",
                masks, losses(last).c_str(), duration_text(clock.seconds()).c_str(),
                weights_file(options.out).string().c_str());
    std::fflush(stdout);
  }
  return exit_success;
}

}  // namespace app
