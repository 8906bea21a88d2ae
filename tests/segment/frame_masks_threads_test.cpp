// Flow and frame masks of whole clips do not depend on the number of threads.
#include <s2d/segment/motion_segmenter.hpp>

#include <filesystem>
#include <vector>

#include "moving_scene.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#if __has_include(<stb_image.h>) || __has_include(<stb/stb_image.h>)
#include <s2d/io/folder.hpp>
#define S2D_TEST_PICTURES
#endif

namespace {

bool same_bits(const s2d::frame_masks_result& a, const s2d::frame_masks_result& b) {
  return support::same_masks(a.masks, b.masks) && a.confidence == b.confidence &&
         a.diagnosis.contrast == b.diagnosis.contrast;
}

void check_all_thread_counts(const std::vector<s2d::image>& frames) {
  const auto flow_on = [&](std::size_t threads) {
    s2d::video_flow_options options;
    options.threads = threads;
    return s2d::estimate_video_flow(frames, options);
  };
  const auto masks_on = [&](std::size_t threads, const s2d::video_flow& flow) {
    return s2d::find_frame_masks(frames, flow, {.threads = threads});
  };
  const s2d::video_flow flow = flow_on(1);
  const s2d::frame_masks_result found = masks_on(1, flow);
  REQUIRE(support::count_masks(found.masks) > 0);
  for (const std::size_t threads : {2U, 3U}) {
    CAPTURE(threads);
    const s2d::video_flow again = flow_on(threads);
    CHECK(again.forward == flow.forward);
    CHECK(again.backward == flow.backward);
    CHECK(same_bits(masks_on(threads, flow), found));
  }
}

}  // namespace

TEST_CASE("Flow and frame masks of a made clip have the same bits on 1, 2 and 3 threads",
          "[threads]") {
  check_all_thread_counts(
      support::moving_scene({.frames = 6, .camera_x = 2, .box_x = -3, .noise = 2}).frames);
}

#ifdef S2D_TEST_PICTURES
TEST_CASE("Flow and frame masks of a real clip have the same bits on 1, 2 and 3 threads") {
  const auto folder = support::data_folder("davis2016-240p");
  if (!folder) return;
  std::vector<std::filesystem::path> files = s2d::list_frames(*folder / "JPEGImages" / "car-turn");
  REQUIRE(files.size() >= 8);
  files.resize(8);
  std::vector<s2d::image> frames;
  for (const auto& file : files) frames.push_back(s2d::read_image(file));
  check_all_thread_counts(frames);
}
#endif
