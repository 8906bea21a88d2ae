// The work of matching costs and mask losses: logits and targets sampled at points, and never kept.
// Targets: packed masks, or planes of floats.
#pragma once

#include <cmath>
#include <cstdint>

#include <s2d/cuda/mask_loss_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/exact_sums.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/rle.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Four pixels around a point and their weights; a pixel outside is not read. See
/// s2d::point_sample.
struct point_taps {
  std::int64_t x, y;  // of the upper left one
  float right, down;  // fractions
  bool here;          // false for coordinates that are no number, or far outside

  S2D_HD point_taps(float part_x, float part_y, std::int64_t height, std::int64_t width) {
    const float at_x = part_x * static_cast<float>(width) - 0.5f;
    const float at_y = part_y * static_cast<float>(height) - 0.5f;
    here = at_x > -1 && at_y > -1 && at_x < static_cast<float>(width) &&
           at_y < static_cast<float>(height);
    x = here ? static_cast<std::int64_t>(at_x + 1) - 1 : 0;  // rounds down, at_x > -1
    y = here ? static_cast<std::int64_t>(at_y + 1) - 1 : 0;
    // at_x + 1 may have been rounded up to a whole number.
    if (here && static_cast<float>(x) > at_x) --x;
    if (here && static_cast<float>(y) > at_y) --y;
    right = here ? at_x - static_cast<float>(x) : 0;
    down = here ? at_y - static_cast<float>(y) : 0;
  }

  /// Calls use(y, x, weight) for the pixels inside.
  template <class Use>
  S2D_HD void for_pixels(std::int64_t height, std::int64_t width, const Use& use) const {
    if (!here) return;
    for (int k = 0; k < 4; ++k) {
      const std::int64_t column = x + k % 2, row = y + k / 2;
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      use(row, column, (k % 2 == 0 ? 1 - right : right) * (k / 2 == 0 ? 1 - down : down));
    }
  }
};

S2D_HD inline float sample_logit(const float* plane, std::int64_t height, std::int64_t width,
                                 float x, float y) {
  float sum = 0;
  point_taps{x, y, height, width}.for_pixels(
      height, width, [&](std::int64_t row, std::int64_t column, float weight) {
        sum += weight * plane[row * width + column];
      });
  return sum;
}
S2D_HD inline float sample_target(const const_bits_view& masks, std::int64_t mask, float x,
                                  float y) {
  float sum = 0;
  point_taps{x, y, masks.height, masks.width}.for_pixels(
      masks.height, masks.width, [&](std::int64_t row, std::int64_t column, float weight) {
        if (masks(mask, row, column)) sum += weight;
      });
  return sum;
}

S2D_HD inline float sample_target(const batch_view<const float>& masks, std::int64_t mask, float x,
                                  float y) {
  float sum = 0;
  point_taps{x, y, masks.height, masks.width}.for_pixels(
      masks.height, masks.width, [&](std::int64_t row, std::int64_t column, float weight) {
        sum += weight * masks(mask, row, column);
      });
  return sum;
}

/// sigmoid(x), and softplus(x) without x where x > 0; stable for logits of any size.
struct logistic_of {
  float sigmoid, rest;
  S2D_HD explicit logistic_of(float x) {
    const float e = expf(x < 0 ? x : -x);
    sigmoid = (x >= 0 ? 1.0f : e) / (1 + e);
    rest = log1pf(e);
  }
};

