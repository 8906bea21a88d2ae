// The network's probabilities, which are coarse, drawn to the edges of the picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <torch/torch.h>

#include <s2d/core/image.hpp>
#include <s2d/segment/guided_filter.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// What prediction_options::refine takes: a guided filter of every map by the picture of its frame,
/// windows as wide as a twentieth of the picture's shorter side.
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
    auto result = ::torch::empty_like(host);
    const auto& held = frame_(static_cast<std::ptrdiff_t>(t));
    const image_view picture = held;
    const auto shorter = static_cast<double>((std::min)(picture.height, picture.width));
    const guided_filter filter{
        picture,
        {.radius = (std::max)(std::ptrdiff_t{1}, std::ptrdiff_t{std::lround(shorter / 40)}),
         .smoothness = smoothness_}};
    for (std::int64_t i = 0; i < host.size(0); ++i) {
      const matrix<float> sharp = filter(as_plane<const float>(host[i], "mask_refiner: maps"));
      std::copy(sharp.values.begin(), sharp.values.end(), result[i].data_ptr<float>());
    }
    return result;
  }

 private:
  Frames frame_;
  double smoothness_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
