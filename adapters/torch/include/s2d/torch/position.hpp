// Sine positions of maps and clips (Mask2Former, VideoMask2Former).
#pragma once

#include <cstdint>
#include <numbers>

#include <torch/torch.h>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

/// [count, channels]: angle i is (i + 1) / (count + 1e-6) * 2 pi; sine in even, cosine in odd ones.
inline ::torch::Tensor sine_axis(std::int64_t count, std::int64_t channels,
                                 const ::torch::Device& device) {
  const auto options = ::torch::TensorOptions().dtype(::torch::kFloat).device(device);
  const auto angle = ::torch::arange(1, count + 1, options) / (static_cast<double>(count) + 1e-6) *
                     (2 * std::numbers::pi);
  const auto pair = ::torch::div(::torch::arange(channels, options), 2, "floor");
  const auto period = ::torch::pow(10000.0, 2 * pair / static_cast<double>(channels));
  const auto phase = angle.unsqueeze(1) / period;
  return ::torch::stack(
             {phase.slice(1, 0, channels, 2).sin(), phase.slice(1, 1, channels, 2).cos()}, 2)
      .flatten(1);
}

}  // namespace detail

/// Positions of a map: [channels, height, width], first half y, second half x.
/// @throws invalid_input unless channels is a positive multiple of 4
[[nodiscard]] inline ::torch::Tensor sine_position(std::int64_t channels, std::int64_t height,
                                                   std::int64_t width,
                                                   const ::torch::Device& device = ::torch::kCPU) {
  require(channels > 0 && channels % 4 == 0, "sine_position: ", channels,
          " channels, expected a positive multiple of 4");
  const auto half = channels / 2;
  const auto y = detail::sine_axis(height, half, device).t().unsqueeze(2);
  const auto x = detail::sine_axis(width, half, device).t().unsqueeze(1);
  return ::torch::cat({y.expand({half, height, width}), x.expand({half, height, width})});
}

/// Positions of a clip: [frames, channels, height, width], that of the map plus one of the frame.
/// @throws invalid_input unless channels is a positive multiple of 4
[[nodiscard]] inline ::torch::Tensor sine_position(std::int64_t channels, std::int64_t frames,
                                                   std::int64_t height, std::int64_t width,
                                                   const ::torch::Device& device = ::torch::kCPU) {
  const auto z = detail::sine_axis(frames, channels, device);
  return sine_position(channels, height, width, device).unsqueeze(0) + z.unsqueeze(2).unsqueeze(3);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