/// The costs of one query and some targets by one block; sums over points are never written.
template <class Targets>
struct sum_costs {
  static constexpr int threads = 256, targets_each = 4;
  struct shared {};
  clip_logits logits;
  Targets targets;      // [n * frames]
  const float* points;  // [count, 2]
  std::int64_t count;
  const float* labelled;  // [n, frames] or null
  float mask_weight, dice_weight;
  float* cost;  // [q, n]
  float* dice;  // [q, n] or null: cost is the weighted sum of both, else the cross entropy alone

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    const std::int64_t n = targets.count / logits.frames;
    const std::int64_t groups = (n + targets_each - 1) / targets_each;
    const std::int64_t query = index / groups, first = index % groups * targets_each;
    const int here = static_cast<int>(n - first < targets_each ? n - first : targets_each);
    double rest[targets_each] = {}, soft[targets_each] = {}, sum[targets_each] = {};
    double apart[targets_each] = {}, overlap[targets_each] = {};
    std::int64_t used[targets_each] = {};
    for (std::int64_t t = 0; t < logits.frames; ++t) {
      bool counts[targets_each] = {};
      bool any = false;
      S2D_UNROLL
      for (int k = 0; k < targets_each; ++k) {
        counts[k] =
            k < here && (labelled == nullptr || labelled[(first + k) * logits.frames + t] != 0);
        any = any || counts[k];
      }
      if (!any) continue;
      const float* const plane =
          logits.data + (query * logits.frames + t) * logits.height * logits.width;
      float rest_here = 0, soft_here = 0, sum_here[targets_each] = {};
      float apart_here[targets_each] = {}, overlap_here[targets_each] = {};
      for (std::int64_t p = block.thread(); p < count; p += block.size()) {
        const float px = points[2 * p], py = points[2 * p + 1];
        const float x = sample_logit(plane, logits.height, logits.width, px, py);
        const logistic_of s{x};
        rest_here += s.rest;
        soft_here += s.sigmoid;
        const float positive = x > 0 ? x : x * 0;  // not finite stays visible
        S2D_UNROLL
        for (int k = 0; k < targets_each; ++k) {
          if (!counts[k]) continue;
          const float y = sample_target(targets, (first + k) * logits.frames + t, px, py);
          sum_here[k] += y;
          apart_here[k] += positive - x * y;
          overlap_here[k] += s.sigmoid * y;
        }
      }
      S2D_UNROLL
      for (int k = 0; k < targets_each; ++k) {
        if (!counts[k]) continue;
        ++used[k];
        rest[k] += static_cast<double>(rest_here);
        soft[k] += static_cast<double>(soft_here);
        sum[k] += static_cast<double>(sum_here[k]);
        apart[k] += static_cast<double>(apart_here[k]);
        overlap[k] += static_cast<double>(overlap_here[k]);
      }
    }
    S2D_UNROLL
    for (int k = 0; k < targets_each; ++k) {
      if (k >= here) break;  // the same for all threads
      const double entropy = block.reduce(rest[k] + apart[k], add{});
      const double both = block.reduce(soft[k] + sum[k], add{});
      const double common = block.reduce(overlap[k], add{});
      if (block.thread() != 0) continue;
      const double apart_from = 1 - (2 * common + 1) / (both + 1);
      const double all = static_cast<double>(used[k] * count);
      const double mean = all > 0 ? entropy / all : 0;
      const std::int64_t at = query * n + first + k;
      if (dice == nullptr) {
        cost[at] = static_cast<float>(static_cast<double>(dice_weight) * apart_from +
                                      static_cast<double>(mask_weight) * mean);
      } else {
        cost[at] = static_cast<float>(mean);
        dice[at] = static_cast<float>(apart_from);
      }
    }
  }
};

/// What is summed over the points of a mask.
struct mask_point_sums {
  double cross_entropy, overlap, soft, target, weight;

  [[nodiscard]] S2D_HD double dice_loss() const {
    return 1 - (2 * overlap + 1) / (soft + target + 1);
  }
};

/// Where pairs of a query and a target lie.
template <class Targets>
struct mask_pairs {
  clip_logits logits;
  Targets targets;                // [n * frames]
  const std::int32_t* queries;    // [pairs] or null: the i-th pair is the i-th query
  const std::int32_t* of_target;  // [pairs] or null: and the i-th target
  std::int64_t pairs;
  const float* points;  // [pairs, frames, count, 2]
  std::int64_t count;
  const float* weights;       // [n, frames] or null
  const std::int64_t* areas;  // [n * frames] where weights is null; null: every frame counts

  [[nodiscard]] S2D_HD std::int64_t mask_of(std::int64_t pair, std::int64_t t) const {
    return (of_target == nullptr ? pair : of_target[pair]) * logits.frames + t;
  }
  [[nodiscard]] S2D_HD double weight_of(std::int64_t pair, std::int64_t t) const {
    const std::int64_t mask = mask_of(pair, t);
    if (weights != nullptr) return static_cast<double>(weights[mask]);
    return areas == nullptr || areas[mask] > 0 ? 1 : 0;
  }
  [[nodiscard]] S2D_HD std::int64_t plane_of(std::int64_t pair, std::int64_t t) const {
    const std::int64_t query = queries == nullptr ? pair : queries[pair];
    return (query * logits.frames + t) * logits.height * logits.width;
  }
};

