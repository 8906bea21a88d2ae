// s2d predict: the objects that a network finds, in every frame of a video or of many.
#include <torch/torch.h>

#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/mask_refiner.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/weights.hpp>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/segment/cuts.hpp>

#include "network_commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "input.hpp"
#include "labels.hpp"
#include "lost.hpp"
#include "mask_video.hpp"
#include "model.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "result.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Names, times and size of the frames, and where shots begin: video files do not say reliably how
/// many frames they hold.
findings look_through(const clip& video, const settings& what, std::vector<bool>& cut_before,
                      console& screen) {
  findings all;
  frame_source source{video, what};
  all.fps = source.frames_per_second();
  const std::size_t expected = source.expected_frames();
  frame next;
  s2d::shot_signature last;
  std::vector<s2d::shot_difference> between;
  while (source.read(next)) {
    throw_if_stopped();
    s2d::shot_signature here = s2d::make_shot_signature(next.picture);
    between.push_back(between.empty() ? s2d::shot_difference{} : s2d::compare_shots(last, here));
    last = std::move(here);
    if (all.names.empty()) {
      all.height = next.picture.height;
      all.width = next.picture.width;
    }
    all.names.push_back(next.name);
    all.seconds.push_back(next.seconds);
    if (expected > 0)
      screen.update("frames", static_cast<double>(all.frames()) / static_cast<double>(expected));
  }
  cut_before = s2d::find_cuts(between);
  all.damage = source.damage();
  all.masks.resize(all.frames());
  s2d::require(all.frames() > 0, video.path.string(), ": found no frame, expected at least one");
  return all;
}

/// Frames as the network wants them, and as they are. The last few are remembered, since the last
/// clip reaches back.
class network_frames {
 public:
  network_frames(const clip& video, const settings& what, const model_facts& facts,
                 s2d::torch::picture_size size, std::int64_t remembered)
      : facts_{facts}, size_{size}, source_{video, what}, remembered_{remembered} {}

  ::torch::Tensor operator()(std::int64_t first, std::int64_t count) {
    throw_if_stopped();
    frame next;
    while (end_ < first + count) {
      s2d::require(source_.read(next), "frame ", end_, " is gone");
      last_.push_back(tensor_of(next.picture));
      pictures_.push_back(std::move(next.picture));
      ++end_;
      while (static_cast<std::int64_t>(last_.size()) > remembered_) {
        last_.pop_front();
        pictures_.pop_front();
      }
    }
    const auto begin = static_cast<std::int64_t>(last_.size()) - (end_ - first);
    const std::vector<::torch::Tensor> clip{last_.begin() + begin, last_.begin() + begin + count};
    return ::torch::stack(clip);
  }

  /// @throws s2d::invalid_input if the frame is not among the last
  [[nodiscard]] const s2d::image& picture(std::int64_t t) const {
    const std::int64_t first = end_ - static_cast<std::int64_t>(pictures_.size());
    s2d::require(t >= first && t < end_, "frame ", t, " is not remembered");
    return pictures_[static_cast<std::size_t>(t - first)];
  }

 private:
  ::torch::Tensor tensor_of(const s2d::image& given) const {
    const s2d::image picture = resized(given, size_.height, size_.width);
    const auto out = ::torch::empty({3, size_.height, size_.width}, ::torch::kFloat);
    float* to = out.data_ptr<float>();
    for (std::size_t c = 0; c < 3; ++c) {
      const auto scale = static_cast<float>(1 / facts_.deviation[c]);
      const auto offset = static_cast<float>(-facts_.mean[c] / facts_.deviation[c]);
      for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
        const std::uint8_t* row = picture.row(y) + c;
        for (std::ptrdiff_t x = 0; x < picture.width; ++x) *to++ = row[3 * x] * scale + offset;
      }
    }
    return out;
  }

  model_facts facts_;
  s2d::torch::picture_size size_;
  frame_source source_;
  std::int64_t remembered_;
  std::deque<::torch::Tensor> last_;
  std::deque<s2d::image> pictures_;
  std::int64_t end_ = 0;
};

