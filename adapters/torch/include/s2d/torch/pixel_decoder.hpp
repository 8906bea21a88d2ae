// The pixel decoder of Mask2Former: three levels that exchange what they see, and mask features.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <s2d/torch/backbone.hpp>
#include <s2d/torch/config.hpp>
#include <s2d/torch/layers.hpp>
#include <s2d/torch/ms_deform_attn.hpp>
#include <s2d/torch/position.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// What the transformer decoder looks at; n frames.
struct pixel_features {
  std::array<::torch::Tensor, 3> levels;  ///< [n, hidden, h, w] at strides 32, 16, 8
  ::torch::Tensor mask_features;          ///< [n, mask_channels, h / 4, w / 4]
};

namespace detail {

/// Deformable self attention over all levels: offsets and weights from the query.
struct deform_self_attention : ::torch::nn::Module {
  std::int64_t heads, levels, points;
  ::torch::nn::Linear sampling_offsets{nullptr}, attention_weights{nullptr}, value_proj{nullptr},
      output_proj{nullptr};

  deform_self_attention(std::int64_t channels, std::int64_t h, std::int64_t l, std::int64_t p)
      : heads{h}, levels{l}, points{p} {
    namespace nn = ::torch::nn;
    sampling_offsets = register_module("sampling_offsets", nn::Linear(channels, h * l * p * 2));
    attention_weights = register_module("attention_weights", nn::Linear(channels, h * l * p));
    value_proj = register_module("value_proj", nn::Linear(channels, channels));
    output_proj = register_module("output_proj", nn::Linear(channels, channels));
    start();
  }

  /// Points begin in a star: one direction a head, further out with each point.
  void start() {
    namespace init = ::torch::nn::init;
    const ::torch::NoGradGuard guard;
    init::zeros_(sampling_offsets->weight);
    init::zeros_(attention_weights->weight);
    init::zeros_(attention_weights->bias);
    const auto bias = sampling_offsets->bias.view({heads, levels, points, 2});
    for (std::int64_t h = 0; h < heads; ++h) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(h) / static_cast<double>(heads);
      const double x = std::cos(angle), y = std::sin(angle);
      const double longest = (std::max)(std::abs(x), std::abs(y));
      for (std::int64_t p = 0; p < points; ++p) {
        bias.select(0, h).select(1, p).select(1, 0).fill_(x / longest * static_cast<double>(p + 1));
        bias.select(0, h).select(1, p).select(1, 1).fill_(y / longest * static_cast<double>(p + 1));
      }
    }
    for (auto* linear : {&value_proj, &output_proj}) {
      init::xavier_uniform_((*linear)->weight);
      init::zeros_((*linear)->bias);
    }
  }

  /// @param scale [levels, 2]: 1 / width, 1 / height; reference [tokens, 2]
  ::torch::Tensor forward(const ::torch::Tensor& query, const ::torch::Tensor& content,
                          const std::vector<level_size>& sizes, const ::torch::Tensor& reference,
                          const ::torch::Tensor& scale) {
    const auto n = content.size(0), s = content.size(1), c = content.size(2);
    const auto value = value_proj(content).view({n, s, heads, c / heads});
    const auto offset = sampling_offsets(query).view({n, s, heads, levels, points, 2});
    const auto attention = attention_weights(query)
                               .view({n, s, heads, levels * points})
                               .softmax(-1)
                               .view({n, s, heads, levels, points});
    const auto location = ::torch::addcmul(reference.view({1, s, 1, 1, 1, 2}), offset,
                                           scale.view({1, 1, 1, levels, 1, 2}));
    return output_proj(ms_deform_attn(value, sizes, location, attention));
  }
};

struct deform_encoder_layer : ::torch::nn::Module {
  std::shared_ptr<deform_self_attention> self_attn;
  ::torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  ::torch::nn::Linear linear1{nullptr}, linear2{nullptr};
  double dropout;

