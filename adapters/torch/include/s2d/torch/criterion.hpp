// What a prediction is worth: every output of the network against the masks of the clips.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/criterion_losses.hpp>
#include <s2d/torch/matcher.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/transformer_decoder.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Which frames of an instance the mask losses see.
enum class frame_strategy {
  labelled,  ///< those with a mask that is not empty: Temporal DropLoss
  every      ///< all: a frame without mask is background
};

/// What the sum of mask losses is divided by.
enum class loss_divisor {
  instances,  ///< of the batch, at least 1; as the official code does
  masks       ///< that were compared, at least 1
};

/// Over which queries the class loss goes.
enum class class_queries {
  every,  ///< of all clips together
  sparse  ///< the matched ones, and of each clip the ten others that look least like an object
};

struct criterion_options {
  matcher_options matcher;
  point_options points;
  frame_strategy strategy = frame_strategy::labelled;
  /// Of the outputs before the final one, if another.
  std::optional<frame_strategy> aux_strategy = std::nullopt;
  class_queries classes = class_queries::every;
  double no_object = 0.1;  ///< weight of "no object" in the class loss
  loss_divisor divisor = loss_divisor::instances;
  /// A mask counts as empty in a frame unless its sum is above this: in pixels of the target,
  /// without points in cells of the mask logits.
  double least_area = 0;
};

/// What S2D trains with: 160,000 points.
[[nodiscard]] inline criterion_options official_criterion() { return {}; }

/// The criterion of the tiny preset: all cells instead of points, costs over labelled frames only.
[[nodiscard]] inline criterion_options dense_criterion() {
  criterion_options options;
  options.matcher.class_weight = 1;
  options.matcher.points = options.points.points = 0;
  options.matcher.labelled_frames_only = true;
  options.least_area = 0.5;
  return options;
}

/// Factors of the losses in the total.
struct loss_weights {
  double class_ = 0;
  double mask = 5;
  double dice = 5;
};

/// Losses of one output, not weighted.
struct output_losses {
  ::torch::Tensor mask, dice;       ///< scalars
  std::vector<clip_match> matches;  ///< [clips]
};

struct criterion_result {
  ::torch::Tensor class_;              ///< scalar, of the final output
  std::vector<output_losses> outputs;  ///< the final one, then aux in its order

  /// The weighted sum.
  [[nodiscard]] ::torch::Tensor total(const loss_weights& weights) const {
    auto sum = class_ * weights.class_;
    for (const output_losses& output : outputs)
      sum = sum + weights.mask * output.mask + weights.dice * output.dice;
    return sum;
  }
};

namespace detail {

/// Matching costs of every output and clip and the labelled frames, brought over in one copy.
class host_values {
 public:
  void add(const ::torch::Tensor& values) {
    parts_.push_back(values.reshape(-1));
    shapes_.emplace_back(values.sizes().vec());
  }
  void fetch() {
    all_ = parts_.empty() ? ::torch::empty({0}) : ::torch::cat(parts_).to(::torch::kCPU);
    parts_.clear();
  }
  ::torch::Tensor next() {
    const auto& shape = shapes_[at_++];
    std::int64_t count = 1;
    for (const auto extent : shape) count *= extent;
    begin_ += count;
    return all_.slice(0, begin_ - count, begin_).view(shape);
  }

 private:
  std::vector<::torch::Tensor> parts_;
  std::vector<std::vector<std::int64_t>> shapes_;
  ::torch::Tensor all_;
  std::size_t at_ = 0;
  std::int64_t begin_ = 0;
};

inline ::torch::Tensor upload(const std::vector<std::int64_t>& values,
                              const ::torch::Device& device) {
  const auto host = ::torch::empty({static_cast<std::int64_t>(values.size())}, ::torch::kLong);
  std::copy(values.begin(), values.end(), host.data_ptr<std::int64_t>());
  return host.to(device, true);
}

/// The queries that the sparse class loss looks at, as rows of [b * q].
inline std::vector<std::int64_t> sparse_queries(const ::torch::Tensor& class_logits,
                                                const std::vector<clip_match>& matches) {
  const auto scores =
      class_logits.detach().to(::torch::kFloat).softmax(-1).select(2, 0).cpu().contiguous();
  std::vector<std::int64_t> rows;
  const auto q = class_logits.size(1);
  for (std::size_t b = 0; b < matches.size(); ++b) {
    const float* score = scores.const_data_ptr<float>() + static_cast<std::int64_t>(b) * q;
    std::vector<std::int64_t> others;
    for (std::int64_t i = 0; i < q; ++i)
      if (!std::binary_search(matches[b].queries.begin(), matches[b].queries.end(), i))
        others.push_back(i);
    std::stable_sort(others.begin(), others.end(),
                     [&](std::int64_t i, std::int64_t j) { return score[i] < score[j]; });
    if (others.size() > 10) others.resize(10);
    for (const auto* list : {&matches[b].queries, &std::as_const(others)})
      for (const std::int64_t i : *list) rows.push_back(static_cast<std::int64_t>(b) * q + i);
  }
  return rows;
}

/// The class of every query of [b * q]: 0 if matched, else the last.
inline std::vector<std::int64_t> query_classes(const ::torch::Tensor& class_logits,
                                               const std::vector<clip_match>& matches) {
  const auto q = static_cast<std::size_t>(class_logits.size(1));
  std::vector<std::int64_t> classes(matches.size() * q, class_logits.size(2) - 1);
  for (std::size_t b = 0; b < matches.size(); ++b)
    for (const std::int64_t i : matches[b].queries)
      classes[b * q + static_cast<std::size_t>(i)] = 0;
  return classes;
}

/// Targets of a batch as the losses need them.
struct batch_targets {
  std::vector<::torch::Tensor> full, cells;  // [clips] [n, f, H, W] and [n, f, h, w]
  std::vector<::torch::Tensor> labelled;     // [clips] [n, f]
  std::vector<::torch::Tensor> shown;        // [clips] the same, on the processor
  ::torch::Tensor frames, trust;             // of all instances behind each other: [m, .., ..], [m]
  std::int64_t instances = 0;

