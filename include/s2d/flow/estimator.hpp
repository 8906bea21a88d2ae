// Optical flow by any estimator: the concept, the built-in model, and the flow of a whole video.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/flow/estimate.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/flow/video_flow.hpp>

namespace s2d::inline S2D_ABI {

/// Anything that estimates flow between two pictures of one size: estimator(from, to) gives the
/// displacement of what stands in `from`, on a grid that covers the picture, in pixels of that
/// grid; a field without pixels where it knows of none. Called from several threads at once if a
/// constant one can be called.
template <class Estimator>
concept flow_estimator = requires(Estimator& estimator, const image& from, const image& to) {
  { estimator(from, to) } -> std::convertible_to<flow_field>;
};

/// The built-in flow_estimator: estimate_flow.
struct flow_search {
  flow_options options = {};

  /// @throws invalid_input as estimate_flow
  [[nodiscard]] flow_field operator()(const image& from, const image& to) const {
    return estimate_flow(from.view(), to.view(), options);
  }
};

static_assert(flow_estimator<const flow_search>);

namespace detail {

inline image on_flow_grid(const image& frame, grid_size grid) {
  if (frame.height < grid.height || frame.width < grid.width)
    return resize_bilinear(frame.view(), grid.height, grid.width);
  return resize_area(frame.view(), grid.height, grid.width);
}

/// Checks the field from one frame to another, and that it lies on the grid of the fields before.
inline void check_estimated(const flow_field& flow, std::size_t from, std::size_t to,
                            grid_size& grid) {
  const auto fits = [](const matrix<float>& plane) {
    return plane.height >= 0 && plane.width >= 0 &&
           plane.values.size() == static_cast<std::size_t>(plane.height * plane.width);
  };
  require(flow.u.height == flow.v.height && flow.u.width == flow.v.width && fits(flow.u) &&
              fits(flow.v),
          "estimate_video_flow: from frame ", from, " to ", to, " the estimator gave planes of ",
          flow.u.height, " x ", flow.u.width, " and ", flow.v.height, " x ", flow.v.width, " with ",
          flow.u.values.size(), " and ", flow.v.values.size(),
          " values, expected two of one size (height x width)");
  if (flow.empty()) return;
  if (grid.height == 0) grid = {flow.height(), flow.width()};
  require(flow.height() == grid.height && flow.width() == grid.width,
          "estimate_video_flow: from frame ", from, " to ", to, " the estimator gave a field of ",
          flow.height(), " x ", flow.width(), ", before that of ", grid.height, " x ", grid.width,
          " (height x width)");
}

}  // namespace detail

/// Flow of all neighbouring frames of a video in both directions by any estimator, which sees the
/// frames on the grid that flow_grid gives for options.longer_side (area filter; bilinear if the
/// grid is larger), 0: as they are. Absent fields as without an estimator: at both ends, over
/// cuts, between frames that are equal on the grid. options.flow is not used. An estimator that
/// cannot be called while constant is called from one thread, in the order of the video.
/// @param frames [T] all of one size   @param progress stage "flow", one unit a frame
/// @throws invalid_input if sizes differ, a frame is empty, longer_side is out of range or fields
///   are not all of one size; cancelled if `progress` returns false; what the estimator throws
template <flow_estimator Estimator>
[[nodiscard]] video_flow estimate_video_flow(std::span<const image> frames, Estimator&& estimator,
                                             const video_flow_options& options = {},
                                             const progress_callback& progress = {}) {
  constexpr bool shareable = flow_estimator<const std::remove_reference_t<Estimator>>;
  video_flow out;
  out.forward.resize(frames.size());
  out.backward.resize(frames.size());
  if (frames.empty()) return out;
  const grid_size grid = flow_grid(frames[0].height, frames[0].width, options.longer_side);
  for (const image& frame : frames)
    detail::require_same_size("estimate_video_flow", frames[0], frame);
  const std::size_t threads = shareable ? thread_count(options.threads) : 1;
  // Pictures of one block of frames and the last of the block before are kept.
  const std::size_t block = threads == 1 ? 1 : 4 * threads;
  std::vector<image> pictures(block + 1);
  for (std::size_t begin = 0; begin < frames.size(); begin += block) {
    detail::report(progress, "flow", begin, frames.size());
    const std::size_t count = frames.size() - begin < block ? frames.size() - begin : block;
    parallel_for(count, threads, [&](std::size_t i) {
      pictures[i + 1] = detail::on_flow_grid(frames[begin + i], grid);
    });
    parallel_for(2 * count, threads, [&](std::size_t n) {
      const std::size_t i = n / 2, t = begin + i;
      if (t == 0 || (t < options.cut_before.size() && options.cut_before[t])) return;
      if (pictures[i] == pictures[i + 1]) return;
      if (n % 2 == 0)
        out.forward[t - 1] = estimator(pictures[i], pictures[i + 1]);
      else
        out.backward[t] = estimator(pictures[i + 1], pictures[i]);
    });
    std::swap(pictures[0], pictures[count]);
  }
  grid_size found;
  for (std::size_t t = 0; t + 1 < frames.size(); ++t) {
    detail::check_estimated(out.forward[t], t, t + 1, found);
    detail::check_estimated(out.backward[t + 1], t + 1, t, found);
  }
  detail::report(progress, "flow", frames.size(), frames.size());
  return out;
}

}  // namespace s2d::inline S2D_ABI
