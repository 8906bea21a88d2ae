// Layers that several parts of the network share.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include <torch/torch.h>
#include <ATen/autocast_mode.h>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

/// The largest count of groups not above `wanted` by halving that divides `channels`.
inline std::int64_t group_count(std::int64_t wanted, std::int64_t channels) {
  while (wanted > 1 && channels % wanted != 0) wanted /= 2;
  return wanted;
}

inline ::torch::nn::GroupNorm group_norm(std::int64_t groups, std::int64_t channels) {
  return ::torch::nn::GroupNorm(
      ::torch::nn::GroupNormOptions(group_count(groups, channels), channels));
}

inline ::torch::nn::LayerNorm layer_norm(std::int64_t channels) {
  return ::torch::nn::LayerNorm(::torch::nn::LayerNormOptions({channels}));
}

/// Turns autocast off while it lives, for parts that need single precision.
class single_precision {
 public:
  explicit single_precision(::torch::DeviceType device)
      : device_{device}, was_{::at::autocast::is_autocast_enabled(device)} {
    if (was_) ::at::autocast::set_autocast_enabled(device_, false);
  }
  single_precision(const single_precision&) = delete;
  single_precision& operator=(const single_precision&) = delete;
  ~single_precision() {
    if (was_) ::at::autocast::set_autocast_enabled(device_, true);
  }

 private:
  ::torch::DeviceType device_;
  bool was_;
};

/// Bilinear, corners not aligned: the half-pixel rule.
inline ::torch::Tensor resize_bilinear(const ::torch::Tensor& maps, std::int64_t height,
                                       std::int64_t width) {
  if (maps.size(2) == height && maps.size(3) == width) return maps;
  return ::at::upsample_bilinear2d(maps, {height, width}, false);
}

/// Batch normalisation with four fixed vectors, folded into one factor and one shift.
struct frozen_batch_norm : ::torch::nn::Module {
  ::torch::Tensor weight, bias, running_mean, running_var;

  explicit frozen_batch_norm(std::int64_t channels) {
    weight = register_buffer("weight", ::torch::ones({channels}));
    bias = register_buffer("bias", ::torch::zeros({channels}));
    running_mean = register_buffer("running_mean", ::torch::zeros({channels}));
    running_var = register_buffer("running_var", ::torch::ones({channels}));
  }
  [[nodiscard]] ::torch::Tensor factor() const { return weight * (running_var + 1e-5).rsqrt(); }
  [[nodiscard]] ::torch::Tensor shift(const ::torch::Tensor& f) const {
    return bias - running_mean * f;
  }
};

/// What follows a convolution without bias.
enum class norm_kind { frozen_batch, group };

/// A convolution without bias and its norm, named `weight` and `norm.*` as in detectron2.
struct conv_norm : ::torch::nn::Module {
  ::torch::Tensor weight;
  std::shared_ptr<frozen_batch_norm> frozen;
  ::torch::nn::GroupNorm group{nullptr};
  std::int64_t stride;
  bool activate;

  conv_norm(std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t step, bool relu,
            norm_kind norm, std::int64_t groups)
      : stride{step}, activate{relu} {
    weight = register_parameter("weight", ::torch::empty({to, from, kernel, kernel}));
    ::torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (norm == norm_kind::frozen_batch)
      frozen = register_module("norm", std::make_shared<frozen_batch_norm>(to));
    else
      group = register_module("norm", group_norm(groups, to));
  }

  ::torch::Tensor forward(const ::torch::Tensor& x) const {
    const auto pad = weight.size(2) / 2;
    ::torch::Tensor y;
    if (frozen) {
      // The factor goes into the weights, which are far fewer than the activations.
      const auto f = frozen->factor();
      y = ::torch::conv2d(x, weight * f.view({-1, 1, 1, 1}), frozen->shift(f), stride, pad);
    } else {
      y = ::torch::group_norm(::torch::conv2d(x, weight, {}, stride, pad),
                              group->options.num_groups(), group->weight, group->bias,
                              group->options.eps());
    }
    return activate ? y.relu_() : y;
  }
};

}  // namespace detail
}  // namespace torch
}  // namespace s2d::inline S2D_ABI
