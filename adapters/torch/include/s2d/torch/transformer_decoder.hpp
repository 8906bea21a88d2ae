// The decoder of VideoMask2Former: queries that look where their masks are, in all frames at once.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/config.hpp>
#include <s2d/torch/layers.hpp>
#include <s2d/torch/pixel_decoder.hpp>
#include <s2d/torch/position.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// What every query says of a clip.
struct query_prediction {
  ::torch::Tensor class_logits;  ///< [b, q, classes + 1], the last is "no object"
  ::torch::Tensor mask_logits;   ///< [b, q, t, h / 4, w / 4]
};

/// The final prediction, and those before: of the learned queries and after each layer but the
/// last.
struct video_prediction : query_prediction {
  std::vector<query_prediction> aux;
};

namespace detail {

/// Attention with the parameter names of PyTorch's MultiheadAttention.
struct multihead_attention : ::torch::nn::Module {
  std::int64_t heads;
  ::torch::Tensor in_proj_weight, in_proj_bias;
  ::torch::nn::Linear out_proj{nullptr};

  multihead_attention(std::int64_t channels, std::int64_t h) : heads{h} {
    in_proj_weight = register_parameter("in_proj_weight", ::torch::empty({3 * channels, channels}));
    in_proj_bias = register_parameter("in_proj_bias", ::torch::zeros({3 * channels}));
    out_proj = register_module("out_proj", ::torch::nn::Linear(channels, channels));
    ::torch::nn::init::xavier_uniform_(in_proj_weight);
    ::torch::nn::init::xavier_uniform_(out_proj->weight);
    ::torch::nn::init::zeros_(out_proj->bias);
  }

  /// [b, n, channels] each; open [b, q, k]: where a query may look.
  ::torch::Tensor forward(const ::torch::Tensor& query, const ::torch::Tensor& key,
                          const ::torch::Tensor& value,
                          const std::optional<::torch::Tensor>& open = {}) {
    const auto weights = in_proj_weight.chunk(3);
    const auto biases = in_proj_bias.chunk(3);
    const auto project = [&](const ::torch::Tensor& x, std::size_t part) {
      const auto y = ::torch::linear(x, weights[part], biases[part]);
      return y.view({y.size(0), y.size(1), heads, -1}).transpose(1, 2);
    };
    std::optional<::torch::Tensor> mask;
    if (open) mask = open->unsqueeze(1);
    const auto out = ::at::scaled_dot_product_attention(project(query, 0), project(key, 1),
                                                        project(value, 2), mask);
    return out_proj(out.transpose(1, 2).flatten(2));
  }
};

/// Attention under the name that its kind has in the official code, and the norm behind it.
struct attention_layer : ::torch::nn::Module {
  std::shared_ptr<multihead_attention> attention;
  ::torch::nn::LayerNorm norm{nullptr};

  attention_layer(const char* name, const video_mask2former_config& config) {
    attention =
        register_module(name, std::make_shared<multihead_attention>(config.hidden, config.heads));
    norm = register_module("norm", layer_norm(config.hidden));
  }
};

struct ffn_layer : ::torch::nn::Module {
  ::torch::nn::Linear linear1{nullptr}, linear2{nullptr};
  ::torch::nn::LayerNorm norm{nullptr};

  explicit ffn_layer(const video_mask2former_config& config) {
    linear1 = register_module("linear1", ::torch::nn::Linear(config.hidden, config.decoder_ffn));
    linear2 = register_module("linear2", ::torch::nn::Linear(config.decoder_ffn, config.hidden));
    norm = register_module("norm", layer_norm(config.hidden));
    for (auto* linear : {&linear1, &linear2}) ::torch::nn::init::xavier_uniform_((*linear)->weight);
  }
  ::torch::Tensor forward(const ::torch::Tensor& x) {
    return norm(x + linear2(linear1(x).relu_()));
  }
};

/// Three linear layers with ReLU between.
struct mask_mlp : ::torch::nn::Module {
  std::vector<::torch::nn::Linear> layers;

  mask_mlp(std::int64_t from, std::int64_t to) {
    const auto list = register_module("layers", std::make_shared<::torch::nn::Module>());
    for (int i = 0; i < 3; ++i)
      layers.push_back(
          list->register_module(std::to_string(i), ::torch::nn::Linear(from, i == 2 ? to : from)));
  }
  ::torch::Tensor forward(const ::torch::Tensor& x) {
    return layers[2](layers[1](layers[0](x).relu_()).relu_());
  }
};

}  // namespace detail

/// Masked-attention decoder. The clip length is an argument; frames of a clip follow each other.
struct transformer_decoder : ::torch::nn::Module {
  std::vector<std::shared_ptr<detail::attention_layer>> self_layers, cross_layers;
  std::vector<std::shared_ptr<detail::ffn_layer>> ffn_layers;
  ::torch::nn::LayerNorm decoder_norm{nullptr};
  ::torch::nn::Embedding query_feat{nullptr}, query_embed{nullptr}, level_embed{nullptr};
  ::torch::nn::Linear class_embed{nullptr};
  std::shared_ptr<detail::mask_mlp> mask_embed;
  ::torch::Tensor mask_bias;  // only where masks are scaled