void write_dense_json(const std::vector<s2d::ytvis_annotation>& objects,
                      const s2d::ytvis_video& video, const std::string& stamp,
                      const fs::path& file) {
  s2d::ytvis_writer out{file, {video}};
  for (const s2d::ytvis_annotation& object : objects) out.add(object);
  json_writer info;
  info.begin_object().member("description", "predicted objects").member("version", version_text);
  info.member("stamp", stamp).end_object();
  out.commit({s2d::annotation_category{}}, {{"licenses", "[]"}, {"info", info.text()}});
}

void write_dense_pictures(const findings& all, const std::string& stamp, const fs::path& folder) {
  s2d::require(all.objects.size() <= 255, folder.string(), ": ", all.objects.size(),
               " objects, expected at most 255 in mask pictures");
  std::vector<std::vector<numbered_mask>> frames(all.frames());
  for (std::size_t i = 0; i < all.objects.size(); ++i)
    for (const found_keymask& each : all.objects[i].keymasks)
      frames[each.frame].push_back({i + 1, each.mask, 1});
  picture_folder pictures{folder, "dense", picture_names(all.names)};
  for (std::size_t t = 0; t < all.frames(); ++t) {
    s2d::matrix<std::uint8_t> ids(all.height, all.width);
    paint_numbers(frames[t], ids.view());
    s2d::write_palette_png(pictures.file(t), ids);
  }
  pictures.finish(stamp);
}

/// How a network that was trained so is asked. A query that stands for objects of many videos is
/// still one object within a video (docs/training.md).
s2d::torch::prediction_options prediction_of(const model_facts& facts,
                                             const predict_options& options) {
  const std::int64_t most = facts.videos > 1 ? facts.queries : facts.objects;
  auto how = s2d::torch::tiny_prediction(options.objects > 0 ? options.objects : most);
  how.selection.least_score = options.min_score;
  if (options.most_overlap < 1) how.selection.nms = options.most_overlap;
  return how;
}

/// One video.
struct prediction_task {
  const clip& video;
  fs::path out, overlay;  // files, or a folder for pictures
  std::optional<s2d::torch::video_labels> keymasks;
  std::string stamp;

  [[nodiscard]] bool as_json() const { return out.extension() == ".json"; }
  [[nodiscard]] fs::path stamped() const { return as_json() ? out : stamp_file(out); }
  [[nodiscard]] bool finished() const { return made_with(stamped(), stamp, {overlay}); }
};

void predict_clip(const prediction_task& task, const predict_options& options,
                  const model_facts& facts, s2d::torch::video_mask2former& model, console& screen) {
  const clip& video = task.video;
  const stopwatch clock;
  screen.begin(video.name);
  std::vector<bool> cut_before;
  findings all = look_through(video, options.what, cut_before, screen);
  if (!all.damage.empty()) screen.note(video.name + ": " + all.damage);

  auto how = prediction_of(facts, options);
  const auto length = static_cast<std::int64_t>(all.frames());
  const auto size = network_size(facts, all.height, all.width);
  const s2d::torch::mask_sizes sizes{size, size, {all.height, all.width}};
  network_frames frames{video, options.what, facts, size, how.clip_length};
  if (options.refine)
    how.refine = s2d::torch::mask_refiner{
        [&](std::ptrdiff_t t) -> const s2d::image& { return frames.picture(t); }};
  screen.span(0, 1, "");
  s2d::ytvis_video head;
  head.height = all.height;
  head.width = all.width;
  head.length = length;
  head.file_names = all.names;
  if (task.keymasks) require_fitting(*task.keymasks, head, video);
  auto objects = s2d::torch::dense_labels(
      s2d::torch::predict(
          model, [&](std::int64_t first, std::int64_t count) { return frames(first, count); },
          length, sizes, how, screen.stage(0, 1)),
      head, {.least_score = options.min_score});
  const std::size_t kept = task.keymasks
                               ? keep_lost(objects, head, cut_before, *task.keymasks, video,
                                           options.what, s2d::thread_count(options.threads), screen)
                               : 0;
  std::size_t masks = 0;
  for (const s2d::ytvis_annotation& each : objects) {
    found_object& object = all.objects.emplace_back();
    object.score = each.score.value_or(1);
    for (const s2d::ytvis_segment& segment : each.segments)
      object.keymasks.push_back({static_cast<std::size_t>(segment.frame), segment.mask, unknown});
    masks += each.segments.size();
  }

  screen.span(0, 0, "");
  make_folder(task.as_json() ? task.out.parent_path() : task.out);
  make_folder(task.overlay.parent_path());
  if (task.as_json()) remove_file(task.stamped());  // what it says is about to change
  write_pictures(all, video, options.what, task.overlay, {}, screen);
  const std::string stamps = stamp_with(task.stamp, {task.overlay});
  if (task.as_json())
    write_dense_json(objects, head, stamps, task.out);
  else
    write_dense_pictures(all, stamps, task.out);
  screen.end();
  if (!options.quiet) {
    std::printf("%s: %zu %s, %zu masks in %zu frames (%s)\n", video.name.c_str(), objects.size(),
                objects.size() == 1 ? "object" : "objects", masks, all.frames(),
                duration_text(clock.seconds()).c_str());
    if (kept > 0)
      std::printf("  %zu of them the network lost: their keymasks along the flow\n", kept);
    std::printf("  %s\n", task.out.string().c_str());
    if (!task.overlay.empty()) std::printf("  %s\n", task.overlay.string().c_str());
    std::fflush(stdout);
  }
}

