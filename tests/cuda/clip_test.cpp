#include <s2d/cuda/flow_tracker.hpp>
#include <s2d/cuda/frame_masks.hpp>
#include <s2d/cuda/video_flow.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <s2d/cuda/detail/diffusion.hpp>
#include <s2d/cuda/detail/lab.hpp>
#include <s2d/cuda/detail/pixels.hpp>
#include <s2d/cuda/detail/slic.hpp>

#include "cuda/clip_cases.hpp"
#include "cuda/flow_twin.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/host_tracks.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;

/// As steps::device_memory.
struct host_memory {
  template <class T>
  [[nodiscard]] host_buffer<T> allocate(std::int64_t n) const {
    return host_buffer<T>{n};
  }
  template <class T>
  void upload(T* to, std::span<const T> from) const {
    std::copy(from.begin(), from.end(), to);
  }
  template <class T>
  [[nodiscard]] std::vector<T> fetch(const host_buffer<T>& from) const {
    return {from.data(), from.data() + from.size()};
  }
};

/// As steps::frame_masks_side, with the checks of the functions that it calls.
struct frame_masks_side : host_memory {
  void to_lab(const rgb_batch& pictures, const lab_batch& out) const {
    checks::require_pictures("to_lab", pictures);
    checks::require_same_extents("to_lab", pictures.r, out.l);
    detail::to_lab_on(host_executor{}, pictures, checks::srgb_light(), out);
  }
  [[nodiscard]] basic_superpixel_batch<host_buffer> slic(const const_lab_batch& pictures,
                                                         const s2d::slic_options& options) const {
    return detail::slic_on<host_buffer>(host_executor{}, pictures,
                                        checks::settings_for("slic", pictures, options));
  }
  void diffuse(const graph_view& graph, const float* seeds, float* out,
               const s2d::diffusion_options& options) const {
    detail::diffuse_on(host_executor{4}, graph, seeds, out,
                       checks::settings_for("diffuse", graph, seeds, out, options));
  }
  void threshold_pixels(const rgb_batch& pictures, const basic_superpixel_batch<host_buffer>& grid,
                        const float* values, std::span<const float> levels, const bits_view& out,
                        const s2d::pixel_options& options) const {
    const auto m = std::ssize(levels);
    detail::threshold_pixels_on(
        host_executor{}, pictures, checks::srgb_light(), grid.items.data(), values,
        checks::settings_for("threshold_pixels", pictures, grid, values, m, out, options),
        levels.data(), m, out);
  }
};

struct video_flow_side : host_memory {
  void flow(const batch_view<const std::uint8_t>& frames, const mutable_flow_batch& forward,
            const mutable_flow_batch& backward, const s2d::flow_options& options) const {
    checks::require_flow_frames("flow", frames);
    checks::require_flow_output("flow", frames, frames.count - 1, forward);
    checks::require_flow_output("flow", frames, frames.count - 1, backward);
    detail::flow_on<support::order_of_device>(
        host_executor{1}, "", {frames, {}, true}, {forward, backward},
        checks::flow_settings_of(options, frames.height, frames.width));
  }
};

/// Videos on the processor, two frames and three pairs at once.
struct clip_twin {
  static s2d::frame_masks_result find_frame_masks(std::span<const s2d::image> frames,
                                                  const s2d::video_flow& flow,
                                                  const s2d::frame_masks_options& options,
                                                  const s2d::progress_callback& progress) {
    s2d::detail::check_frame_masks(frames, flow, options);
    steps::device_steps run{frame_masks_side{}, options, 2};
    return s2d::detail::frame_masks_run(frames, flow, options, progress, run).run();
  }
  static s2d::video_flow estimate_video_flow(std::span<const s2d::image> frames,
                                             const s2d::video_flow_options& options,
                                             const s2d::progress_callback& progress) {
    return steps::video_flow_on(video_flow_side{}, frames, options, progress, 3);
  }
};

}  // namespace

TEST_CASE("frame masks of videos with steps on a device are the core's, bit for bit",
          "[cuda][frame_masks]") {
  support::check_scenes<clip_twin>();
}

TEST_CASE("frame masks with steps on a device refuse what the core refuses, and stop when asked",
          "[cuda][frame_masks]") {
  support::check_refused<clip_twin>();
}

TEST_CASE("frames that a device takes at once are 1 to 128, of 256 MiB", "[cuda][frame_masks]") {
  const s2d::frame_masks_options options;
  const auto block = [&](std::size_t bytes) {
    return steps::device_steps{frame_masks_side{}, options}.block(bytes);
  };
  CHECK(block(1) == 128);
  CHECK(block(std::size_t{2} << 20) == 128);
  CHECK(block(std::size_t{3} << 20) == 85);
  CHECK(block(std::size_t{1} << 33) == 1);
}

TEST_CASE("flow of videos on a device is where the core has some, and near to it", "[cuda][flow]") {
  support::check_video_flows<clip_twin>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("a real clip has the core's frame masks and flow near to it", "[cuda][frame_masks]") {
  support::check_real_clip<clip_twin>();
}
#endif

TEST_CASE("tracks of all queries are parted into those of each", "[cuda][tracks]") {
  std::mt19937 random{9};
  for (const std::size_t frames : {1, 2, 6}) {
    CAPTURE(frames);
    const support::track_case given = support::random_tracks(random, frames, 9, 14, false);
    const support::followed all = support::follow_on_host(given, s2d::consistency_options{});
    const auto found = steps::tracks_of(given.queries, frames, all.at, all.visible);
    const auto expected = s2d::follow_flow(given.flow, given.queries, given.frame_height,
                                           given.frame_width, {.cut_before = given.cut_before});
    REQUIRE(found.size() == expected.size());
    for (std::size_t q = 0; q < found.size(); ++q) {
      CHECK(found[q].frames == frames);
      CHECK(found[q].points == expected[q].points);
      CHECK(found[q].at == expected[q].at);
      CHECK(found[q].visible == expected[q].visible);
    }
  }
  CHECK(steps::tracks_of({}, 3, {}, {}).empty());
}
