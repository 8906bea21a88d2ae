// s2d label: labels for another round out of what a network predicted: the predictions and the
// keymasks that it missed; or the keymasks and the frame masks on which it agrees.
#include <torch/torch.h>

#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/training_video.hpp>
#include <s2d/torch/video_labels.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/io/ytvis_folder.hpp>
#include <s2d/keymask/agreeing_masks.hpp>
#include <s2d/mask/rle.hpp>

#include "network_commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "model.hpp"
#include "outputs.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

/// Of a video in which nothing is labelled.
struct nothing_to_learn : s2d::invalid_input {
  using s2d::invalid_input::invalid_input;
};

/// The folder of the frames, by which videos of two files belong together.
std::string name_of(const s2d::ytvis_video& video) {
  return video.file_names.empty() ? std::string{}
                                  : fs::path{video.file_names.front()}.parent_path().string();
}

s2d::torch::predicted_object to_object(s2d::ytvis_annotation&& one) {
  s2d::torch::predicted_object object;
  object.score = one.score.value_or(1);
  for (s2d::ytvis_segment& segment : one.segments)
    object.masks.push_back({segment.frame, std::move(segment.mask)});
  return object;
}

/// The share of the pixels of `key` that lie in masks of `label`.
double covered(const s2d::ytvis_annotation& key, const s2d::ytvis_annotation& label) {
  double inside = 0, all = 0;
  auto at = label.segments.begin();
  for (const s2d::ytvis_segment& segment : key.segments) {
    all += segment.area;
    while (at != label.segments.end() && at->frame < segment.frame) ++at;
    if (at != label.segments.end() && at->frame == segment.frame)
      inside += static_cast<double>(s2d::intersection_area(segment.mask, at->mask));
  }
  return all > 0 ? inside / all : 1;
}

/// The index of the same video in another file; none if it is not there.
std::optional<std::size_t> find_video(const s2d::ytvis_data& data, const s2d::ytvis_video& video,
                                      const fs::path& file) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < data.videos.size(); ++i)
    if (data.videos.size() == 1 || name_of(data.videos[i]) == name_of(video)) found = i;
  if (!found) return found;
  const s2d::ytvis_video& same = data.videos[*found];
  s2d::require(
      same.length == video.length && same.height == video.height && same.width == video.width,
      file.string(), ": ", same.length, " frames of ", same.height, " x ", same.width,
      ", the predictions are ", video.length, " of ", video.height, " x ", video.width,
      " (height x width)");
  return found;
}

void require_objects(const s2d::ytvis_data& data, const fs::path& file, const char* expected) {
  for (const s2d::ytvis_annotation& one : data.annotations)
    s2d::require(!one.frame, file.string(), ": annotation ", one.id,
                 " is a frame mask, expected objects (", expected, ")");
}

/// Objects of which no label covers half: they stay as sparse as they are.
std::size_t add_missed(std::vector<s2d::ytvis_annotation>& labels, const s2d::ytvis_video& video,
                       const s2d::ytvis_data& keymasks, const fs::path& file) {
  const auto same = find_video(keymasks, video, file);
  if (!same) return 0;
  const std::size_t predicted = labels.size();
  for (const s2d::ytvis_annotation& key : keymasks.annotations) {
    if (key.video_id != keymasks.videos[*same].id || key.iscrowd || key.segments.empty()) continue;
    const bool known =
        std::any_of(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(predicted),
                    [&](const auto& label) { return covered(key, label) >= 0.5; });
    if (known) continue;
    s2d::ytvis_annotation added = key;
    added.video_id = video.id;
    labels.push_back(std::move(added));
  }
  return labels.size() - predicted;
}

using tube = std::vector<s2d::tube_segment<s2d::rle>>;

