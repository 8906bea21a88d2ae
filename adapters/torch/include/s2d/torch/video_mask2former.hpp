// VideoMask2Former (2112.10764) as S2D trains it: frames of a clip to classes and masks of queries.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/backbone.hpp>
#include <s2d/torch/config.hpp>
#include <s2d/torch/pixel_decoder.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/transformer_decoder.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

struct segmentation_head : ::torch::nn::Module {
  std::shared_ptr<torch::pixel_decoder> pixel_decoder;
  std::shared_ptr<transformer_decoder> predictor;

  segmentation_head(const video_mask2former_config& config,
                    const std::array<std::int64_t, 4>& channels) {
    pixel_decoder =
        register_module("pixel_decoder", std::make_shared<torch::pixel_decoder>(config, channels));
    predictor = register_module("predictor", std::make_shared<transformer_decoder>(config));
  }
};

}  // namespace detail

/// Frames as the network wants them: (x - mean) / std per channel, zeros to the right and below up
/// to multiples of 32.
/// @param frames  [..., 3, h, w], RGB, values 0 to 255, any dtype
/// @return [..., 3, h', w'] in single precision
/// @throws invalid_input if there are not three channels or a frame is empty
[[nodiscard]] inline ::torch::Tensor normalise(const ::torch::Tensor& frames,
                                               const video_mask2former_config& config) {
  require(frames.defined() && frames.dim() >= 3 && frames.size(-3) == 3 && frames.size(-2) > 0 &&
              frames.size(-1) > 0,
          "normalise: frames: shape is ",
          frames.defined() ? detail::shape_text(frames.sizes()) : "undefined",
          ", expected [..., 3, h, w]");
  const auto channel = [&](const std::array<double, 3>& values) {
    return ::torch::tensor({values[0], values[1], values[2]},
                           ::torch::TensorOptions().dtype(::torch::kFloat))
        .to(frames.device())
        .view({3, 1, 1});
  };
  const auto x =
      (frames.to(::torch::kFloat) - channel(config.pixel_mean)) / channel(config.pixel_std);
  const auto pad = [](std::int64_t extent) { return (32 - extent % 32) % 32; };
  return ::at::constant_pad_nd(x, {0, pad(x.size(-1)), 0, pad(x.size(-2))});
}

/// The module behind video_mask2former. Parts are public: `backbone`, `head->pixel_decoder`,
/// `head->predictor`; names of parameters and buffers are those of the official code.
class video_mask2former_module : public ::torch::nn::Module {
 public:
  std::shared_ptr<backbone_module> backbone;
  std::shared_ptr<detail::segmentation_head> head;

  /// @throws invalid_input if extents do not fit each other
  explicit video_mask2former_module(const video_mask2former_config& config) : config_{config} {
    require(config.hidden > 0 && config.heads > 0 && config.hidden % config.heads == 0 &&
                config.hidden % 4 == 0,
            "video_mask2former: hidden is ", config.hidden,
            ", expected a multiple of 4 and of heads (", config.heads, ")");
    require(config.queries > 0 && config.classes > 0 && config.mask_channels > 0,
            "video_mask2former: queries, classes and mask_channels are ", config.queries, ", ",
            config.classes, " and ", config.mask_channels, ", expected positive numbers");
    require(config.encoder_layers >= 0 && config.decoder_layers >= 0 && config.encoder_points > 0,
            "video_mask2former: layers are ", config.encoder_layers, " and ", config.decoder_layers,
            ", points ", config.encoder_points, ", expected layers >= 0 and points > 0");
    require(config.encoder_dropout >= 0 && config.encoder_dropout < 1,
            "video_mask2former: encoder_dropout is ", config.encoder_dropout, ", expected [0, 1)");
    if (config.backbone == backbone_kind::resnet50) {
      backbone = register_module("backbone", std::make_shared<resnet50>(config.norm));
    } else {
      for (const std::int64_t width : config.widths)
        require(width >= 2, "video_mask2former: a width is ", width, ", expected at least 2");
      backbone = register_module("backbone", std::make_shared<narrow_backbone>(config.widths));
    }
    head = register_module(
        "sem_seg_head", std::make_shared<detail::segmentation_head>(config, backbone->channels()));
  }

  [[nodiscard]] const video_mask2former_config& config() const noexcept { return config_; }

  /// Segments clips. Dropout acts in training mode only.
  /// @param frames    [b, t, 3, h, w]: b clips of t frames, normalised, h and w multiples of 32
  /// @param with_aux  whether the predictions of earlier layers are wanted: losses need them, else
  ///                  they cost time and memory
  /// @throws invalid_input if the shape differs
  [[nodiscard]] video_prediction forward(const ::torch::Tensor& frames, bool with_aux = true) {
    require_shape(frames, {any, any, 3, any, any}, "video_mask2former: frames");
    require(frames.size(0) > 0 && frames.size(1) > 0 && frames.size(3) > 0 && frames.size(4) > 0 &&
                frames.size(3) % 32 == 0 && frames.size(4) % 32 == 0,
            "video_mask2former: frames: shape is ", detail::shape_text(frames.sizes()),
            ", expected clips, frames, and extents that are multiples of 32 (see normalise)");
    const auto maps = backbone->forward(frames.flatten(0, 1));
    return head->predictor->forward(head->pixel_decoder->forward(maps), frames.size(1), with_aux);
  }

 private:
  video_mask2former_config config_;
};

/// A VideoMask2Former, shared by its copies: `model->forward(frames)`.
class video_mask2former : public ::torch::nn::ModuleHolder<video_mask2former_module> {
 public:
  using ::torch::nn::ModuleHolder<video_mask2former_module>::ModuleHolder;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