  /// @param prediction  [b, q, f, h, w]
  batch_targets(std::span<const clip_targets> targets, const ::torch::Tensor& prediction,
                const criterion_options& options) {
    const auto f = prediction.size(2), h = prediction.size(3), w = prediction.size(4);
    require(static_cast<std::int64_t>(targets.size()) == prediction.size(0),
            "criterion: ", targets.size(), " targets, expected one for each of ",
            prediction.size(0), " clips");
    const bool dense = options.points.points == 0;
    std::vector<::torch::Tensor> pieces, trusts;
    for (const clip_targets& clip : targets) {
      require_shape(clip.masks, {any, f, any, any}, concat("clip ", clip.name, ": masks"));
      require_shape(clip.weights, {clip.masks.size(0), f}, concat("clip ", clip.name, ": weights"));
      instances += clip.masks.size(0);
      full.push_back(clip.masks.to(::torch::kFloat));
      if (dense || options.matcher.points == 0) cells.push_back(shrink_masks(full.back(), h, w));
      const auto& seen = dense ? cells.back() : full.back();
      labelled.push_back(labelled_frames(seen, clip.weights, options.least_area));
      pieces.push_back(seen.flatten(0, 1));
      trusts.push_back(clip.weights.reshape(-1).to(::torch::kFloat));
      require(
          pieces.back().size(1) == pieces[0].size(1) && pieces.back().size(2) == pieces[0].size(2),
          "clip ", clip.name, ": masks differ in size from those of clip ", targets[0].name);
    }
    frames = pieces.size() == 1 ? pieces[0] : ::torch::cat(pieces);
    trust = trusts.size() == 1 ? trusts[0] : ::torch::cat(trusts);
  }
};

/// Mask losses of one output for given matches.
inline output_losses matched_losses(const query_prediction& output, std::vector<clip_match> matches,
                                    const batch_targets& targets, frame_strategy strategy,
                                    const criterion_options& options, std::int64_t index,
                                    const point_source& source) {
  const auto q = output.mask_logits.size(1), f = output.mask_logits.size(2);
  const auto device = output.mask_logits.device();
  std::vector<std::int64_t> rows, theirs;  // of [b * q * f] and of all frames
  std::int64_t first = 0;
  for (std::size_t c = 0; c < matches.size(); ++c) {
    const auto shown = as_plane<const float>(targets.shown[c], "criterion: labelled frames");
    for (std::size_t i = 0; i < matches[c].queries.size(); ++i)
      for (std::int64_t t = 0; t < f; ++t) {
        const auto instance = matches[c].instances[i];
        if (strategy == frame_strategy::labelled && !(shown(instance, t) > 0)) continue;
        rows.push_back((static_cast<std::int64_t>(c) * q + matches[c].queries[i]) * f + t);
        theirs.push_back((first + instance) * f + t);
      }
    first += shown.height;
  }
  output_losses losses;
  losses.matches = std::move(matches);
  const auto kept = static_cast<std::int64_t>(rows.size());
  if (kept == 0 && strategy == frame_strategy::labelled) {
    losses.mask = losses.dice =
        ::torch::zeros({}, ::torch::TensorOptions().dtype(::torch::kFloat).device(device));
    return losses;
  }
  rows.insert(rows.end(), theirs.begin(), theirs.end());
  const auto both = upload(rows, device);
  const auto predicted = both.slice(0, 0, kept), target = both.slice(0, kept);
  const auto values =
      compare_masks(output.mask_logits.flatten(0, 2).index_select(0, predicted),
                    targets.frames.index_select(0, target), options.points, index, source);
  const auto divisor = static_cast<double>((std::max)(
      std::int64_t{1}, options.divisor == loss_divisor::instances ? targets.instances : kept));
  // Frames that count although they have no mask are trusted in full.
  auto weight = targets.trust.index_select(0, target);
  if (strategy == frame_strategy::every)
    weight = ::torch::where(weight > 0, weight, ::torch::ones_like(weight));
  losses.mask = (values.mask * weight).sum() / divisor;
  losses.dice = (values.dice * weight).sum() / divisor;
  return losses;
}

}  // namespace detail

