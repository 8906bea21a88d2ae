// Frame masks by normalised cuts of the features of any extractor.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/segment/feature_grid.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/segment/normalized_cut_masks.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

template <feature_extractor Extractor>
std::vector<feature_grid> extract_features(std::span<const image> frames, std::size_t first,
                                           Extractor& extractor, std::size_t threads) {
  if constexpr (batch_feature_extractor<Extractor>) {
    std::vector<feature_grid> grids = extractor(frames);
    require(grids.size() == frames.size(), "normalized_cut_masks: the extractor gave ",
            grids.size(), " grids for ", frames.size(), " frames from ", first, " on");
    return grids;
  } else {
    constexpr bool shareable = feature_extractor<const Extractor>;
    std::vector<feature_grid> grids(frames.size());
    parallel_for(frames.size(), shareable ? threads : 1,
                 [&](std::size_t i) { grids[i] = extractor(frames[i]); });
    return grids;
  }
}

}  // namespace detail

/// Objects of every frame by normalised cuts of what an extractor says about it; otherwise as
/// normalized_cut_masks of a feature_source, which is taken where a callable is both. Only the
/// grids of a few frames exist at a time. An extractor that cannot be called while constant is
/// called from one thread, in the order of the video.
/// @param frames    [T]
/// @param progress  stage "masks", units are frames
/// @throws invalid_input if a grid's arrays do not have its extents, a value is not finite, or an
///         option is out of range; cancelled if `progress` returns false; what the extractor throws
template <feature_extractor Extractor>
requires(!feature_source<std::remove_reference_t<Extractor>>) [[nodiscard]] video_masks
    normalized_cut_masks(std::span<const image> frames, Extractor&& extractor,
                         const normalized_cut_masks_options& options = {},
                         const progress_callback& progress = {}) {
  detail::check_cut_options(options);
  const std::size_t threads = thread_count(options.threads), block = 4 * threads;
  video_masks result(frames.size());
  for (std::size_t begin = 0; begin < frames.size(); begin += block) {
    detail::report(progress, "masks", begin, frames.size());
    const std::size_t left = frames.size() - begin;
    const auto part = frames.subspan(begin, left < block ? left : block);
    const std::vector<feature_grid> grids =
        detail::extract_features(part, begin, extractor, threads);
    parallel_for(part.size(), threads, [&](std::size_t i) {
      detail::check_feature_grid(grids[i], begin + i);
      result[begin + i] = detail::cut_frame(part[i], grids[i], options);
    });
  }
  detail::report(progress, "masks", frames.size(), frames.size());
  return result;
}

/// A frame_segmenter of any feature_extractor.
template <feature_extractor Extractor>
class feature_segmenter {
 public:
  explicit feature_segmenter(Extractor extractor, normalized_cut_masks_options options = {},
                             progress_callback progress = {})
      : extractor_{std::move(extractor)},
        options_{std::move(options)},
        progress_{std::move(progress)} {}

  /// Masks of all frames; see normalized_cut_masks.
  [[nodiscard]] video_masks operator()(std::span<const image> frames) {
    return normalized_cut_masks(frames, extractor_, options_, progress_);
  }

 private:
  Extractor extractor_;
  normalized_cut_masks_options options_;
  progress_callback progress_;
};

}  // namespace s2d::inline S2D_ABI
