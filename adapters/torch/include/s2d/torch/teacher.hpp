// Pseudo masks from the teacher's prediction.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/torch/layers.hpp>
#include <s2d/torch/matcher.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/transformer_decoder.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct teacher_options {
  double least_score = 0.75;  ///< p(object) from which a query teaches
  std::int64_t top_k = 100;   ///< at most so many queries, the best
  std::optional<double>
      nms;                ///< greatest overlap of two masks over the clip; default: not looked at
  bool upsampled = true;  ///< masks at the size of the frames; else as they are predicted
};

/// How much masks [n, p] of 0 and 1 overlap, pair by pair: IoU [n, n], 0 where both are empty.
[[nodiscard]] inline matrix<float> mask_overlaps(const ::torch::Tensor& masks) {
  require_shape(masks, {any, any}, "mask_overlaps: masks");
  const detail::single_precision guard{masks.device().type()};  // counts have no place in bfloat16
  const auto flat = masks.to(::torch::kFloat);
  const auto common = flat.mm(flat.t());
  const auto area = common.diagonal();
  return to_matrix<float>(common / (area.unsqueeze(0) + area.unsqueeze(1) - common).clamp_min(1));
}

/// Masks that a teacher is sure of, best first, to be learned in every frame.
/// @param prediction  of b clips; masks are where logits are above 0
/// @param height, width  of the frames, as the network saw them
/// @return [b] masks [n, f, h, w] of 0 and 1, weights 1
[[nodiscard]] inline std::vector<clip_targets> teacher_targets(
    const query_prediction& prediction, std::int64_t height, std::int64_t width,
    const teacher_options& options = {}) {
  const ::torch::NoGradGuard guard;
  require_shape(prediction.class_logits, {any, any, any}, "teacher_targets: class_logits");
  const auto b = prediction.class_logits.size(0), q = prediction.class_logits.size(1);
  require_shape(prediction.mask_logits, {b, q, any, any, any}, "teacher_targets: mask_logits");
  require(options.least_score >= 0 && options.least_score <= 1 && options.top_k > 0,
          "teacher_targets: least_score and top_k are ", options.least_score, " and ",
          options.top_k, ", expected a score in [0, 1] and top_k > 0");
  const auto device = prediction.mask_logits.device();
  const auto scores = prediction.class_logits.to(::torch::kFloat)
                          .softmax(-1)
                          .select(2, 0)
                          .to(::torch::kCPU)
                          .contiguous();
  std::vector<clip_targets> targets;
  for (std::int64_t c = 0; c < b; ++c) {
    const float* score = scores.const_data_ptr<float>() + c * q;
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < q; ++i)
      if (static_cast<double>(score[i]) >= options.least_score) chosen.push_back(i);
    std::stable_sort(chosen.begin(), chosen.end(),
                     [&](std::int64_t i, std::int64_t j) { return score[i] > score[j]; });
    if (static_cast<std::int64_t>(chosen.size()) > options.top_k)
      chosen.resize(static_cast<std::size_t>(options.top_k));
    auto rows = ::torch::tensor(chosen, ::torch::kLong).to(device);
    auto logits = prediction.mask_logits[c].index_select(0, rows).to(::torch::kFloat);
    if (options.upsampled) {
      logits = chosen.empty() ? logits.new_zeros({0, logits.size(1), height, width})
                              : ::at::upsample_bilinear2d(logits, {height, width}, false);
    }
    auto masks = logits > 0;
    if (options.nms && !chosen.empty()) {
      std::vector<float> kept_scores;
      for (const auto i : chosen) kept_scores.push_back(score[i]);
      nms_options how;
      how.threshold = *options.nms;
      const auto kept = nms(mask_overlaps(masks.flatten(1)), kept_scores, how);
      const std::vector<std::int64_t> order(kept.begin(), kept.end());
      masks = masks.index_select(0, ::torch::tensor(order, ::torch::kLong).to(device));
    }
    targets.push_back(
        {masks.to(::torch::kFloat),
         ::torch::ones({masks.size(0), masks.size(1)},
                       ::torch::TensorOptions().dtype(::torch::kFloat).device(device)),
         "of the teacher"});
  }
  return targets;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
