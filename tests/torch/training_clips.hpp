// Clips to train on without any file: a bright square walks over a noisy background.
#pragma once

#include <torch/torch.h>

#include <s2d/torch/training_clip.hpp>

#include <cstdint>
#include <random>
#include <string>

namespace support {

/// Where the square of frame t lies: its first row and column.
inline std::pair<std::int64_t, std::int64_t> square_at(std::int64_t t, std::int64_t height,
                                                       std::int64_t width, std::int64_t side) {
  return {(5 + 3 * t) % (height - side), (9 + 7 * t) % (width - side)};
}

/// Frame t of the video, normalised: [3, h, w].
inline torch::Tensor square_frame(std::int64_t t, std::int64_t height, std::int64_t width,
                                  std::int64_t side) {
  std::mt19937 random{static_cast<unsigned>(t)};
  auto frame = torch::empty({3, height, width});
  float* out = frame.data_ptr<float>();
  for (std::int64_t i = 0; i < frame.numel(); ++i)
    out[i] = static_cast<float>(random() % 1000) / 2000.0f - 0.5f;
  const auto [y, x] = square_at(t, height, width, side);
  frame.slice(1, y, y + side).slice(2, x, x + side) +=
      torch::tensor({2.0f, -1.0f, 1.5f}).view({3, 1, 1});
  return frame;
}

inline torch::Tensor square_mask(std::int64_t t, std::int64_t height, std::int64_t width,
                                 std::int64_t side) {
  auto mask = torch::zeros({height, width});
  const auto [y, x] = square_at(t, height, width, side);
  mask.slice(0, y, y + side).slice(1, x, x + side).fill_(1);
  return mask;
}

/// Two frames near each other; the mask of the second one is now and then not given.
inline s2d::torch::training_clip square_clip(std::int64_t step, std::int64_t index,
                                             std::int64_t height = 64, std::int64_t width = 96,
                                             std::int64_t side = 24) {
  std::mt19937 random{static_cast<unsigned>(1000 * step + index)};
  const std::int64_t first = random() % 40, second = first + 1 + random() % 5;
  const auto frames = torch::stack(
      {square_frame(first, height, width, side), square_frame(second, height, width, side)});
  const auto masks = torch::stack({square_mask(first, height, width, side),
                                   square_mask(second, height, width, side)})
                         .unsqueeze(0);
  const float trust = random() % 3 == 0 ? 0.0f : 0.75f;
  return {frames, masks, torch::tensor({{1.0f, trust}}),
          "squares, frames " + std::to_string(first) + " and " + std::to_string(second)};
}

}  // namespace support
