// Feature grids of another program (a vision transformer, say) from .npy files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/segment/feature_grid.hpp>

namespace s2d::inline S2D_ABI {

/// Reads the features of a video from an array of [T, height, width, channels] of any number type;
/// frame t of the result has the cells of a grid of height x width that covers the frame.
/// @throws io_error if the file cannot be read; invalid_input if it is damaged, has another number
///         of dimensions or a value that is not finite
[[nodiscard]] inline stored_features read_npy_features(const std::filesystem::path& file) {
  const npy_array array = read_npy(file);
  require(array.shape.size() == 4, file.string(), ": an array of ", array.shape.size(),
          " dimensions, expected 4: [frames, height, width, channels]");
  const std::vector<float> values = npy_values<float>(array, file.string());
  require(array.shape[0] == 0 || !values.empty(), file.string(),
          ": the array has an extent of 0, expected features for every frame");
  stored_features result;
  const auto frames = static_cast<std::size_t>(array.shape[0]);
  const std::size_t each = frames == 0 ? 0 : values.size() / frames;
  for (std::size_t t = 0; t < frames; ++t) {
    feature_grid grid(array.shape[1], array.shape[2], array.shape[3]);
    for (std::size_t i = 0; i < each; ++i) {
      const float value = values[t * each + i];
      require(value - value == 0, file.string(), ": value ", i, " of frame ", t, " is not finite");
      grid.values[i] = value;
    }
    result.grids.push_back(std::move(grid));
  }
  return result;
}

}  // namespace s2d::inline S2D_ABI
