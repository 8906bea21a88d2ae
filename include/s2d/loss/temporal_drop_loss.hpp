// The mask loss of one clip: matched queries against sparse pseudo masks, frame by frame.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <s2d/assign/matching_cost.hpp>
#include <s2d/core/config.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/loss/clip_view.hpp>
#include <s2d/loss/mask_losses.hpp>
#include <s2d/loss/point_sample.hpp>
#include <s2d/loss/uncertain_points.hpp>

namespace s2d::inline S2D_ABI {

/// What sums over masks are divided by.
enum class mask_loss_divisor : std::uint8_t {
  instances,   ///< the number of targets (S2D's choice), at least 1
  kept_masks,  ///< the sum of the weights of the masks that count; 1 if none does
};

struct mask_loss_options {
  /// Temporal DropLoss: a frame without pseudo mask weighs nothing ("masks-only"); else every frame
  /// weighs 1 ("full"), those without mask as background. Given weights override it.
  bool drop_unlabelled = true;
  mask_loss_divisor divisor = mask_loss_divisor::instances;
  double divide_by = 0;  ///< if positive, divides instead: the targets of a batch of clips, say
  point_options points = {};
  std::uint64_t seed = 0;   ///< vary it from step to step and from output to output
  double mask_weight = 5;   ///< of the cross entropy, in the gradient
  double dice_weight = 5;   ///< of the Dice loss, in the gradient
  std::size_t threads = 1;  ///< 0: one per processor
};

/// Losses without weights, as loss_mask and loss_dice are logged.
struct mask_loss {
  double mask = 0;                ///< sum over masks of the mean cross entropy / divisor
  double dice = 0;                ///< sum over masks of the Dice loss / divisor
  std::ptrdiff_t kept_masks = 0;  ///< pairs of instance and frame that count
  double divisor = 1;
};

namespace detail {

template <class Pixel>
[[nodiscard]] bool any_pixel(const plane_view<Pixel>& plane) noexcept {
  for (std::ptrdiff_t y = 0; y < plane.height; ++y) {
    const Pixel* const row = plane.row(y);
    bool any = false;
    for (std::ptrdiff_t x = 0; x < plane.width; ++x) any |= row[x * plane.column_stride] != Pixel{};
    if (any) return true;
  }
  return false;
}

/// One mask that counts.
struct kept_mask {
  matched_pair pair;
  std::ptrdiff_t frame = 0;
  double weight = 1;
};

template <class T, class Pixel>
void require_clip(const char* what, const clip_view<const T>& logits,
                  const clip_view<Pixel>& targets, std::span<const matched_pair> pairs,
                  const clip_view<T>& gradient) {
  require(logits.frames == targets.frames, what, ": logits have ", logits.frames,
          " frames, targets ", targets.frames);
  require(gradient.data == nullptr ||
              (gradient.count == logits.count && gradient.frames == logits.frames &&
               gradient.height == logits.height && gradient.width == logits.width),
          what, ": the gradient is [", gradient.count, ", ", gradient.frames, ", ", gradient.height,
          ", ", gradient.width, "], the logits [", logits.count, ", ", logits.frames, ", ",
          logits.height, ", ", logits.width, "]");
  if (logits.count > 0 && logits.frames > 0) require_samplable(what, logits.plane(0, 0));
  if (targets.count > 0 && targets.frames > 0) require_samplable(what, targets.plane(0, 0));
  std::vector<bool> seen(static_cast<std::size_t>(logits.count));
  for (const matched_pair& pair : pairs) {
    require(pair.query >= 0 && pair.query < logits.count, what, ": query ", pair.query,
            ", there are ", logits.count);
    require(pair.target >= 0 && pair.target < targets.count, what, ": target ", pair.target,
            ", there are ", targets.count);
    require(!seen[static_cast<std::size_t>(pair.query)], what, ": query ", pair.query,
            " is matched twice");
    seen[static_cast<std::size_t>(pair.query)] = true;
  }
}

template <class Pixel>
std::vector<kept_mask> list_masks(const char* what, const clip_view<Pixel>& targets,
                                  std::span<const matched_pair> pairs,
                                  const mask_loss_options& options,
                                  const plane_view<const float>& weights) {
  require(weights.data == nullptr ||
              (weights.height == targets.count && weights.width == targets.frames),
          what, ": weights are [", weights.height, ", ", weights.width, "], expected [",
          targets.count, ", ", targets.frames, "] (targets, frames)");
  std::vector<kept_mask> masks;
  masks.reserve(pairs.size() * static_cast<std::size_t>(targets.frames));
  for (const matched_pair& pair : pairs)
    for (std::ptrdiff_t t = 0; t < targets.frames; ++t) {
      double weight = 1;
      if (weights.data != nullptr) {
        weight = static_cast<double>(weights(pair.target, t));
        require(weight >= 0, what, ": the weight of target ", pair.target, " in frame ", t, " is ",
                weight, ", expected at least 0");
      } else if (options.drop_unlabelled) {
        weight = any_pixel(targets.plane(pair.target, t)) ? 1 : 0;
      }
      if (weight != 0) masks.push_back({pair, t, weight});
    }
  return masks;
}

/// What one thread needs, kept from mask to mask: about (oversample + 5) * count values.
template <class T>
struct mask_loss_scratch {
  std::vector<T> uncertainty, points, logits, targets, sigmoids, gradient;
};

/// points_of(number of the mask, mask, scratch) gives the points of a mask.
template <class T, class Pixel, class PointsOf>
mask_loss sum_masks(const clip_view<const T>& logits, const clip_view<Pixel>& targets,
                    const std::vector<kept_mask>& masks, const mask_loss_options& options,
                    const clip_view<T>& gradient, const PointsOf& points_of) {
  mask_loss result;
  result.kept_masks = static_cast<std::ptrdiff_t>(masks.size());
  if (options.divide_by > 0) {
    result.divisor = options.divide_by;
  } else if (options.divisor == mask_loss_divisor::instances) {
    result.divisor = targets.count > 1 ? static_cast<double>(targets.count) : 1;
  } else if (!masks.empty()) {
    result.divisor = 0;
    for (const kept_mask& mask : masks) result.divisor += mask.weight;
  }
  std::vector<mask_loss> parts(masks.size());
  std::size_t workers = thread_count(options.threads);
  if (workers > masks.size()) workers = masks.size();
  parallel_for(workers, workers, [&](std::size_t worker) {
    mask_loss_scratch<T> scratch;
    for (std::size_t k = worker; k < masks.size(); k += workers) {
      const kept_mask& mask = masks[k];
      const plane_view<const T> points = points_of(k, mask, scratch);
      const auto n = static_cast<std::size_t>(points.height);
      scratch.logits.resize(n);
      scratch.targets.resize(n);
      point_sample(logits.plane(mask.pair.query, mask.frame), points, std::span{scratch.logits});
      point_sample(targets.plane(mask.pair.target, mask.frame), points, std::span{scratch.targets});
      T* sigmoids = nullptr;
      if (gradient.data != nullptr) {
        scratch.sigmoids.resize(n);
        sigmoids = scratch.sigmoids.data();
      }
      const mask_sums sums =
          sum_mask<T>(scratch.logits.data(), scratch.targets.data(), points.height, sigmoids);
      parts[k].mask =
          n == 0 ? 0 : mask.weight * sums.cross_entropy / static_cast<double>(points.height);
      parts[k].dice = mask.weight * sums.dice_loss();
      if (gradient.data == nullptr) continue;
      const double scale = mask.weight / result.divisor;
      const mask_gradient<T> rule{sums, points.height, scale * options.mask_weight,
                                  scale * options.dice_weight};
      const T* const y = scratch.targets.data();
      T* const at = scratch.logits.data();
      S2D_INDEPENDENT
      for (std::size_t p = 0; p < n; ++p) at[p] = rule(sigmoids[p], y[p]);
      point_sample_gradient(std::span<const T>{scratch.logits}, points,
                            gradient.plane(mask.pair.query, mask.frame));
    }
  });
  for (const mask_loss& part : parts) {
    result.mask += part.mask;
    result.dice += part.dice;
  }
  result.mask /= result.divisor;
  result.dice /= result.divisor;
  return result;
}

}  // namespace detail

/// The weights of Temporal DropLoss: 1 where a target has a mask in a frame, 0 where it has none.
/// @param targets  [n, t, h, w]
/// @return [n, t]
template <class Pixel>
[[nodiscard]] matrix<float> temporal_drop_weights(clip_view<Pixel> targets) {
  matrix<float> weights(targets.count, targets.frames);
  for (std::ptrdiff_t i = 0; i < targets.count; ++i)
    for (std::ptrdiff_t t = 0; t < targets.frames; ++t)
      weights(i, t) = detail::any_pixel(targets.plane(i, t)) ? 1.0f : 0.0f;
  return weights;
}

/// The mask losses of one clip and one decoder output, with Temporal DropLoss: pairs of instance
/// and frame without pseudo mask are never looked at, so neither loss nor gradient depends on what
/// the network predicts there.
///
/// Every mask that counts is evaluated at points of its own (uncertain_points), drawn from
/// options.seed, its target and its frame: which other masks count, and how many threads work,
/// changes nothing. Teacher masks (KD) and pseudo masks take the same call.
///
/// @param logits    [q, t, h, w] finite in frames that count
/// @param targets   [n, t, H, W] bool or whole numbers (non-zero is mask) or parts in [0, 1]
/// @param pairs     queries, each at most once, and their targets
/// @param gradient  [q, t, h, w] or empty; mask_weight * d mask + dice_weight * d dice is added,
///                  planes of other queries and of frames that do not count are left alone
/// @param weights   [n, t] >= 0 or empty; in place of drop_unlabelled
/// @throws invalid_input if extents do not fit, an index is out of range or an option is
/// Complexity: O(masks * oversample * count) time; (oversample + 5) * count values a thread.
/// Source: S2D (Temporal DropLoss); Cheng et al., Mask2Former, CVPR 2022 (losses at points).
template <std::floating_point T, class Pixel>
mask_loss temporal_drop_loss(clip_view<const T> logits, clip_view<Pixel> targets,
                             std::span<const matched_pair> pairs,
                             const mask_loss_options& options = {},
                             std::type_identity_t<clip_view<T>> gradient = {},
                             plane_view<const float> weights = {}) {
  detail::require_clip("temporal_drop_loss", logits, targets, pairs, gradient);
  detail::require_point_options("temporal_drop_loss", options.points);
  const auto masks = detail::list_masks("temporal_drop_loss", targets, pairs, options, weights);
  const detail::point_stream stream{options.seed};
  return detail::sum_masks(
      logits, targets, masks, options, gradient,
      [&](std::size_t, const detail::kept_mask& mask, detail::mask_loss_scratch<T>& scratch) {
        scratch.points.resize(2 * static_cast<std::size_t>(options.points.count));
        const plane_view<T> points{scratch.points.data(), options.points.count, 2};
        detail::draw_points(logits.plane(mask.pair.query, mask.frame),
                            stream.of(mask.pair.target, mask.frame), options.points, points,
                            scratch.uncertainty);
        return plane_view<const T>{points};
      });
}

/// The same at given points, options.points and seed unused.
///
/// @param points  [k * p, 2] p points for each of the k masks that count: pair by pair, frame by
///                frame
template <std::floating_point T, class Pixel>
mask_loss temporal_drop_loss(clip_view<const T> logits, clip_view<Pixel> targets,
                             std::span<const matched_pair> pairs,
                             std::type_identity_t<plane_view<const T>> points,
                             const mask_loss_options& options = {},
                             std::type_identity_t<clip_view<T>> gradient = {},
                             plane_view<const float> weights = {}) {
  detail::require_clip("temporal_drop_loss", logits, targets, pairs, gradient);
  const auto masks = detail::list_masks("temporal_drop_loss", targets, pairs, options, weights);
  const auto count = static_cast<std::ptrdiff_t>(masks.size());
  require(points.height == 0 || points.width == 2, "temporal_drop_loss: points are [",
          points.height, ", ", points.width, "], expected [k * p, 2] (x, y)");
  require(count == 0 || points.height % count == 0, "temporal_drop_loss: ", points.height,
          " points for ", count, " masks, expected equally many for each");
  return detail::sum_masks(
      logits, targets, masks, options, gradient,
      [&](std::size_t k, const detail::kept_mask&, detail::mask_loss_scratch<T>&) {
        const std::ptrdiff_t each = points.height / count;
        return plane_view<const T>{points.row(static_cast<std::ptrdiff_t>(k) * each), each, 2,
                                   points.row_stride, points.column_stride};
      });
}

}  // namespace s2d::inline S2D_ABI
