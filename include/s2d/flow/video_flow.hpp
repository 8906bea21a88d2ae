// Optical flow of a whole video, in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/color.hpp>
#include <s2d/core/detail/threads.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/flow/estimate.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {

struct video_flow_options {
  flow_options flow;  ///< default: the medium preset
  /// Longer side of the grid on which flow is computed and given; 0: the frames' own size.
  std::ptrdiff_t longer_side = 428;
  std::size_t threads = 1;  ///< 0: one per processor; the result does not depend on it
  /// cut_before[t]: frame t begins a new shot, so that there is no flow between t - 1 and t.
  /// Shorter than the video: no cut in the rest.
  std::vector<bool> cut_before;
};

/// A height and a width in pixels.
struct grid_size {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  friend bool operator==(const grid_size&, const grid_size&) = default;
};

/// The grid of the flow of frames of `height` x `width`: twice the size, each side rounded and at
/// least 16, of the frame scaled so that its longer side is longer_side / 2. 0: the frame's size.
/// @throws invalid_input if longer_side is odd, negative or above 65536, or the frame is empty
[[nodiscard]] inline grid_size flow_grid(std::ptrdiff_t height, std::ptrdiff_t width,
                                         std::ptrdiff_t longer_side = 428) {
  require(height > 0 && width > 0, "flow_grid: frames are ", height, " x ", width,
          ", expected at least one pixel");
  require(longer_side >= 0 && longer_side <= 65536 && longer_side % 2 == 0,
          "flow_grid: longer_side is ", longer_side, ", expected an even number up to 65536 or 0");
  if (longer_side == 0) return {height, width};
  const std::ptrdiff_t longer = height > width ? height : width;
  const auto side = [&](std::ptrdiff_t length) {
    const std::ptrdiff_t half = (length * longer_side + longer) / (2 * longer);
    return 2 * (half > 16 ? half : 16);
  };
  return {side(height), side(width)};
}

namespace detail {

/// Luma of a frame on the flow grid.
inline matrix<std::uint8_t> gray_on_grid(image_view frame, grid_size grid) {
  matrix<std::uint8_t> gray = to_gray(frame);
  if (gray.height == grid.height && gray.width == grid.width) return gray;
  if (gray.height < grid.height || gray.width < grid.width)
    return resize_bilinear(gray, grid.height, grid.width);
  return resize_area(gray, grid.height, grid.width);
}

/// The grid of the flow of a video; 0 x 0 without frames.
inline grid_size checked_flow_grid(std::span<const image> frames,
                                   const video_flow_options& options) {
  check_flow_options(options.flow);
  if (frames.empty()) return {};
  for (std::size_t t = 1; t < frames.size(); ++t)
    require(frames[t].height == frames[0].height && frames[t].width == frames[0].width,
            "estimate_video_flow: frame ", t, " is ", frames[t].height, " x ", frames[t].width,
            ", expected ", frames[0].height, " x ", frames[0].width,
            " as frame 0 (height x width)");
  return flow_grid(frames[0].height, frames[0].width, options.longer_side);
}

struct prepared_frame {
  matrix<std::uint8_t> gray;
  dense::flow_pyramid pyramid;
};

/// Working memory handed from one call to the next.
class scratch_pool {
 public:
  class lease {
   public:
    explicit lease(scratch_pool& pool) : pool_{pool}, scratch_{pool.take()} {}
    ~lease() { pool_.put(std::move(scratch_)); }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    [[nodiscard]] dense::flow_scratch& operator*() noexcept { return scratch_; }

   private:
    scratch_pool& pool_;
    dense::flow_scratch scratch_;
  };

 private:
  dense::flow_scratch take() {
    const scoped_lock lock{mutex_};
    if (free_.empty()) {
      free_.reserve(++made_);
      return {};
    }
    dense::flow_scratch last = std::move(free_.back());
    free_.pop_back();
    return last;
  }
  void put(dense::flow_scratch scratch) noexcept {
    const scoped_lock lock{mutex_};
    free_.push_back(std::move(scratch));
  }

  mutex mutex_;
  std::size_t made_ = 0;
  std::vector<dense::flow_scratch> free_;
};

inline flow_field flow_or_none(const prepared_frame& from, const prepared_frame& to,
                               const flow_options& options, scratch_pool& pool) {
  if (from.gray == to.gray) return {};
  scratch_pool::lease scratch{pool};
  return flow_between(from.pyramid, to.pyramid, options, *scratch);
}

}  // namespace detail