/// Frame masks of a video, frame by frame.
std::vector<std::vector<s2d::rle>> frame_masks_of(const s2d::ytvis_data& masks,
                                                  const s2d::ytvis_video& video,
                                                  const fs::path& file) {
  std::vector<std::vector<s2d::rle>> frames(static_cast<std::size_t>(video.length));
  const auto same = find_video(masks, video, file);
  s2d::require(same.has_value(), file.string(), ": does not hold the video ", name_of(video));
  for (const s2d::ytvis_annotation& one : masks.annotations)
    if (one.video_id == masks.videos[*same].id && !one.iscrowd)
      for (const s2d::ytvis_segment& segment : one.segments)
        frames[static_cast<std::size_t>(segment.frame)].push_back(segment.mask);
  return frames;
}

/// The keymasks that are learned at first, and the frame masks on which the predictions agree, of a
/// single object united with them.
/// @returns how many of the latter
std::size_t add_agreeing(std::vector<s2d::ytvis_annotation>& labels, const s2d::ytvis_video& video,
                         const std::vector<s2d::torch::predicted_object>& predicted,
                         const s2d::torch::video_labels& keymasks,
                         const std::vector<std::vector<s2d::rle>>& masks,
                         const label_request& what) {
  s2d::torch::label_options trusted;
  trusted.min_trust = what.min_trust;
  trusted.relative_trust = what.relative_trust;
  trusted.frame_share = what.share;
  const auto keys = s2d::torch::select_labels(keymasks, trusted);
  std::vector<tube> own, found;
  std::size_t known = 0, all = 0;
  for (const auto& object : keys.objects) {
    tube& to = own.emplace_back();
    for (const auto& label : object.masks) to.push_back({label.frame, label.mask});
    known += to.size();
  }
  for (const auto& object : predicted)
    if (object.score >= what.min_score) found.push_back(object.masks);
  auto agreed = s2d::add_agreeing_masks<s2d::rle>(std::move(own), found, masks,
                                                  {.least_overlap = what.agree});
  for (std::size_t i = 0; i < agreed.size(); ++i) {
    s2d::ytvis_annotation& label = labels.emplace_back();
    label.video_id = video.id;
    label.height = video.height;
    label.width = video.width;
    label.length = video.length;
    label.score = static_cast<double>(keys.objects[i].score);
    for (auto& one : agreed[i])
      label.segments.push_back(s2d::make_segment(one.frame, std::move(one.mask)));
    all += label.segments.size();
  }
  return all - known;
}

void label_file(const label_request& what, console& screen) {
  json_writer said;
  said.begin_object().member("min_score", what.min_score).member("nms", what.most_overlap);
  said.member("min_area", what.min_area).member("agree", what.agree);
  said.member("min_trust", what.min_trust).member("relative_trust", what.relative_trust);
  said.member("share", what.share).member("joined", "united if single").end_object();
  std::vector<fs::path> given{what.predictions};
  for (const fs::path& each : {what.keymasks, what.masks})
    if (!each.empty()) given.push_back(each);
  const std::string stamp = stamp_for(said.text(), given);
  if (!what.force && stamp_of(what.out) == stamp) {
    screen.note(what.out.string() + ": made before, skipped");
    return;
  }

  const bool agree = !what.masks.empty();
  s2d::ytvis_data predictions = s2d::read_ytvis(what.predictions);
  require_objects(predictions, what.predictions, "dense.json");
  s2d::ytvis_data keymasks, masks;
  if (!what.keymasks.empty()) keymasks = s2d::read_ytvis(what.keymasks);
  require_objects(keymasks, what.keymasks, "keymasks.json");
  if (agree) masks = s2d::read_ytvis(what.masks);
  const auto sparse =
      agree ? s2d::torch::to_labels(keymasks) : std::vector<s2d::torch::video_labels>{};
  s2d::torch::dense_label_options how;
  how.least_score = what.min_score;
  if (what.most_overlap < 1) how.nms = what.most_overlap;
  how.least_area = what.min_area;

  std::vector<s2d::ytvis_annotation> labels;
  std::size_t added = 0;
  for (const s2d::ytvis_video& video : predictions.videos) {
    throw_if_stopped();
    std::vector<s2d::torch::predicted_object> objects;
    for (s2d::ytvis_annotation& one : predictions.annotations)
      if (one.video_id == video.id && !one.iscrowd) objects.push_back(to_object(std::move(one)));
    if (!agree) {
      auto found = s2d::torch::dense_labels(std::move(objects), video, how);
      added += add_missed(found, video, keymasks, what.keymasks);
      std::move(found.begin(), found.end(), std::back_inserter(labels));
    } else if (const auto same = find_video(keymasks, video, what.keymasks)) {
      added += add_agreeing(labels, video, objects, sparse[*same],
                            frame_masks_of(masks, video, what.masks), what);
    }
  }
  if (labels.empty())
    throw nothing_to_learn{
        s2d::concat(what.predictions.string(), ": ",
                    agree ? s2d::concat("no keymask is for its videos")
                          : s2d::concat("no object has a score of ", what.min_score, " or more"),
                    ", so there is nothing to learn from")};

  make_folder(what.out.parent_path());
  s2d::ytvis_writer out{what.out, predictions.videos};
  std::size_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i].id = static_cast<std::int64_t>(i + 1);
    count += labels[i].segments.size();
    out.add(labels[i]);
  }
  json_writer info;
  info.begin_object().member("description", "labels for training");
  info.member("version", version_text).member("stamp", stamp).end_object();
  out.commit({s2d::annotation_category{}}, {{"licenses", "[]"}, {"info", info.text()}});
  if (!what.quiet) {
    std::printf("%zu %s in %zu masks, %zu %s\n  %s\n", labels.size(),
                labels.size() == 1 ? "object" : "objects", count, added,
                agree ? "of them frame masks that were found again" : "with keymasks only",
                what.out.string().c_str());
    std::fflush(stdout);
  }
}