/// One mask by one block. A mask that weighs nothing is not looked at.
template <class Targets>
struct sum_masks {
  static constexpr int threads = 256;
  struct shared {};
  mask_pairs<Targets> in;
  mask_point_sums* sums;  // [pairs, frames]

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    const std::int64_t pair = index / in.logits.frames, t = index % in.logits.frames;
    const double weight = in.weight_of(pair, t);
    if (weight == 0) {  // for all threads
      if (block.thread() == 0) sums[index] = {};
      return;
    }
    const float* const plane = in.logits.data + in.plane_of(pair, t);
    const std::int64_t mask = in.mask_of(pair, t);
    float cross_entropy = 0, overlap = 0, soft = 0, target = 0;
    for (std::int64_t p = block.thread(); p < in.count; p += block.size()) {
      const float* const at = in.points + 2 * (index * in.count + p);
      const float x = sample_logit(plane, in.logits.height, in.logits.width, at[0], at[1]);
      const float y = sample_target(in.targets, mask, at[0], at[1]);
      const logistic_of s{x};
      const float positive = x > 0 ? x : x * 0;
      cross_entropy += s.rest + (positive - x * y);
      overlap += s.sigmoid * y;
      soft += s.sigmoid;
      target += y;
    }
    const mask_point_sums all{block.reduce(static_cast<double>(cross_entropy), add{}),
                              block.reduce(static_cast<double>(overlap), add{}),
                              block.reduce(static_cast<double>(soft), add{}),
                              block.reduce(static_cast<double>(target), add{}), weight};
    if (block.thread() == 0) sums[index] = all;
  }
};

/// The loss of the clip, in a fixed order; one thread.
struct total_loss {
  const mask_point_sums* sums;
  std::int64_t masks, count, instances;
  double divide_by;  // 0: the number of instances; negative: the sum of weights
  drop_loss_result* out;

  S2D_HD void operator()(std::int64_t) const {
    drop_loss_result result;
    double weights = 0;
    for (std::int64_t k = 0; k < masks; ++k) {
      const mask_point_sums& s = sums[k];
      if (s.weight == 0) continue;
      weights += s.weight;
      ++result.kept_masks;
      if (count > 0) result.mask += s.weight * s.cross_entropy / static_cast<double>(count);
      result.dice += s.weight * s.dice_loss();
    }
    if (divide_by > 0)
      result.divisor = divide_by;
    else if (divide_by == 0)
      result.divisor = instances > 1 ? static_cast<double>(instances) : 1;
    else
      result.divisor = weights > 0 ? weights : 1;
    result.mask /= result.divisor;
    result.dice /= result.divisor;
    *out = result;
  }
};

/// The gradient at the points of a mask.
struct mask_gradient {
  float entropy, slope, offset;
  S2D_HD mask_gradient(const mask_point_sums& s, double divisor, std::int64_t count,
                       double mask_weight, double dice_weight) {
    const double scale = s.weight / divisor, below = s.soft + s.target + 1;
    entropy = static_cast<float>(scale * mask_weight / static_cast<double>(count));
    slope = static_cast<float>(-2 * scale * dice_weight / below);
    offset = static_cast<float>(scale * dice_weight * (2 * s.overlap + 1) / (below * below));
  }
  /// Of a logit x and a target y.
  [[nodiscard]] S2D_HD float operator()(float x, float y) const {
    const float sigmoid = logistic_of{x}.sigmoid;
    return entropy * (sigmoid - y) + (slope * y + offset) * (sigmoid * (1 - sigmoid));
  }
  /// No magnitude is greater.
  [[nodiscard]] S2D_HD double most() const {
    return fabs(static_cast<double>(entropy)) + fabs(static_cast<double>(slope)) +
           fabs(static_cast<double>(offset));
  }
};

/// Where gradients are added: in any order, or so that it does not matter.
struct float_gradient {
  float* sums;  // as the logits
  S2D_HD void add(std::int64_t at, float value) const { atomic_add(sums + at, value); }
  [[nodiscard]] S2D_HD float_gradient of(std::int64_t) const { return *this; }
};
struct exact_gradient {
  unsigned long long* sums;
  const double* scale;
  S2D_HD void add(std::int64_t at, float value) const {
    add_exact(sums + at, static_cast<double>(value), *scale);
  }
  /// Where scales are those of masks.
  [[nodiscard]] S2D_HD exact_gradient of(std::int64_t mask) const { return {sums, scale + mask}; }
};

