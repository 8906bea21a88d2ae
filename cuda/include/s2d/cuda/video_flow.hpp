// Optical flow of a whole video, in both directions, on a device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/cuda/flow.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/device_memory.hpp>
#include <s2d/flow/video_flow.hpp>

namespace s2d::cuda::inline S2D_ABI {

namespace steps {

/// The twin that video_flow_on calls.
struct video_flow_side : device_memory {
  void flow(const batch_view<const std::uint8_t>& frames, const mutable_flow_batch& forward,
            const mutable_flow_batch& backward, const flow_options& options) const {
    estimate_clip_flow(frames, forward, backward, options, stream);
  }
};

/// Side: video_flow_side, or a model of it. At most `most_pairs` at once.
template <class Side>
video_flow video_flow_on(const Side& side, std::span<const image> frames,
                         const video_flow_options& options, const progress_callback& progress,
                         std::int64_t most_pairs = 128) {
  const grid_size grid = s2d::detail::checked_flow_grid(frames, options);
  video_flow out;
  out.forward.resize(frames.size());
  out.backward.resize(frames.size());
  if (frames.empty()) return out;
  const std::int64_t h = grid.height, w = grid.width;
  // Pairs whose scratch stays below some gigabytes.
  const auto block = static_cast<std::size_t>(
      std::clamp<std::int64_t>((std::int64_t{1} << 26) / (h * w), 1, most_pairs));
  for (std::size_t begin = 0; begin < frames.size(); begin += block) {
    s2d::detail::report(progress, "flow", begin, frames.size());
    const std::size_t pairs = (std::min)(block, frames.size() - 1 - begin);
    if (pairs == 0) continue;
    std::vector<matrix<std::uint8_t>> gray(pairs + 1);
    parallel_for(pairs + 1, options.threads, [&](std::size_t i) {
      gray[i] = s2d::detail::gray_on_grid(frames[begin + i], grid);
    });
    const auto absent = [&](std::size_t i) {
      const std::size_t t = begin + i + 1;
      return (t < options.cut_before.size() && options.cut_before[t]) || gray[i] == gray[i + 1];
    };
    std::size_t first = 0;
    while (first < pairs && absent(first)) ++first;
    if (first == pairs) continue;
    const auto bytes = uploaded_pictures(side, std::span<const matrix<std::uint8_t>>{gray});
    const auto n = static_cast<std::int64_t>(pairs);
    auto planes = side.template allocate<float>(4 * n * h * w);
    const auto plane = [&](std::int64_t i) {
      return batch_view<float>{planes.data() + i * n * h * w, n, h, w};
    };
    side.flow({bytes.data(), n + 1, h, w}, {plane(0), plane(1)}, {plane(2), plane(3)},
              options.flow);
    const std::vector<float> values = side.fetch(planes);
    parallel_for(pairs, options.threads, [&](std::size_t i) {
      const std::size_t t = begin + i;
      if (absent(i)) return;
      flow_field forward(h, w), backward(h, w);
      const float* from = values.data() + static_cast<std::int64_t>(i) * h * w;
      for (matrix<float>* part : {&forward.u, &forward.v, &backward.u, &backward.v}) {
        std::copy(from, from + h * w, part->data());
        from += n * h * w;
      }
      out.forward[t] = std::move(forward);
      out.backward[t + 1] = std::move(backward);
    });
  }
  s2d::detail::report(progress, "flow", frames.size(), frames.size());
  return out;
}

}  // namespace steps

/// Flow of all neighbouring frames of a video in both directions, as s2d::estimate_video_flow: the
/// frames become gray pictures of the flow grid on options.threads threads of the processor, the
/// flow of up to 128 pairs at once is made on the device (flow.hpp says how near it is to the
/// core's). Pairs over a cut and of equal frames cost as others do, unless they fill a block. Waits
/// for the stream after every block.
/// @throws as s2d::estimate_video_flow; cuda_error if the device refuses
[[nodiscard]] inline video_flow estimate_video_flow(std::span<const image> frames,
                                                    const video_flow_options& options = {},
                                                    const progress_callback& progress = {},
                                                    stream_view stream = {}) {
  return steps::video_flow_on(steps::video_flow_side{{stream}}, frames, options, progress);
}

}  // namespace s2d::cuda::inline S2D_ABI