/// Where the results of a video go: of many, into a folder of their own.
prediction_task task_for(const clip& video, bool many, const predict_options& options,
                         const label_place& keymasks) {
  prediction_task task{video, options.out, options.overlay, {}, {}};
  if (many) {
    task.out = options.out / video.name / "dense.json";
    if (!options.overlay.empty())
      task.overlay = options.out / video.name / options.overlay.filename();
  }
  const fs::path keys = keymasks.of(video);
  json_writer said;
  said.begin_object();
  write_settings(said, options.what);
  said.member("objects", options.objects).member("min_score", options.min_score);
  said.member("nms", options.most_overlap).member("refine", options.refine);
  said.member("keymasks", keys.empty() ? std::string{} : stamp_for({}, {keys})).end_object();
  task.stamp = stamp_for(video, said.text() + stamp_of(config_file(options.model)),
                         weights_file(options.model));
  return task;
}

}  // namespace

int predict_command(const predict_options& given) {
  console screen{given.quiet};
  const model_facts facts = read_facts(config_file(given.model));
  predict_options options = given;
  if (options.min_score < 0) options.min_score = facts.videos > 1 ? 0.3 : 0.1;
  const clip_list found = find_clips(options.input);
  s2d::require(!found.many || options.out.extension() != ".json", "--out: found ",
               options.out.string(), ", expected a folder: INPUT holds many videos");
  label_place keymasks{options.keymasks, found.many};
  std::vector<prediction_task> tasks;
  for (const clip& video : found.clips) {
    tasks.push_back(task_for(video, found.many, options, keymasks));
    const prediction_task& task = tasks.back();
    std::error_code ignored;
    if (found.many && fs::equivalent(task.out.parent_path(), options.input, ignored))
      throw wrong_call{task.out.string() + ": would be among the clips, expected another --out"};
    std::vector<fs::path> read = places_read(video);
    read.insert(read.end(), {options.model, keymasks.of(video)});
    require_apart({{task.as_json() ? task.out : fs::path{}, task.overlay},
                   {task.as_json() ? fs::path{} : task.out},
                   {}},
                  read);
    if (options.force || !tasks.back().finished()) continue;
    screen.note(video.name + ": predicted before, skipped");
    tasks.pop_back();
  }
  if (tasks.empty()) return exit_success;

  ::torch::set_num_threads(static_cast<int>(s2d::thread_count(options.threads)));
  s2d::torch::video_mask2former model{configuration(facts)};
  s2d::torch::load(*model, weights_file(options.model));
  model->to(device_named(options.device));
  std::string failed;
  std::size_t failures = 0;
  for (prediction_task& task : tasks) {
    const std::string& name = task.video.name;
    try {
      throw_if_stopped();
      task.keymasks = keymasks.read(task.video);
      if (!options.keymasks.empty() && !task.keymasks)
        screen.note(name + ": has no keymasks in " + options.keymasks.string());
      predict_clip(task, options, facts, model, screen);
      task.keymasks.reset();
    } catch (const s2d::cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (!found.many) throw;
      screen.error(name + ": " + in_a_line(error));
      failed += " " + name;
      ++failures;
    }
  }
  if (failures == 0) return exit_success;
  screen.error(s2d::concat(failures, " of ", found.clips.size(), " videos failed:", failed));
  return exit_failure;
}

}  // namespace app