/// Flow between one frame and the one before it.
struct flow_link {
  flow_field forward;   ///< previous frame to this one
  flow_field backward;  ///< this frame to the previous one
};

/// Flow of a video whose frames arrive one by one; keeps one frame.
class flow_stream {
 public:
  /// options.cut_before is not used. @throws invalid_input if an option is out of range
  explicit flow_stream(video_flow_options options = {}) : options_{std::move(options)} {
    detail::check_flow_options(options_.flow);
    (void)flow_grid(1, 1, options_.longer_side);
  }

  /// Flow between the frame of the last call and `frame`, on the grid flow_grid gives. Both fields
  /// are empty in the first call, when `cut_before` says that a new shot begins, and when both
  /// frames are equal on the grid (a duplicated frame).
  /// @throws invalid_input if the frame is empty or of another size than the one before
  [[nodiscard]] flow_link next(image_view frame, bool cut_before = false) {
    const grid_size grid = flow_grid(frame.height, frame.width, options_.longer_side);
    require(frames_ == 0 || (frame.height == height_ && frame.width == width_), "flow: frame ",
            frames_, " is ", frame.height, " x ", frame.width, ", expected ", height_, " x ",
            width_, " as the frames before (height x width)");
    detail::prepared_frame now{detail::gray_on_grid(frame, grid), {}};
    now.pyramid = detail::make_pyramid(now.gray, options_.flow);
    flow_link link;
    if (frames_ > 0 && !cut_before) {
      const detail::prepared_frame* pair[] = {&last_, &now};
      parallel_for(2, options_.threads, [&](std::size_t i) {
        (i == 0 ? link.forward : link.backward) =
            detail::flow_or_none(*pair[i], *pair[1 - i], options_.flow, pool_);
      });
    }
    last_ = std::move(now);
    height_ = frame.height;
    width_ = frame.width;
    ++frames_;
    return link;
  }

 private:
  video_flow_options options_;
  detail::scratch_pool pool_;
  detail::prepared_frame last_;
  std::ptrdiff_t height_ = 0;
  std::ptrdiff_t width_ = 0;
  std::size_t frames_ = 0;
};

/// Flow of all neighbouring frames of a video in both directions, on the grid that flow_grid
/// gives for options.longer_side (area filter; bilinear if the grid is larger than the frames).
/// Vectors are in pixels of that grid. Absent (empty) fields: backward of the first and forward of
/// the last frame, both over a cut, both between frames that are equal on the grid.
/// @param frames [T] all of one size   @param progress stage "flow", one unit a frame
/// @throws invalid_input if sizes differ, a frame is empty or an option is out of range;
///   cancelled if `progress` returns false
[[nodiscard]] inline video_flow estimate_video_flow(std::span<const image> frames,
                                                    const video_flow_options& options = {},
                                                    const progress_callback& progress = {}) {
  const grid_size grid = detail::checked_flow_grid(frames, options);
  video_flow out;
  out.forward.resize(frames.size());
  out.backward.resize(frames.size());
  if (frames.empty()) return out;
  const std::size_t threads = thread_count(options.threads);
  // Pyramids of one block of frames and the last of the block before are kept.
  const std::size_t block = threads == 1 ? 1 : 4 * threads;
  detail::scratch_pool pool;
  std::vector<detail::prepared_frame> prepared(block + 1);
  for (std::size_t begin = 0; begin < frames.size(); begin += block) {
    detail::report(progress, "flow", begin, frames.size());
    const std::size_t count = frames.size() - begin < block ? frames.size() - begin : block;
    parallel_for(count, threads, [&](std::size_t i) {
      prepared[i + 1].gray = detail::gray_on_grid(frames[begin + i], grid);
      prepared[i + 1].pyramid = detail::make_pyramid(prepared[i + 1].gray, options.flow);
    });
    parallel_for(2 * count, threads, [&](std::size_t n) {
      const std::size_t i = n / 2, t = begin + i;
      if (t == 0 || (t < options.cut_before.size() && options.cut_before[t])) return;
      const bool forward = n % 2 == 0;
      (forward ? out.forward[t - 1] : out.backward[t]) = detail::flow_or_none(
          prepared[forward ? i : i + 1], prepared[forward ? i + 1 : i], options.flow, pool);
    });
    std::swap(prepared[0], prepared[count]);
  }
  detail::report(progress, "flow", frames.size(), frames.size());
  return out;
}

}  // namespace s2d::inline S2D_ABI
