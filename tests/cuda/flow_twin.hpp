// The device's flow on the processor.
#pragma once

#include <algorithm>
#include <cstdint>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/cuda/detail/flow.hpp>
#include <s2d/cuda/flow.hpp>

#include "cuda/flow_cases.hpp"
#include "cuda/host_executor.hpp"

namespace support {

/// A thread a patch, whose sums have the order of the core as it is compiled here: fast, and the
/// same bits.
struct order_of_core {
  static constexpr int threads = 1;
  static constexpr int lanes(int) { return 1; }
  static constexpr int width(int size) {
    return (std::min)(size, static_cast<int>(s2d::detail::lane_count));
  }
};
/// A thread a patch, whose sums have the device's order.
struct order_of_device : s2d::cuda::detail::whole_rows {
  static constexpr int threads = 1;
  static constexpr int lanes(int) { return 1; }
};
/// As on the device, by real threads: a warp of them, so that the largest patches are two at once.
struct device_threads : s2d::cuda::detail::whole_rows {
  static constexpr int threads = 32;
};

inline s2d::cuda::batch_view<const std::uint8_t> view_of(const gray_frames& of) {
  return {of.pixels.data(), of.count, of.height, of.width};
}

template <class Order>
struct flow_twin {
  static found_flow run(const s2d::cuda::detail::flow_frames& frames, std::int64_t forward,
                        const s2d::flow_options& options) {
    using namespace s2d::cuda;
    const std::int64_t h = frames.first.height, w = frames.first.width, n = frames.pairs();
    found_flow all;
    all.u.assign(static_cast<std::size_t>(n * h * w), -77.0f);
    all.v = all.u;
    const auto part = [&](std::int64_t begin, std::int64_t count) -> mutable_flow_batch {
      return {{all.u.data() + begin * h * w, count, h, w},
              {all.v.data() + begin * h * w, count, h, w}};
    };
    const host_executor executor{Order::threads};
    detail::flow_on<Order>(executor, "", frames, {part(0, forward), part(forward, n - forward)},
                           checks::flow_settings_of(options, h, w));
    CHECK(executor.fetches == 0);
    return all;
  }
  static found_flow pairs(const gray_frames& from, const gray_frames& to,
                          const s2d::flow_options& options) {
    return run({view_of(from), view_of(to), false}, from.count, options);
  }
  static found_flow clip(const gray_frames& frames, const s2d::flow_options& options) {
    return run({view_of(frames), {}, true}, frames.count > 0 ? frames.count - 1 : 0, options);
  }
};

}  // namespace support