/// The mean of the weighted cross entropy over the matched queries and, of each clip, the ten
/// others that look least like an object. The official code has it, but never uses it.
/// @param class_logits  [b, q, classes + 1]
/// @param matches       [b]
[[nodiscard]] inline ::torch::Tensor sparse_class_loss(const ::torch::Tensor& class_logits,
                                                       const std::vector<clip_match>& matches,
                                                       double no_object) {
  require_shape(class_logits, {static_cast<std::int64_t>(matches.size()), any, any},
                "sparse_class_loss: class_logits");
  const auto device = class_logits.device();
  const auto rows = detail::upload(detail::sparse_queries(class_logits, matches), device);
  const auto classes = detail::upload(detail::query_classes(class_logits, matches), device);
  const auto logits = class_logits.to(::torch::kFloat).flatten(0, 1).index_select(0, rows);
  return ::at::cross_entropy_loss(logits, classes.index_select(0, rows),
                                  detail::class_weights(logits, no_object), ::at::Reduction::None)
      .mean();
}

/// The losses of a prediction. Instances are matched to queries anew for every output; all costs
/// come to the processor in one copy, and what they decide goes back in one copy an output.
///
/// @param prediction  of b clips
/// @param targets     [b] on the device of the prediction; masks of any size if points are sampled
/// @param source      random points; default: LibTorch's generator
/// @return losses that are constant 0 without gradient where strategy labelled leaves no mask
/// @throws invalid_input naming the clip if shapes differ or a prediction is not finite
/// Memory: predictions times two for gradients; points in bounded pieces, see compare_masks.
/// Source: method of S2D; Cheng et al., Masked-attention Mask Transformer, 2112.01527.
[[nodiscard]] inline criterion_result criterion(const video_prediction& prediction,
                                                std::span<const clip_targets> targets,
                                                const criterion_options& options = {},
                                                point_source source = {}) {
  require_shape(prediction.mask_logits, {any, any, any, any, any}, "criterion: mask_logits");
  const auto b = prediction.mask_logits.size(0);
  const auto device = prediction.mask_logits.device();
  if (!source) source = random_points(device);
  detail::batch_targets batch{targets, prediction.mask_logits, options};

  std::vector<const query_prediction*> outputs{&prediction};
  for (const query_prediction& aux : prediction.aux) outputs.push_back(&aux);
  const auto& matcher = options.matcher;
  detail::host_values host;
  for (const auto& frames : batch.labelled) host.add(frames);
  for (std::size_t o = 0; o < outputs.size(); ++o)
    for (std::int64_t c = 0; c < b; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const auto& labelled = batch.labelled[at];
      ::torch::Tensor points;
      if (matcher.points > 0)
        points = source(
            {point_request::purpose::matching, static_cast<std::int64_t>(o), c, 1, matcher.points});
      const auto costs = matching_costs(
          outputs[o]->class_logits[c], outputs[o]->mask_logits[c],
          matcher.points > 0 ? batch.full[at] : batch.cells[at],
          matcher.labelled_frames_only ? labelled : ::torch::ones_like(labelled), points);
      const ::torch::NoGradGuard guard;
      host.add(total_cost(costs, matcher));
    }
  host.fetch();
  std::vector<std::vector<bool>> candidates(targets.size());
  for (std::size_t c = 0; c < targets.size(); ++c) {
    batch.shown.push_back(host.next());
    if (!matcher.labelled_frames_only) continue;
    const auto shown = as_plane<const float>(batch.shown[c], "criterion: labelled frames");
    for (std::int64_t j = 0; j < shown.height; ++j) {
      bool some = false;
      for (std::int64_t t = 0; t < shown.width; ++t) some = some || shown(j, t) > 0;
      candidates[c].push_back(some);
    }
  }

  criterion_result result;
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    std::vector<clip_match> matches;
    for (std::size_t c = 0; c < targets.size(); ++c)
      matches.push_back(match_queries(host.next(), targets[c].name, candidates[c]));
    const auto strategy =
        o == 0 ? options.strategy : options.aux_strategy.value_or(options.strategy);
    result.outputs.push_back(detail::matched_losses(*outputs[o], std::move(matches), batch,
                                                    strategy, options, static_cast<std::int64_t>(o),
                                                    source));
  }
  const auto& matches = result.outputs[0].matches;
  result.class_ =
      options.classes == class_queries::sparse
          ? sparse_class_loss(prediction.class_logits, matches, options.no_object)
          : class_loss(
                prediction.class_logits.flatten(0, 1),
                detail::upload(detail::query_classes(prediction.class_logits, matches), device),
                options.no_object);
  return result;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
