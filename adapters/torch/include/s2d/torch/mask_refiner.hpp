// The network's probabilities, which are coarse, drawn to the edges of the picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <torch/torch.h>

#include <s2d/core/geometry.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/segment/guided_filter.hpp>
#include <s2d/torch/predict_masks.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

/// The box around the values above `least`, grown by `margin` within the plane; empty without any.
inline box box_above(plane_view<const float> map, float least, std::ptrdiff_t margin) {
  std::ptrdiff_t top = map.height, bottom = 0, left = map.width, right = 0;
  for (std::ptrdiff_t y = 0; y < map.height; ++y) {
    const float* row = map.row(y);
    const auto above = [&](std::ptrdiff_t x) { return row[x * map.column_stride] > least; };
    std::ptrdiff_t first = 0, end = map.width;
    while (first < end && !above(first)) ++first;
    if (first == end) continue;
    while (!above(end - 1)) --end;
    top = (std::min)(top, y);
    bottom = y + 1;
    left = (std::min)(left, first);
    right = (std::max)(right, end);
  }
  if (bottom == 0) return {};
  top = (std::max)(std::ptrdiff_t{0}, top - margin);
  left = (std::max)(std::ptrdiff_t{0}, left - margin);
  return {left, top, (std::min)(map.width, right + margin) - left,
          (std::min)(map.height, bottom + margin) - top};
}

}  // namespace detail

/// What prediction_options::refine takes: a guided filter of every map by the picture of its frame,
/// windows as wide as a twentieth of the picture's shorter side. It is applied where it can decide
/// over a mask: in the box around the values above 0.1, grown by a window's width. Others stay.
/// @param frame  frame(t) gives the picture of frame t, at the size of the masks
template <class Frames>
requires std::invocable<const Frames&, std::ptrdiff_t>
class mask_refiner {
 public:
  explicit mask_refiner(Frames frame, double smoothness = 1e-3)
      : frame_{std::move(frame)}, smoothness_{smoothness} {}

  /// @param maps  [n, h, w] float
  /// @throws invalid_input if the picture has another size; what frame(t) throws
  [[nodiscard]] ::torch::Tensor operator()(std::int64_t t, const ::torch::Tensor& maps) const {
    const auto host = maps.to(::torch::kCPU, ::torch::kFloat).contiguous();
    auto result = host.clone();
    const auto& held = frame_(static_cast<std::ptrdiff_t>(t));
    const image_view picture = held;
    const auto shorter = static_cast<double>((std::min)(picture.height, picture.width));
    const auto radius = (std::max)(std::ptrdiff_t{1}, std::ptrdiff_t{std::lround(shorter / 40)});
    const guided_filter filter{picture, {.radius = radius, .smoothness = smoothness_}};
    for (std::int64_t i = 0; i < host.size(0); ++i) {
      const auto map = as_plane<const float>(host[i], "mask_refiner: maps");
      const box part = detail::box_above(map, detail::unlikely, 2 * radius);
      const matrix<float> sharp = filter(map, part);
      float* to = result[i].data_ptr<float>() + part.y * map.width + part.x;
      for (std::ptrdiff_t y = 0; y < part.height; ++y)
        std::copy_n(sharp.row(y), part.width, to + y * map.width);
    }
    return result;
  }

 private:
  Frames frame_;
  double smoothness_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