/// The step of exact gradients: all points of all masks may fall on one pixel. One thread.
struct choose_gradient_scale {
  const mask_point_sums* sums;
  const drop_loss_result* result;
  std::int64_t masks, count;
  double mask_weight, dice_weight;
  double* scale;
  S2D_HD void operator()(std::int64_t) const {
    double most = 0;
    for (std::int64_t k = 0; k < masks; ++k) {
      if (sums[k].weight == 0) continue;
      const mask_gradient of{sums[k], result->divisor, count, mask_weight, dice_weight};
      most += of.most() * static_cast<double>(count);
    }
    *scale = exact_scale(most);
  }
};
struct add_exact_gradient {
  const unsigned long long* sums;
  const double* scale;
  float* gradient;
  S2D_HD void operator()(std::int64_t i) const { gradient[i] += exact_sum(sums[i], *scale); }
};

/// One point of the masks: its logit, its target and where it lies.
template <class Targets>
struct point_of_pair {
  std::int64_t mask, plane;  // of all; first logit
  float x, y;
  point_taps taps;

  S2D_HD point_of_pair(const mask_pairs<Targets>& in, std::int64_t i)
      : mask{divide(i, in.count).whole},
        plane{in.plane_of(mask / in.logits.frames, mask % in.logits.frames)},
        x{sample_logit(in.logits.data + plane, in.logits.height, in.logits.width, in.points[2 * i],
                       in.points[2 * i + 1])},
        y{sample_target(in.targets, in.mask_of(mask / in.logits.frames, mask % in.logits.frames),
                        in.points[2 * i], in.points[2 * i + 1])},
        taps{in.points[2 * i], in.points[2 * i + 1], in.logits.height, in.logits.width} {}
};

/// The gradient of one point, added to four pixels.
template <class Targets, class Sums>
struct spread_gradient {
  mask_pairs<Targets> in;
  const mask_point_sums* sums;
  const drop_loss_result* result;
  double mask_weight, dice_weight;
  Sums gradient;

  S2D_HD void operator()(std::int64_t i) const {
    const mask_point_sums& s = sums[divide(i, in.count).whole];
    if (s.weight == 0) return;
    const point_of_pair<Targets> point{in, i};
    const float change =
        mask_gradient{s, result->divisor, in.count, mask_weight, dice_weight}(point.x, point.y);
    point.taps.for_pixels(in.logits.height, in.logits.width,
                          [&](std::int64_t row, std::int64_t column, float weight) {
                            gradient.add(point.plane + row * in.logits.width + column,
                                         weight * change);
                          });
  }
};

/// Both losses of a mask by itself.
struct write_losses {
  const mask_point_sums* sums;
  std::int64_t count;
  float* losses;  // [masks, 2]
  S2D_HD void operator()(std::int64_t k) const {
    losses[2 * k] =
        count > 0 ? static_cast<float>(sums[k].cross_entropy / static_cast<double>(count)) : 0.0f;
    losses[2 * k + 1] = static_cast<float>(sums[k].dice_loss());
  }
};

/// The gradients of both losses of a mask by itself at one point, each added to four pixels of a
/// plane of its own.
template <class Targets, class Sums>
struct spread_both_gradients {
  mask_pairs<Targets> in;
  const mask_point_sums* sums;
  Sums gradients;  // [masks, 2, height, width]

  S2D_HD void operator()(std::int64_t i) const {
    const point_of_pair<Targets> point{in, i};
    const mask_point_sums& s = sums[point.mask];
    const float entropy = mask_gradient{s, 1, in.count, 1, 0}(point.x, point.y);
    const float dice = mask_gradient{s, 1, in.count, 0, 1}(point.x, point.y);
    const std::int64_t size = in.logits.height * in.logits.width;
    const Sums own = gradients.of(point.mask);
    point.taps.for_pixels(in.logits.height, in.logits.width,
                          [&](std::int64_t row, std::int64_t column, float weight) {
                            const std::int64_t at =
                                2 * point.mask * size + row * in.logits.width + column;
                            own.add(at, weight * entropy);
                            own.add(at + size, weight * dice);
                          });
  }
};

