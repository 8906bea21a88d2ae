// s2d label: what a network predicted, and the keymasks that it missed, as labels for another
// round.
#include <torch/torch.h>

#include <s2d/torch/dense_labels.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/mask/rle.hpp>

#include "network_commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "outputs.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

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

/// Objects of which no label covers half: they stay as sparse as they are.
std::size_t add_missed(std::vector<s2d::ytvis_annotation>& labels, const s2d::ytvis_video& video,
                       const s2d::ytvis_data& keymasks, const fs::path& file) {
  const s2d::ytvis_video* same = nullptr;
  for (const s2d::ytvis_video& each : keymasks.videos)
    if (keymasks.videos.size() == 1 || name_of(each) == name_of(video)) same = &each;
  if (same == nullptr) return 0;
  s2d::require(
      same->length == video.length && same->height == video.height && same->width == video.width,
      file.string(), ": ", same->length, " frames of ", same->height, " x ", same->width,
      ", the predictions are ", video.length, " of ", video.height, " x ", video.width,
      " (height x width)");
  const std::size_t predicted = labels.size();
  for (const s2d::ytvis_annotation& key : keymasks.annotations) {
    if (key.video_id != same->id || key.iscrowd || key.segments.empty()) continue;
    s2d::require(!key.frame, file.string(), ": annotation ", key.id,
                 " is a frame mask, expected objects (keymasks.json)");
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

}  // namespace

int label_command(const label_request& what) {
  console screen{what.quiet};
  json_writer said;
  said.begin_object().member("min_score", what.min_score).member("nms", what.most_overlap);
  said.member("min_area", what.min_area).end_object();
  std::vector<fs::path> given{what.predictions};
  if (!what.keymasks.empty()) given.push_back(what.keymasks);
  const std::string stamp = stamp_for(said.text(), given);
  if (!what.force && stamp_of(what.out) == stamp) {
    screen.note(what.out.string() + ": made before, skipped");
    return exit_success;
  }

  s2d::ytvis_data predictions = s2d::read_ytvis(what.predictions);
  s2d::ytvis_data keymasks;
  if (!what.keymasks.empty()) keymasks = s2d::read_ytvis(what.keymasks);
  s2d::torch::dense_label_options how;
  how.least_score = what.min_score;
  if (what.most_overlap < 1) how.nms = what.most_overlap;
  how.least_area = what.min_area;

  std::vector<s2d::ytvis_annotation> labels;
  std::size_t missed = 0;
  for (const s2d::ytvis_video& video : predictions.videos) {
    throw_if_stopped();
    std::vector<s2d::torch::predicted_object> objects;
    for (s2d::ytvis_annotation& one : predictions.annotations) {
      if (one.video_id != video.id || one.iscrowd) continue;
      s2d::require(!one.frame, what.predictions.string(), ": annotation ", one.id,
                   " is a frame mask, expected objects (dense.json)");
      objects.push_back(to_object(std::move(one)));
    }
    auto found = s2d::torch::dense_labels(std::move(objects), video, how);
    missed += add_missed(found, video, keymasks, what.keymasks);
    std::move(found.begin(), found.end(), std::back_inserter(labels));
  }
  s2d::require(!labels.empty(), what.predictions.string(), ": no object has a score of ",
               what.min_score, " or more, so there is nothing to learn from");

  make_folder(what.out.parent_path());
  s2d::ytvis_writer out{what.out, predictions.videos};
  std::size_t masks = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i].id = static_cast<std::int64_t>(i + 1);
    masks += labels[i].segments.size();
    out.add(labels[i]);
  }
  json_writer info;
  info.begin_object().member("description", "labels for training");
  info.member("version", version_text).member("stamp", stamp).end_object();
  out.commit({s2d::annotation_category{}}, {{"licenses", "[]"}, {"info", info.text()}});
  if (!what.quiet) {
    std::printf("%zu %s in %zu masks, %zu with keymasks only\n  %s\n", labels.size(),
                labels.size() == 1 ? "object" : "objects", masks, missed,
                what.out.string().c_str());
    std::fflush(stdout);
  }
  return exit_success;
}

}  // namespace app
