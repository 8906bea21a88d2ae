#include <s2d/cuda/flow.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/flow_cases.hpp"
#include "cuda/flow_twin.hpp"

using namespace s2d::cuda;
using support::found_flow;
using support::gray_frames;

namespace {

struct flow_device {
  struct fields {
    std::int64_t count, height, width;
    device_buffer<float> u, v;
    fields(std::int64_t n, const gray_frames& like)
        : count{n},
          height{like.height},
          width{like.width},
          u{support::rubbish<float>(n * height * width)},
          v{support::rubbish<float>(n * height * width)} {}
    mutable_flow_batch view() {
      return {{u.data(), count, height, width}, {v.data(), count, height, width}};
    }
    [[nodiscard]] found_flow found() const { return {to_host(u), to_host(v)}; }
  };
  static batch_view<const std::uint8_t> view_of(const device_buffer<std::uint8_t>& pixels,
                                                const gray_frames& of) {
    return {pixels.data(), of.count, of.height, of.width};
  }
  static found_flow pairs(const gray_frames& from, const gray_frames& to,
                          const s2d::flow_options& options) {
    const auto first = to_device(from.pixels), second = to_device(to.pixels);
    fields out{from.count, from};
    estimate_flow(view_of(first, from), view_of(second, to), out.view(), options);
    return out.found();
  }
  static found_flow clip(const gray_frames& frames, const s2d::flow_options& options) {
    const auto pixels = to_device(frames.pixels);
    const std::int64_t n = frames.count > 0 ? frames.count - 1 : 0;
    fields forward{n, frames}, backward{n, frames};
    estimate_clip_flow(view_of(pixels, frames), forward.view(), backward.view(), options);
    found_flow all = forward.found();
    append(all, backward.found());
    return all;
  }
};

using twin = support::flow_twin<support::order_of_device>;

}  // namespace

TEST_CASE("the device's flow is its twin's on the processor, bit for bit", "[device]") {
  if (!support::has_device()) return;
  support::check_flow_of_pairs<flow_device>(twin::pairs);
}

TEST_CASE("the device's flow of small frames is its twin's", "[device][small]") {
  if (!support::has_device()) return;
  const gray_frames from = support::moving_frames(1, 2, 29, 38);
  const gray_frames to = support::moving_frames(2, 2, 29, 38);
  for (const int size : {4, 8, 16}) {
    s2d::flow_options options;
    options.finest_scale = 0;
    options.patch_size = size;
    options.refine_sweeps = 2;
    CAPTURE(size);
    CHECK(flow_device::pairs(from, to, options) == twin::pairs(from, to, options));
  }
}

TEST_CASE("the device's flow of a clip is that of its pairs", "[device]") {
  if (!support::has_device()) return;
  support::check_flow_of_clips<flow_device>();
}

TEST_CASE("the device's flow lies near the core's", "[device]") {
  if (!support::has_device()) return;
  support::check_flow_near_core<flow_device>();
}

TEST_CASE("flow whose longest diagonals take more patches than a block has", "[device]") {
  if (!support::has_device()) return;
  const gray_frames from = support::moving_frames(1, 1, 300, 310);
  const gray_frames to = support::moving_frames(2, 1, 300, 310);
  s2d::flow_options options;
  options.finest_scale = 0;
  CHECK(flow_device::pairs(from, to, options) == twin::pairs(from, to, options));
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("the device's flow of real frames is its twin's, near the core's", "[device]") {
  if (!support::has_device()) return;
  const auto [from, to] = support::real_pairs(2);
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium}) {
    const found_flow found = flow_device::pairs(from, to, preset);
    CHECK(found == twin::pairs(from, to, preset));
    support::check_near(found, support::core_flow::pairs(from, to, preset));
  }
}
#endif
