// The shape of a VideoMask2Former, and the two presets.
#pragma once

#include <array>
#include <cstdint>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// What turns frames into feature maps at strides 4, 8, 16 and 32.
enum class backbone_kind {
  resnet50,  ///< detectron2's layout and names
  narrow     ///< a convolution and four residual blocks, for one video on a processor
};

/// Normalisation in the ResNet-50.
enum class backbone_norm {
  frozen_batch,  ///< fixed statistics, as in all published weights
  group          ///< GroupNorm, for training from nothing
};

/// How weights begin where none are loaded.
enum class weight_start {
  official,  ///< as the official code does
  narrow     ///< LibTorch's own, small level embeddings, residual blocks that begin as identity
};

struct video_mask2former_config {
  backbone_kind backbone = backbone_kind::resnet50;
  backbone_norm norm = backbone_norm::frozen_batch;  ///< resnet50 only
  std::array<std::int64_t, 4> widths{24, 48, 96,
                                     128};  ///< narrow only: channels of its four blocks

  std::int64_t hidden = 256;         ///< channels of the pixel decoder and the queries
  std::int64_t mask_channels = 256;  ///< channels of mask features and mask embeddings
  std::int64_t heads = 8;            ///< of every attention
  std::int64_t norm_groups = 32;     ///< of the pixel decoder's GroupNorm, halved until it divides

  std::int64_t encoder_layers = 6;  ///< deformable ones; 0: a top-down pyramid of convolutions
  std::int64_t encoder_points = 4;  ///< sampling points per head and level
  std::int64_t encoder_ffn = 1024;
  double encoder_dropout = 0.3;

  std::int64_t decoder_layers = 9;
  std::int64_t decoder_ffn = 2048;
  std::int64_t queries = 100;
  std::int64_t classes = 1;  ///< without "no object", which is the last class logit

  /// Mask logits are the dot product; scaled: dot product / sqrt(mask_channels) + a learned number
  /// that begins at mask_bias.
  bool scaled_masks = false;
  double mask_bias = -2;

  weight_start start = weight_start::official;

  /// RGB, of values 0 to 255.
  std::array<double, 3> pixel_mean{123.675, 116.28, 103.53};
  std::array<double, 3> pixel_std{58.395, 57.12, 57.375};

  friend bool operator==(const video_mask2former_config&,
                         const video_mask2former_config&) = default;
};

namespace presets {

/// VideoMask2Former with ResNet-50 as in S2D, VideoCutLER and CutLER's Mask2Former: 557 tensors of
/// the official names, 43,949,954 parameters.
[[nodiscard]] inline video_mask2former_config official() { return {}; }

/// The official shape without fixed statistics, to be trained without any weights.
[[nodiscard]] inline video_mask2former_config official_from_scratch() {
  video_mask2former_config config;
  config.norm = backbone_norm::group;
  return config;
}

/// Narrow, 0.79 million parameters: trained from nothing on one video on a processor. Queries
/// should be at least twice the objects. Set pixel_mean and pixel_std to those of the video.
[[nodiscard]] inline video_mask2former_config tiny(std::int64_t queries = 10) {
  video_mask2former_config config;
  config.backbone = backbone_kind::narrow;
  config.hidden = config.mask_channels = 64;
  config.heads = 4;
  config.norm_groups = 8;
  config.encoder_layers = 0;
  config.encoder_ffn = 256;
  config.encoder_dropout = 0;
  config.decoder_layers = 3;
  config.decoder_ffn = 256;
  config.queries = queries;
  config.scaled_masks = true;
  config.start = weight_start::narrow;
  return config;
}

}  // namespace presets
}  // namespace torch
}  // namespace s2d::inline S2D_ABI
