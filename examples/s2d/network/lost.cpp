#include "lost.hpp"

#include <algorithm>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/keymask/lost_objects.hpp>
#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/torch/video_labels.hpp>

#include "console.hpp"
#include "model.hpp"

namespace app {

namespace {

constexpr std::size_t longest = 300;       // frames that are held in memory with their flow
constexpr std::ptrdiff_t flow_side = 428;  // longer side of the pictures it is estimated on

std::vector<s2d::image> small_pictures(const clip& video, const settings& what) {
  std::vector<s2d::image> pictures;
  frame_source source{video, what};
  for (frame next; source.read(next);) {
    throw_if_stopped();
    const std::ptrdiff_t side = std::max(next.picture.height, next.picture.width);
    pictures.push_back(side <= flow_side
                           ? std::move(next.picture)
                           : resized(next.picture, next.picture.height * flow_side / side,
                                     next.picture.width * flow_side / side));
  }
  return pictures;
}

using tube = std::vector<s2d::tube_segment<s2d::rle>>;

std::vector<s2d::ytvis_segment> segments_of(const tube& masks) {
  std::vector<s2d::ytvis_segment> segments;
  for (const auto& each : masks) segments.push_back(s2d::make_segment(each.frame, each.mask));
  return segments;
}

/// Carries the keymasks of an object along the flow of a clip, over at most as many frames as there
/// are keymasks: what was seen once is not trusted for long. The flow is estimated when it is first
/// asked for.
class carrier {
 public:
  carrier(const s2d::ytvis_video& head, const std::vector<bool>& cut_before, const clip& video,
          const settings& what, std::size_t threads, console& screen)
      : head_{head},
        cut_before_{cut_before},
        video_{video},
        what_{what},
        threads_{threads},
        screen_{screen} {}

  tube operator()(const tube& keys) {
    throw_if_stopped();
    if (static_cast<std::size_t>(head_.length) > longest) return keys;
    if (pictures_.empty()) estimate();
    std::vector<s2d::bit_mask> masks(static_cast<std::size_t>(head_.length));
    for (const auto& key : keys)
      masks[static_cast<std::size_t>(key.frame)] = s2d::to_bits(key.mask);
    masks = s2d::propagate(masks, flow_,
                           {.reach = keys.size(), .threads = threads_, .pictures = pictures_},
                           screen_.stage(0, 1));
    tube carried;
    for (std::size_t t = 0; t < masks.size(); ++t)
      if (!masks[t].empty() && s2d::area(masks[t]) > 0)
        carried.push_back({static_cast<std::ptrdiff_t>(t), s2d::encode(masks[t])});
    return carried;
  }

 private:
  void estimate() {
    pictures_ = small_pictures(video_, what_);
    s2d::video_flow_options options;
    options.threads = threads_;
    options.cut_before = cut_before_;
    flow_ = s2d::estimate_video_flow(pictures_, options, screen_.stage(0, 1));
  }

  const s2d::ytvis_video& head_;
  const std::vector<bool>& cut_before_;
  const clip& video_;
  const settings& what_;
  std::size_t threads_;
  console& screen_;
  std::vector<s2d::image> pictures_;
  s2d::video_flow flow_;
};

}  // namespace

void require_fitting(const s2d::torch::video_labels& labels, const s2d::ytvis_video& head,
                     const clip& video) {
  s2d::require(
      labels.length == head.length && labels.height == head.height && labels.width == head.width,
      "the keymasks of ", video.name, " are for ", labels.length, " frames of ", labels.height,
      " x ", labels.width, ", the clip has ", head.length, " of ", head.height, " x ", head.width,
      " (height x width)");
}

std::size_t keep_lost(std::vector<s2d::ytvis_annotation>& objects, const s2d::ytvis_video& head,
                      const std::vector<bool>& cut_before, const s2d::torch::video_labels& labels,
                      const clip& video, const settings& what, std::size_t threads,
                      console& screen) {
  require_fitting(labels, head, video);
  std::vector<tube> keys, found;
  for (const auto& object : labels.objects) {
    tube& to = keys.emplace_back();
    for (const auto& label : object.masks) to.push_back({label.frame, label.mask});
  }
  for (s2d::ytvis_annotation& object : objects) {
    tube& to = found.emplace_back();
    for (const auto& segment : object.segments) to.push_back({segment.frame, segment.mask});
    object.extras.emplace_back("source", "\"network\"");
  }
  found = s2d::within_shots(std::move(found), keys, cut_before);
  carrier carry{head, cut_before, video, what, threads, screen};
  const s2d::lost_and_kept all =
      s2d::keep_lost(std::move(found), keys, [&](std::size_t k) { return carry(keys[k]); });
  for (std::size_t i = 0; i < all.found.size(); ++i)
    objects[i].segments = segments_of(all.found[i]);
  for (std::size_t i = 0; i < all.lost.size(); ++i) {
    s2d::ytvis_annotation one;
    one.id = static_cast<std::int64_t>(objects.size() + 1);
    one.video_id = head.id;
    one.height = head.height;
    one.width = head.width;
    one.length = head.length;
    one.score = static_cast<double>(labels.objects[all.lost[i]].score);
    one.extras.emplace_back("source", "\"keymasks\"");
    one.segments = segments_of(all.kept[i]);
    objects.push_back(std::move(one));
  }
  std::erase_if(objects, [](const auto& each) { return each.segments.empty(); });
  return all.lost.size();
}

}  // namespace app
