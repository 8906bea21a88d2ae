#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "cuda/flow_cases.hpp"
#include "cuda/flow_twin.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"
namespace {

using namespace s2d::cuda;
using support::flow_twin;
using support::found_flow;
using support::gray_frames;
using core_twin = flow_twin<support::order_of_core>;

/// Four sums side by side, as for vectors of 16 bytes.
struct order_of_four : support::order_of_device {
  static constexpr int width(int) { return 4; }
};

}  // namespace

TEST_CASE("flow of pairs is the core's, bit for bit", "[cuda][flow]") {
  support::check_flow_of_pairs<core_twin>(support::core_flow::pairs);
}

TEST_CASE("flow of a clip is that of its pairs", "[cuda][flow]") {
  support::check_flow_of_clips<core_twin>();
}

TEST_CASE("flow with sums in the device's order lies near the core's", "[cuda][flow]") {
  support::check_flow_near_core<flow_twin<support::order_of_device>>();
  support::check_flow_near_core<flow_twin<order_of_four>>();
}

TEST_CASE("frames and fields of any strides have the same flow", "[cuda][flow]") {
  const std::int64_t n = 2, h = 33, w = 20;
  const gray_frames from = support::moving_frames(5, n, h, w);
  gray_frames turned = from;  // columns first
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        turned.pixels[static_cast<std::size_t>((i * w + x) * h + y)] = from.frame(i)(y, x);
  const gray_frames to = support::moving_frames(6, n, h, w);
  const found_flow expected = core_twin::pairs(from, to, {});
  std::vector<float> u(static_cast<std::size_t>(3 * n * h * w), -1.0f), v(u);
  const auto sparse = [&](std::vector<float>& memory) {
    return batch_view<float>{memory.data() + 1, n, h, w, 3 * h * w, 3 * w, 3};
  };
  const auto columns = batch_view<const std::uint8_t>::column_major(turned.pixels.data(), n, h, w);
  detail::flow_on<support::order_of_core>(
      support::host_executor{1}, "", {columns, support::view_of(to), false},
      {{sparse(u), sparse(v)}, {}}, checks::flow_settings_of({}, h, w));
  for (std::size_t i = 0; i < u.size(); ++i) {
    CHECK(u[i] == (i % 3 == 1 ? expected.u[i / 3] : -1.0f));
    CHECK(v[i] == (i % 3 == 1 ? expected.v[i / 3] : -1.0f));
  }
}

TEST_CASE("patches of a diagonal are searched by threads that share nothing",
          "[cuda][flow][threads]") {
  for (const auto& [size, h, w] : {std::tuple{4, 10, 17}, {8, 20, 11}, {16, 17, 22}}) {
    const gray_frames from = support::moving_frames(1, 1, h, w);
    const gray_frames to = support::moving_frames(2, 1, h, w);
    s2d::flow_options options;
    options.finest_scale = 0;
    options.patch_size = size;
    options.search_iterations = 4;
    CAPTURE(size);
    CHECK(flow_twin<support::device_threads>::pairs(from, to, options) ==
          flow_twin<support::order_of_device>::pairs(from, to, options));
  }
}

TEST_CASE("flow refuses frames without pixels, too large ones, other fields, bad options",
          "[cuda][flow]") {
  using frames = batch_view<const std::uint8_t>;
  CHECK_NOTHROW(checks::require_flow_frames("call", frames{nullptr, 0, 0, 0}));
  CHECK_THROWS_WITH(checks::require_flow_frames("call", frames{nullptr, 2, 0, 5}),
                    "call: frames are 0 x 5, expected at least one pixel");
  CHECK_THROWS_WITH(checks::require_flow_frames("call", frames{nullptr, 1, 5, 1 << 24}),
                    "call: frames are 5 x 16777216, expected sides below 2^24");
  CHECK_THROWS_WITH(checks::require_flow_frames("call", frames{nullptr, 1, 5, 6}),
                    "call: the address is null, expected device memory of 30 elements");
  CHECK_THROWS_AS(checks::require_flow_frames("call", frames{nullptr, -1, 5, 6}),
                  s2d::invalid_input);
  const mutable_flow_batch out{{nullptr, 0, 5, 6}, {nullptr, 0, 5, 7}};
  CHECK_THROWS_WITH(checks::require_flow_output("call", frames{nullptr, 1, 5, 6}, 0, out),
                    "call: extents differ, 0 x 5 x 6 and 0 x 5 x 7 (count x height x width)");
  s2d::flow_options options;
  CHECK_THROWS_AS(checks::require_flow_room(
                      "call", frames{nullptr, std::int64_t{1} << 40, 1 << 10, 1 << 10}, options),
                  s2d::invalid_input);
  options.patch_size = 5;
  CHECK_THROWS_WITH(checks::flow_settings_of(options, 5, 6),
                    "flow: patch_size is 5, expected 4, 8 or 16");
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("flow of real frames is the core's, and hardly moves with the order of sums",
          "[cuda][flow]") {
  const auto [from, to] = support::real_pairs(2);
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium}) {
    CAPTURE(static_cast<int>(preset));
    const found_flow core = support::core_flow::pairs(from, to, preset);
    CHECK(core_twin::pairs(from, to, preset) == core);
    support::check_near(flow_twin<support::order_of_device>::pairs(from, to, preset), core);
    support::check_near(flow_twin<order_of_four>::pairs(from, to, preset), core);
  }
}
#endif
