// Backbones: frames to feature maps at strides 4, 8, 16 and 32.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <s2d/torch/config.hpp>
#include <s2d/torch/layers.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Maps at strides 4, 8, 16 and 32, each [n, c, h / stride, w / stride].
using feature_maps = std::array<::torch::Tensor, 4>;

/// Any backbone. frames [n, 3, h, w], normalised, h and w multiples of 32.
struct backbone_module : ::torch::nn::Module {
  virtual feature_maps forward(const ::torch::Tensor& frames) = 0;
  /// Channels of the four maps.
  [[nodiscard]] virtual std::array<std::int64_t, 4> channels() const = 0;
};

namespace detail {

struct resnet_block : ::torch::nn::Module {
  std::shared_ptr<conv_norm> shortcut, conv1, conv2, conv3;

  resnet_block(std::int64_t from, std::int64_t narrow, std::int64_t to, std::int64_t stride,
               norm_kind norm) {
    const auto part = [&](const char* name, std::int64_t in, std::int64_t out, std::int64_t kernel,
                          std::int64_t step, bool relu) {
      return register_module(name,
                             std::make_shared<conv_norm>(in, out, kernel, step, relu, norm, 32));
    };
    if (from != to) shortcut = part("shortcut", from, to, 1, stride, false);
    conv1 = part("conv1", from, narrow, 1, 1, true);
    conv2 = part("conv2", narrow, narrow, 3, stride, true);
    conv3 = part("conv3", narrow, to, 1, 1, false);
  }
  ::torch::Tensor forward(const ::torch::Tensor& x) const {
    const auto y = conv3->forward(conv2->forward(conv1->forward(x)));
    return y.add_(shortcut ? shortcut->forward(x) : x).relu_();
  }
};

struct resnet_stem : ::torch::nn::Module {
  std::shared_ptr<conv_norm> conv1;
  explicit resnet_stem(norm_kind norm) {
    conv1 = register_module("conv1", std::make_shared<conv_norm>(3, 64, 7, 2, true, norm, 32));
  }
};

/// Two 3x3 convolutions beside a 1x1 shortcut.
struct narrow_block : ::torch::nn::Module {
  std::shared_ptr<conv_norm> shortcut, conv1, conv2;

  narrow_block(std::int64_t from, std::int64_t to, std::int64_t stride) {
    const auto part = [&](const char* name, std::int64_t in, std::int64_t kernel, std::int64_t step,
                          bool relu) {
      return register_module(
          name, std::make_shared<conv_norm>(in, to, kernel, step, relu, norm_kind::group, 8));
    };
    shortcut = part("shortcut", from, 1, stride, false);
    conv1 = part("conv1", from, 3, stride, true);
    conv2 = part("conv2", to, 3, 1, false);
    ::torch::nn::init::zeros_(conv2->group->weight);
  }
  ::torch::Tensor forward(const ::torch::Tensor& x) const {
    return conv2->forward(conv1->forward(x)).add_(shortcut->forward(x)).relu_();
  }
};

}  // namespace detail

/// ResNet-50 with the stride in the 3x3 convolutions (method: "v1.5"); names as in detectron2.
struct resnet50 : backbone_module {
  std::shared_ptr<detail::resnet_stem> stem;
  std::array<std::vector<std::shared_ptr<detail::resnet_block>>, 4> stages;

  explicit resnet50(backbone_norm norm = backbone_norm::frozen_batch) {
    const auto kind =
        norm == backbone_norm::group ? detail::norm_kind::group : detail::norm_kind::frozen_batch;
    stem = register_module("stem", std::make_shared<detail::resnet_stem>(kind));
    constexpr std::int64_t counts[] = {3, 4, 6, 3};
    std::int64_t from = 64;
    for (std::size_t s = 0; s < 4; ++s) {
      const std::int64_t narrow = 64 << s, to = 256 << s;
      const auto stage =
          register_module("res" + std::to_string(s + 2), std::make_shared<::torch::nn::Module>());
      for (std::int64_t i = 0; i < counts[s]; ++i) {
        stages[s].push_back(stage->register_module(
            std::to_string(i), std::make_shared<detail::resnet_block>(
                                   from, narrow, to, i == 0 && s > 0 ? 2 : 1, kind)));
        from = to;
      }
    }
    for (auto& parameter : parameters())
      if (parameter.dim() == 4)
        ::torch::nn::init::kaiming_normal_(parameter, 0, ::torch::kFanOut, ::torch::kReLU);
    if (kind == detail::norm_kind::group)
      for (const auto& stage : stages)
        for (const auto& block : stage) ::torch::nn::init::zeros_(block->conv3->group->weight);
  }

  feature_maps forward(const ::torch::Tensor& frames) override {
    auto x = ::torch::max_pool2d(stem->conv1->forward(frames), 3, 2, 1);
    feature_maps maps;
    for (std::size_t s = 0; s < 4; ++s) {
      for (const auto& block : stages[s]) x = block->forward(x);
      maps[s] = x;
    }
    return maps;
  }
  [[nodiscard]] std::array<std::int64_t, 4> channels() const override {
    return {256, 512, 1024, 2048};
  }
};

/// A 3x3 convolution and four residual blocks, each halving the size.
struct narrow_backbone : backbone_module {
  std::array<std::int64_t, 4> widths;
  std::shared_ptr<detail::conv_norm> stem;
  std::array<std::shared_ptr<detail::narrow_block>, 4> blocks;

  explicit narrow_backbone(const std::array<std::int64_t, 4>& channels) : widths{channels} {
    stem = register_module("stem", std::make_shared<detail::conv_norm>(
                                       3, widths[0] / 2, 3, 2, true, detail::norm_kind::group, 8));
    std::int64_t from = widths[0] / 2;
    for (std::size_t s = 0; s < 4; ++s) {
      blocks[s] = register_module("res" + std::to_string(s + 2),
                                  std::make_shared<detail::narrow_block>(from, widths[s], 2));
      from = widths[s];
    }
  }

  feature_maps forward(const ::torch::Tensor& frames) override {
    auto x = stem->forward(frames);
    feature_maps maps;
    for (std::size_t s = 0; s < 4; ++s) maps[s] = x = blocks[s]->forward(x);
    return maps;
  }
  [[nodiscard]] std::array<std::int64_t, 4> channels() const override { return widths; }
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
