// Points at which masks are compared: where they come from and what lies there.
#pragma once

#include <cstdint>
#include <functional>

#include <torch/torch.h>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Random points that the matcher or the criterion asks for.
struct point_request {
  enum class purpose { matching, candidates, fresh };
  purpose why = purpose::matching;
  std::int64_t output = 0;  ///< 0: the final prediction, 1 + i: aux[i]
  std::int64_t clip = 0;    ///< of the batch; matching only
  std::int64_t rows = 1;    ///< point sets: 1 for matching, else one for every mask
  std::int64_t points = 0;  ///< in every set
};

/// Gives points [rows, points, 2], x and y uniform in [0, 1): (0, 0) is the outer corner of the
/// first pixel, (1, 1) that of the last.
using point_source = std::function<::torch::Tensor(const point_request&)>;

/// Points from LibTorch's own generator of `device`.
[[nodiscard]] inline point_source random_points(const ::torch::Device& device) {
  return [options = ::torch::TensorOptions().dtype(::torch::kFloat).device(device)](
             const point_request& request) {
    return ::torch::rand({request.rows, request.points, 2}, options);
  };
}

namespace detail {

/// Bilinear values of maps [k, c, h, w] at points [k, p, 2], outside is 0: [k, c, p].
inline ::torch::Tensor sample_maps(const ::torch::Tensor& maps, const ::torch::Tensor& points) {
  return ::at::grid_sampler_2d(maps, (points * 2 - 1).unsqueeze(1), 0, 0, false).squeeze(2);
}

/// Masks at the size of mask logits, each cell the mean of what it covers.
inline ::torch::Tensor shrink_masks(const ::torch::Tensor& masks, std::int64_t height,
                                    std::int64_t width) {
  if (masks.size(2) == height && masks.size(3) == width) return masks;
  if (masks.numel() == 0) return masks.new_zeros({masks.size(0), masks.size(1), height, width});
  return ::at::adaptive_avg_pool2d(masks, {height, width});
}

}  // namespace detail
}  // namespace torch
}  // namespace s2d::inline S2D_ABI
