// What flow, frame masks and tracks of a whole video have to be, on the processor and on a device:
// the core's bits, but for flow, which lies near. Side: where they are made. Units that include
// this are compiled with -ffp-contract=off.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/flow/video_flow.hpp>
#include <s2d/segment/frame_masks.hpp>

#include "segment/moving_scene.hpp"
#include "support/catch.hpp"

#if defined(S2D_TEST_PICTURES)
#include "cuda/real_frames.hpp"
#endif

namespace support {

template <class Side>
void check_frame_masks(std::span<const s2d::image> frames, const s2d::video_flow& flow,
                       const s2d::frame_masks_options& options) {
  const s2d::frame_masks_result expected = s2d::find_frame_masks(frames, flow, options);
  const s2d::frame_masks_result found = Side::find_frame_masks(frames, flow, options, {});
  if (frames.size() > 1) CHECK(count_masks(expected.masks) > 0);
  CHECK(same_masks(found.masks, expected.masks));
  for (std::size_t t = 0; t < frames.size(); ++t) {
    const float energy = expected.diagnosis.energy[t];
    CHECK((found.diagnosis.energy[t] == energy || std::isnan(energy)));
  }
  CHECK(found.confidence == expected.confidence);
  CHECK(found.diagnosis.contrast == expected.diagnosis.contrast);
  CHECK(found.diagnosis.nothing_moves == expected.diagnosis.nothing_moves);
  CHECK(found.diagnosis.everything_moves == expected.diagnosis.everything_moves);
  CHECK(found.stages.size() == expected.stages.size());
}

/// Few iterations, which threads of the processor take long for.
inline s2d::frame_masks_options quick_options() {
  s2d::frame_masks_options options;
  options.diffusion.iterations = 4;
  return options;
}

/// One shot, two, duplicated frames, several chunks, frames without flow.
template <class Side>
void check_scenes() {
  s2d::frame_masks_options options = quick_options();
  options.threads = 2;
  moving_scene scene({.frames = 7, .height = 75, .width = 101, .noise = 3});
  check_frame_masks<Side>(scene.frames, scene.flow, options);

  scene.append(moving_scene({.frames = 9, .height = 75, .width = 101, .box_x = 2, .seed = 5}));
  options = quick_options();
  options.longer_side = 64;
  options.chunk = 5;
  options.overlap = 2;
  options.cut_before = std::vector<bool>(8);
  options.cut_before[7] = true;
  check_frame_masks<Side>(scene.frames, scene.flow, options);

  moving_scene still({.frames = 4, .height = 40, .width = 56});
  still.frames.insert(still.frames.begin() + 1, still.frames[1]);  // shown twice
  still.flow.forward.insert(still.flow.forward.begin() + 1, s2d::flow_field{});
  still.flow.backward.insert(still.flow.backward.begin() + 2, s2d::flow_field{});
  check_frame_masks<Side>(still.frames, still.flow, quick_options());

  const s2d::video_flow none{std::vector<s2d::flow_field>(1), std::vector<s2d::flow_field>(1)};
  check_frame_masks<Side>(std::span(still.frames).first(1), none, quick_options());
}

/// A video of no frames, bad options, a caller who asks to stop.
template <class Side>
void check_refused() {
  CHECK(Side::find_frame_masks({}, {}, {}, {}).masks.empty());
  const s2d::frame_masks_options options = quick_options();
  const moving_scene scene({.frames = 3, .height = 40, .width = 56});
  CHECK_THROWS_AS(Side::find_frame_masks(scene.frames, {}, {}, {}), s2d::invalid_input);
  s2d::frame_masks_options tiny;
  tiny.longer_side = 3;
  CHECK_THROWS_AS(Side::find_frame_masks(scene.frames, scene.flow, tiny, {}), s2d::invalid_input);
  std::vector<std::string> stages;
  const auto stop_at = [&](const char* stage) {
    return [&stages, stage](std::string_view now, std::size_t, std::size_t) {
      stages.emplace_back(now);
      return now != stage;
    };
  };
  for (const char* stage : {"superpixels", "grouping", "masks"}) {
    stages.clear();
    CHECK_THROWS_AS(Side::find_frame_masks(scene.frames, scene.flow, options, stop_at(stage)),
                    s2d::cancelled);
    CHECK(stages.back() == stage);
  }
}

/// Flow where the core has some, and near to it.
template <class Side>
void check_video_flow(std::span<const s2d::image> frames, const s2d::video_flow_options& options) {
  const s2d::video_flow expected = s2d::estimate_video_flow(frames, options);
  const s2d::video_flow found = Side::estimate_video_flow(frames, options, {});
  REQUIRE(found.forward.size() == frames.size());
  REQUIRE(found.backward.size() == frames.size());
  double far = 0, all = 0;
  for (std::size_t t = 0; t < frames.size(); ++t)
    for (const auto fields : {&s2d::video_flow::forward, &s2d::video_flow::backward}) {
      CAPTURE(t);
      const s2d::flow_field &a = (found.*fields)[t], &b = (expected.*fields)[t];
      REQUIRE(a.height() == b.height());
      REQUIRE(a.width() == b.width());
      for (std::size_t i = 0; i < a.u.values.size(); ++i) {
        far += !(std::hypot(a.u.values[i] - b.u.values[i], a.v.values[i] - b.v.values[i]) <= 0.05f);
        ++all;
      }
    }
  CHECK(far <= 0.001 * all);
  if (frames.size() > 1) CHECK(all > 0);
}

template <class Side>
void check_video_flows() {
  moving_scene scene({.frames = 5, .height = 75, .width = 101, .noise = 3});
  scene.append(moving_scene({.frames = 3, .height = 75, .width = 101, .seed = 5}));
  scene.frames.insert(scene.frames.begin() + 2, scene.frames[2]);
  s2d::video_flow_options options;
  options.longer_side = 64;
  options.threads = 2;
  options.cut_before = std::vector<bool>(7);
  options.cut_before[6] = true;
  check_video_flow<Side>(scene.frames, options);
  options.longer_side = 0;  // across the cut flow would be chance
  check_video_flow<Side>(scene.frames, options);
  check_video_flow<Side>(std::span(scene.frames).first(1), {});
  check_video_flow<Side>({}, {});
  scene.frames[3] = s2d::image(75, 100);
  CHECK_THROWS_AS(Side::estimate_video_flow(scene.frames, {}, {}), s2d::invalid_input);
  CHECK_THROWS_AS(
      Side::estimate_video_flow(std::span(scene.frames).first(3), {},
                                [](std::string_view, std::size_t, std::size_t) { return false; }),
      s2d::cancelled);
}

#if defined(S2D_TEST_PICTURES)
template <class Side>
void check_real_clip() {
  const std::vector<s2d::image> frames = real_frames(4);
  if (frames.empty()) return;
  check_frame_masks<Side>(frames, s2d::estimate_video_flow(frames), quick_options());
  check_video_flow<Side>(frames, {});
}
#endif

}  // namespace support
