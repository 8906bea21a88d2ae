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

}  // namespace

std::size_t keep_lost(std::vector<s2d::ytvis_annotation>& objects, const s2d::ytvis_video& head,
                      const std::vector<bool>& cut_before, const s2d::torch::video_labels& labels,
                      const clip& video, const settings& what, std::size_t threads,
                      console& screen) {
  s2d::require(
      labels.length == head.length && labels.height == head.height && labels.width == head.width,
      "the keymasks of ", video.name, " are for ", labels.length, " frames of ", labels.height,
      " x ", labels.width, ", the clip has ", head.length, " of ", head.height, " x ", head.width,
      " (height x width)");
  std::vector<tube> keys, found, kept;
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
  // Taking what they show from the predictions may lose others: a prediction that was now one
  // object, now another, fits the keymasks of both until it is gone.
  std::vector<tube> rest = found;
  std::size_t added = 0;
  std::vector<std::size_t> more = s2d::lost_objects(keys, rest);
  const bool carried = !more.empty() && static_cast<std::size_t>(head.length) <= longest;
  std::vector<s2d::image> pictures;
  s2d::video_flow flow;
  if (carried) {
    pictures = small_pictures(video, what);
    s2d::video_flow_options options;
    options.threads = threads;
    options.cut_before = cut_before;
    flow = s2d::estimate_video_flow(pictures, options, screen.stage(0, 1));
  }
  const auto keep = [&](std::size_t k) {
    throw_if_stopped();
    tube& to = kept.emplace_back();
    std::vector<s2d::bit_mask> masks(static_cast<std::size_t>(head.length));
    for (const auto& key : keys[k])
      masks[static_cast<std::size_t>(key.frame)] = s2d::to_bits(key.mask);
    if (carried)
      masks = s2d::propagate(masks, flow, {.threads = threads, .pictures = pictures},
                             screen.stage(0, 1));
    s2d::ytvis_annotation one;
    one.id = static_cast<std::int64_t>(objects.size() + 1);
    one.video_id = head.id;
    one.height = head.height;
    one.width = head.width;
    one.length = head.length;
    one.score = static_cast<double>(labels.objects[k].score);
    one.extras.emplace_back("source", "\"keymasks\"");
    for (std::size_t t = 0; t < masks.size(); ++t)
      if (!masks[t].empty() && s2d::area(masks[t]) > 0)
        to.push_back({static_cast<std::ptrdiff_t>(t), s2d::encode(masks[t])});
    one.segments = segments_of(to);
    objects.push_back(std::move(one));
    keys[k].clear();
    ++added;
  };
  while (!more.empty()) {
    for (const std::size_t k : more) keep(k);
    rest = s2d::without_kept(found, kept);
    more = s2d::lost_objects(keys, rest);
  }
  for (std::size_t i = 0; i < rest.size(); ++i) objects[i].segments = segments_of(rest[i]);
  std::erase_if(objects, [](const auto& each) { return each.segments.empty(); });
  return added;
}

}  // namespace app