  explicit deform_encoder_layer(const video_mask2former_config& config)
      : dropout{config.encoder_dropout} {
    self_attn =
        register_module("self_attn", std::make_shared<deform_self_attention>(
                                         config.hidden, config.heads, 3, config.encoder_points));
    norm1 = register_module("norm1", layer_norm(config.hidden));
    linear1 = register_module("linear1", ::torch::nn::Linear(config.hidden, config.encoder_ffn));
    linear2 = register_module("linear2", ::torch::nn::Linear(config.encoder_ffn, config.hidden));
    norm2 = register_module("norm2", layer_norm(config.hidden));
    for (auto* linear : {&linear1, &linear2}) ::torch::nn::init::xavier_uniform_((*linear)->weight);
  }

  ::torch::Tensor drop(const ::torch::Tensor& x) const {
    return dropout > 0 && is_training() ? ::torch::dropout(x, dropout, true) : x;
  }

  ::torch::Tensor forward(::torch::Tensor x, const ::torch::Tensor& position,
                          const std::vector<level_size>& sizes, const ::torch::Tensor& reference,
                          const ::torch::Tensor& scale) {
    x = norm1(x + drop(self_attn->forward(x + position, x, sizes, reference, scale)));
    return norm2(x + drop(linear2(drop(linear1(x).relu_()))));
  }
};

/// The deformable encoder, named as in the official code.
struct deform_encoder : ::torch::nn::Module {
  ::torch::Tensor level_embed;
  std::vector<std::shared_ptr<deform_encoder_layer>> layers;

  explicit deform_encoder(const video_mask2former_config& config) {
    level_embed = register_parameter("level_embed", ::torch::randn({3, config.hidden}));
    const auto encoder = register_module("encoder", std::make_shared<::torch::nn::Module>());
    const auto list = encoder->register_module("layers", std::make_shared<::torch::nn::Module>());
    for (std::int64_t i = 0; i < config.encoder_layers; ++i)
      layers.push_back(
          list->register_module(std::to_string(i), std::make_shared<deform_encoder_layer>(config)));
  }

  std::array<::torch::Tensor, 3> forward(const std::array<::torch::Tensor, 3>& maps) {
    const auto n = maps[0].size(0), channels = maps[0].size(1);
    const auto device = maps[0].device();
    std::vector<level_size> sizes;
    std::vector<std::int64_t> tokens;
    std::vector<::torch::Tensor> content, position, reference;
    const auto options = ::torch::TensorOptions().dtype(::torch::kFloat).device(device);
    auto scale = ::torch::empty({3, 2});
    for (std::size_t l = 0; l < 3; ++l) {
      const auto h = maps[l].size(2), w = maps[l].size(3);
      const auto level = static_cast<std::int64_t>(l);
      sizes.push_back({h, w});
      tokens.push_back(h * w);
      scale[level][0] = 1.0 / static_cast<double>(w);
      scale[level][1] = 1.0 / static_cast<double>(h);
      content.push_back(maps[l].flatten(2).transpose(1, 2));
      position.push_back(sine_position(channels, h, w, device).flatten(1).t() + level_embed[level]);
      const auto y = (::torch::arange(h, options) + 0.5) / static_cast<double>(h);
      const auto x = (::torch::arange(w, options) + 0.5) / static_cast<double>(w);
      reference.push_back(
          ::torch::stack({x.unsqueeze(0).expand({h, w}), y.unsqueeze(1).expand({h, w})}, 2)
              .flatten(0, 1));
    }
    auto x = ::torch::cat(content, 1);
    const auto all_positions = ::torch::cat(position).unsqueeze(0);
    const auto points = ::torch::cat(reference).to(x.scalar_type());
    scale = scale.to(x.options());
    for (const auto& layer : layers) x = layer->forward(x, all_positions, sizes, points, scale);
    const auto split = x.split_with_sizes(tokens, 1);
    std::array<::torch::Tensor, 3> out;
    for (std::size_t l = 0; l < 3; ++l)
      out[l] = split[l].transpose(1, 2).reshape({n, channels, sizes[l].height, sizes[l].width});
    return out;
  }
};

}  // namespace detail