  explicit transformer_decoder(const video_mask2former_config& config) {
    namespace nn = ::torch::nn;
    const auto hidden = config.hidden;
    const auto list = [&](const char* name) {
      return register_module(name, std::make_shared<nn::Module>());
    };
    const auto selves = list("transformer_self_attention_layers");
    const auto crosses = list("transformer_cross_attention_layers");
    const auto ffns = list("transformer_ffn_layers");
    for (std::int64_t i = 0; i < config.decoder_layers; ++i) {
      const auto name = std::to_string(i);
      self_layers.push_back(selves->register_module(
          name, std::make_shared<detail::attention_layer>("self_attn", config)));
      cross_layers.push_back(crosses->register_module(
          name, std::make_shared<detail::attention_layer>("multihead_attn", config)));
      ffn_layers.push_back(
          ffns->register_module(name, std::make_shared<detail::ffn_layer>(config)));
    }
    decoder_norm = register_module("decoder_norm", detail::layer_norm(hidden));
    query_feat = register_module("query_feat", nn::Embedding(config.queries, hidden));
    query_embed = register_module("query_embed", nn::Embedding(config.queries, hidden));
    level_embed = register_module("level_embed", nn::Embedding(3, hidden));
    class_embed = register_module("class_embed", nn::Linear(hidden, config.classes + 1));
    mask_embed = register_module("mask_embed",
                                 std::make_shared<detail::mask_mlp>(hidden, config.mask_channels));
    if (config.scaled_masks)
      mask_bias = register_parameter("mask_bias", ::torch::full({}, config.mask_bias));
    if (config.start == weight_start::narrow) {
      const ::torch::NoGradGuard guard;
      level_embed->weight.mul_(0.1);
    }
  }

  /// @param features  of b * frames frames, the frames of a clip behind each other
  video_prediction forward(const pixel_features& features, std::int64_t frames, bool with_aux) {
    const auto& maps = features.mask_features;
    const auto clips = maps.size(0) / frames, channels = maps.size(1);
    const auto height = maps.size(2), width = maps.size(3);
    // [clips, channels, t * h * w] once, so that every head is one product of matrices.
    const auto clip_maps = [&](const ::torch::Tensor& x) {
      return x.view({clips, frames, channels, -1}).transpose(1, 2).reshape({clips, channels, -1});
    };
    const auto masks = clip_maps(maps);

    std::array<::torch::Tensor, 3> memory, key;
    std::array<::torch::Tensor, 3> coarse_masks;  // mask features at the size of each level
    for (std::size_t l = 0; l < 3; ++l) {
      const auto& x = features.levels[l];
      const auto h = x.size(2), w = x.size(3);
      const auto position = sine_position(x.size(1), frames, h, w, x.device())
                                .to(x.scalar_type())
                                .flatten(2)
                                .transpose(1, 2)
                                .flatten(0, 1);
      memory[l] = x.view({clips, frames, x.size(1), h * w}).transpose(2, 3).flatten(1, 2) +
                  level_embed->weight[static_cast<std::int64_t>(l)];
      key[l] = memory[l] + position;
      // Resizing is linear: resized logits are the embedding times resized features.
      if (l < cross_layers.size())
        coarse_masks[l] = clip_maps(detail::resize_bilinear(maps.detach(), h, w));
    }

    const auto queries = query_feat->weight.size(0);
    const auto embed = query_embed->weight.unsqueeze(0);
    auto x = query_feat->weight.unsqueeze(0).expand({clips, queries, query_feat->weight.size(1)});
    video_prediction result;
    for (std::size_t i = 0; i <= cross_layers.size(); ++i) {
      const bool last = i == cross_layers.size();
      const auto normed = decoder_norm(x);
      const auto mask = mask_embed->forward(normed);
      if (last || with_aux) {
        query_prediction here{
            class_embed(normed),
            mask_logits(mask, masks).view({clips, queries, frames, height, width})};
        if (last)
          static_cast<query_prediction&>(result) = std::move(here);
        else
          result.aux.push_back(std::move(here));
      }
      if (last) break;
      const std::size_t l = i % 3;
      const auto look = open(mask, coarse_masks[l]);
      const auto& cross = cross_layers[i];
      x = cross->norm(x + cross->attention->forward(x + embed, key[l], memory[l], look));
      const auto& self = self_layers[i];
      const auto placed = x + embed;
      x = self->norm(x + self->attention->forward(placed, placed, x));
      x = ffn_layers[i]->forward(x);
    }
    return result;
  }

 private:
  ::torch::Tensor mask_logits(const ::torch::Tensor& embedding, const ::torch::Tensor& maps) const {
    if (!mask_bias.defined()) return ::torch::bmm(embedding, maps);
    const double scale = 1 / std::sqrt(static_cast<double>(maps.size(1)));
    return ::torch::bmm(embedding * scale, maps) + mask_bias;
  }

  /// Where each query may look: inside its mask, or everywhere if that is empty.
  ::torch::Tensor open(const ::torch::Tensor& embedding, const ::torch::Tensor& maps) const {
    const ::torch::NoGradGuard guard;
    const auto inside = mask_logits(embedding, maps) >= 0;
    return inside.logical_or_(inside.any(-1, true).logical_not_());
  }
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
