#include <s2d/cuda/flow_tracker.hpp>
#include <s2d/cuda/frame_masks.hpp>
#include <s2d/cuda/video_flow.hpp>

#include <random>
#include <span>
#include <vector>

#include <s2d/keymask/discover.hpp>

#include "cuda/clip_cases.hpp"
#include "cuda/device/support.hpp"
#include "cuda/tracks_cases.hpp"

// The twins that these call are sanitized by themselves: only what is new here is [small].

namespace {

struct clip_device {
  static s2d::frame_masks_result find_frame_masks(std::span<const s2d::image> frames,
                                                  const s2d::video_flow& flow,
                                                  const s2d::frame_masks_options& options,
                                                  const s2d::progress_callback& progress) {
    return s2d::cuda::find_frame_masks(frames, flow, options, progress);
  }
  static s2d::video_flow estimate_video_flow(std::span<const s2d::image> frames,
                                             const s2d::video_flow_options& options,
                                             const s2d::progress_callback& progress) {
    return s2d::cuda::estimate_video_flow(frames, options, progress);
  }
};

}  // namespace

TEST_CASE("the device's frame masks of videos are the core's, bit for bit", "[device]") {
  if (!support::has_device()) return;
  support::check_scenes<clip_device>();
  support::check_refused<clip_device>();
}

TEST_CASE("the device's flow of videos is where the core has some, and near to it", "[device]") {
  if (!support::has_device()) return;
  support::check_video_flows<clip_device>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("a real clip has the core's frame masks on a device", "[device]") {
  if (!support::has_device()) return;
  support::check_real_clip<clip_device>();
}
#endif

TEST_CASE("the device's tracker gives the tracks of each query, also to several threads",
          "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{11};
  for (const std::size_t frames : {1, 2, 6}) {
    CAPTURE(frames);
    const support::track_case given = support::random_tracks(random, frames, 9, 14, false);
    const s2d::follow_options options{.cut_before = given.cut_before};
    const auto expected =
        s2d::follow_flow(given.flow, given.queries, given.frame_height, given.frame_width, options);
    const s2d::cuda::flow_tracker tracker{given.flow, given.frame_height, given.frame_width,
                                          options};
    const auto found = tracker(given.queries);
    REQUIRE(found.size() == expected.size());
    for (std::size_t q = 0; q < found.size(); ++q) {
      CHECK(found[q].at == expected[q].at);
      CHECK(found[q].visible == expected[q].visible);
    }
    CHECK(tracker(given.queries[0]).at == expected[0].at);
    CHECK(tracker(std::span<const s2d::track_query>{}).empty());
  }

  const support::moving_scene scene({.frames = 8});
  s2d::video_masks masks;
  for (const s2d::bit_mask& box : scene.truth) masks.push_back({{box, 1}});
  s2d::discovery_options options;
  options.threads = 3;
  const auto expected = s2d::discover(masks, s2d::flow_tracker{scene.flow, 96, 128}, options);
  const s2d::cuda::flow_tracker tracker{scene.flow, 96, 128};
  const auto found = s2d::discover(masks, tracker, options);
  REQUIRE(expected.objects.size() == 1);
  REQUIRE(found.objects.size() == 1);
  CHECK(found.objects[0].score == expected.objects[0].score);
  CHECK(found.visible == expected.visible);
}