/// The steps of their exact sums: all points of a mask may fall on one pixel.
struct choose_mask_scale {
  const mask_point_sums* sums;
  std::int64_t count;
  double* scale;  // [masks]
  S2D_HD void operator()(std::int64_t k) const {
    scale[k] = exact_scale((mask_gradient{sums[k], 1, count, 1, 0}.most() +
                            mask_gradient{sums[k], 1, count, 0, 1}.most()) *
                           static_cast<double>(count));
  }
};
struct write_exact_gradients {
  const unsigned long long* sums;  // [masks, each]
  const double* scale;
  std::int64_t each;
  float* gradients;
  S2D_HD void operator()(std::int64_t i) const {
    gradients[i] = exact_sum(sums[i], scale[divide(i, each).whole]);
  }
};

template <class Targets, class Executor>
void matching_cost_on(const Executor& run, const sum_costs<Targets>& body) {
  constexpr std::int64_t each = sum_costs<Targets>::targets_each;
  const std::int64_t frames = body.logits.frames;
  const std::int64_t n = frames > 0 ? body.targets.count / frames : 0;
  run.for_each_block("matching_cost", body.logits.count * ((n + each - 1) / each), body);
}

/// @param in  areas are filled in here where frames without mask are dropped
template <class Executor>
void drop_loss_on(const Executor& run, mask_pairs<const_bits_view> in,
                  const drop_loss_options& options, drop_loss_result* result, float* gradient) {
  constexpr const char* what = "temporal_drop_loss";
  const double divide_by = options.divide_by > 0    ? options.divide_by
                           : options.divide_by_kept ? -1
                                                    : 0;
  const std::int64_t masks = in.pairs * in.logits.frames;
  auto areas = run.template allocate<std::int64_t>(
      in.weights == nullptr && options.drop_unlabelled ? in.targets.count : 0);
  if (in.weights == nullptr && options.drop_unlabelled) {
    measure_on(run, what, in.targets, areas.data(), nullptr);
    in.areas = areas.data();
  }
  auto sums = run.template allocate<mask_point_sums>(masks);
  run.for_each_block(what, masks, sum_masks<const_bits_view>{in, sums.data()});
  const std::int64_t instances = in.logits.frames > 0 ? in.targets.count / in.logits.frames : 0;
  run.for_each(what, 1, total_loss{sums.data(), masks, in.count, instances, divide_by, result});
  if (gradient == nullptr || masks * in.count == 0) return;
  const auto spread = [&](auto to) {
    run.for_each(what, masks * in.count,
                 spread_gradient<const_bits_view, decltype(to)>{
                     in, sums.data(), result, options.mask_weight, options.dice_weight, to});
  };
  if (!options.deterministic) return spread(float_gradient{gradient});
  const auto& l = in.logits;
  const std::int64_t size = l.count * l.frames * l.height * l.width;
  auto exact = run.template allocate<unsigned long long>(size);
  auto scale = run.template allocate<double>(1);
  run.fill_zero(exact.data(), size);
  run.for_each(what, 1,
               choose_gradient_scale{sums.data(), result, masks, in.count, options.mask_weight,
                                     options.dice_weight, scale.data()});
  spread(exact_gradient{exact.data(), scale.data()});
  run.for_each(what, size, add_exact_gradient{exact.data(), scale.data(), gradient});
}

/// Every mask with its own target, whatever else `in` says.
template <class Targets, class Executor>
void mask_losses_on(const Executor& run, const mask_pairs<Targets>& in, float* losses,
                    float* gradients, bool deterministic) {
  constexpr const char* what = "mask_losses";
  const std::int64_t masks = in.pairs * in.logits.frames;
  auto sums = run.template allocate<mask_point_sums>(masks);
  run.for_each_block(what, masks, sum_masks<Targets>{in, sums.data()});
  run.for_each(what, masks, write_losses{sums.data(), in.count, losses});
  if (gradients == nullptr) return;
  const std::int64_t size = 2 * masks * in.logits.height * in.logits.width;
  run.fill_zero(gradients, size);
  if (masks * in.count == 0) return;
  const auto spread = [&](auto to) {
    run.for_each(what, masks * in.count,
                 spread_both_gradients<Targets, decltype(to)>{in, sums.data(), to});
  };
  if (!deterministic) return spread(float_gradient{gradients});
  auto exact = run.template allocate<unsigned long long>(size);
  auto scale = run.template allocate<double>(masks);
  run.fill_zero(exact.data(), size);
  run.for_each(what, masks, choose_mask_scale{sums.data(), in.count, scale.data()});
  spread(exact_gradient{exact.data(), scale.data()});
  run.for_each(what, size,
               write_exact_gradients{exact.data(), scale.data(),
                                     2 * in.logits.height * in.logits.width, gradients});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