/// Backbone maps to three levels of `hidden` channels and mask features at stride 4. Runs on
/// floats also under autocast; cuDNN's convolutions may round them to TF32, as LibTorch's global
/// context says.
struct pixel_decoder : ::torch::nn::Module {
  std::vector<::torch::nn::Sequential> input_proj;  // strides 32, 16, 8
  std::shared_ptr<detail::deform_encoder> transformer;
  std::vector<std::shared_ptr<detail::conv_norm>> top_down;  // strides 16, 8
  ::torch::nn::Conv2d mask_features{nullptr};
  std::shared_ptr<detail::conv_norm> adapter_1, layer_1;

  pixel_decoder(const video_mask2former_config& config,
                const std::array<std::int64_t, 4>& channels) {
    namespace nn = ::torch::nn;
    const auto hidden = config.hidden, groups = config.norm_groups;
    const auto kind = detail::norm_kind::group;
    const auto list = register_module("input_proj", std::make_shared<nn::Module>());
    for (std::size_t l = 0; l < 3; ++l)
      input_proj.push_back(list->register_module(
          std::to_string(l),
          nn::Sequential(nn::Conv2d(nn::Conv2dOptions(channels[3 - l], hidden, 1)),
                         detail::group_norm(groups, hidden))));
    if (config.encoder_layers > 0) {
      transformer =
          register_module("transformer", std::make_shared<detail::deform_encoder>(config));
    } else {
      const auto pyramid = register_module("top_down", std::make_shared<nn::Module>());
      for (int i = 0; i < 2; ++i)
        top_down.push_back(pyramid->register_module(
            std::to_string(i),
            std::make_shared<detail::conv_norm>(hidden, hidden, 3, 1, true, kind, groups)));
    }
    mask_features = register_module("mask_features",
                                    nn::Conv2d(nn::Conv2dOptions(hidden, config.mask_channels, 1)));
    adapter_1 = register_module("adapter_1", std::make_shared<detail::conv_norm>(
                                                 channels[0], hidden, 1, 1, false, kind, groups));
    layer_1 = register_module(
        "layer_1", std::make_shared<detail::conv_norm>(hidden, hidden, 3, 1, true, kind, groups));
    start(config.start);
  }

  void start(weight_start how) {
    namespace init = ::torch::nn::init;
    const ::torch::NoGradGuard guard;
    if (how == weight_start::narrow) {
      if (transformer) transformer->level_embed.mul_(0.1);
      return;
    }
    for (const auto& projection : input_proj) {
      const auto parameters = projection->parameters();
      init::xavier_uniform_(parameters[0]);
      init::zeros_(parameters[1]);
    }
    for (const auto& weight : {adapter_1->weight, layer_1->weight, mask_features->weight})
      init::kaiming_uniform_(weight, 1);
    init::zeros_(mask_features->bias);
  }

  pixel_features forward(const feature_maps& maps) {
    const detail::single_precision guard{maps[0].device().type()};
    const auto single = [](const ::torch::Tensor& x) {
      return x.scalar_type() == ::torch::kHalf || x.scalar_type() == ::torch::kBFloat16
                 ? x.to(::torch::kFloat)
                 : x;
    };
    pixel_features out;
    for (std::size_t l = 0; l < 3; ++l) out.levels[l] = input_proj[l]->forward(single(maps[3 - l]));
    if (transformer) {
      out.levels = transformer->forward(out.levels);
    } else {
      for (std::size_t l = 1; l < 3; ++l) {
        const auto& here = out.levels[l];
        out.levels[l] = top_down[l - 1]->forward(
            here + detail::resize_bilinear(out.levels[l - 1], here.size(2), here.size(3)));
      }
    }
    const auto fine = single(maps[0]);
    const auto y = adapter_1->forward(fine) +
                   detail::resize_bilinear(out.levels[2], fine.size(2), fine.size(3));
    out.mask_features = mask_features(layer_1->forward(y));
    return out;
  }
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