/// The labels of every video of a folder of predictions. What a video had before goes where it has
/// none now.
int label_many(const label_request& what, console& screen) {
  const std::vector<fs::path> files = s2d::list_ytvis_folder(what.predictions, "dense.json");
  s2d::require(
      !files.empty(), what.predictions.string(),
      ": holds no NAME/dense.json, expected what s2d predict wrote for a folder of videos");
  std::error_code ignored;
  for (const fs::path& given : {what.keymasks, what.masks})
    s2d::require(given.empty() || fs::is_directory(given, ignored), given.string(),
                 ": expected a folder, as ", what.predictions.string());
  std::size_t failures = 0, labelled = 0;
  for (const fs::path& file : files) {
    throw_if_stopped();
    const std::string name = file.parent_path().filename().string();
    label_request one = what;
    one.predictions = file;
    one.out = what.out / name / "labels.json";
    try {
      if (!what.keymasks.empty()) {
        one.keymasks = what.keymasks / name / "keymasks.json";
        if (!fs::exists(one.keymasks, ignored)) {
          if (!what.masks.empty()) throw nothing_to_learn{name + ": has no keymasks, left out"};
          screen.note(name + ": has no keymasks");
          one.keymasks.clear();
        }
      }
      if (!what.masks.empty()) one.masks = what.masks / name / "masks.json";
      label_file(one, screen);
      ++labelled;
    } catch (const nothing_to_learn& why) {
      screen.note(why.what());
      if (!stamp_of(one.out).empty()) remove_file(one.out);
    } catch (const s2d::cancelled&) {
      throw;
    } catch (const std::exception& error) {
      screen.error(name + ": " + in_a_line(error));
      ++failures;
    }
  }
  if (failures > 0) screen.error(s2d::concat(failures, " of ", files.size(), " videos failed"));
  s2d::require(failures > 0 || labelled > 0, what.predictions.string(),
               ": no video has labels, so there is nothing to learn from");
  return failures > 0 ? exit_failure : exit_success;
}

}  // namespace

int label_command(const label_request& what) {
  console screen{what.quiet};
  std::error_code ignored;
  if (fs::is_directory(what.predictions, ignored)) return label_many(what, screen);
  label_file(what, screen);
  return exit_success;
}

}  // namespace app
