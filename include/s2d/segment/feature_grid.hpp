// Features of the cells of a frame, and the concept of what gives them.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/segment/slic.hpp>

namespace s2d::inline S2D_ABI {

/// Features of height x width cells that cover a frame like the squares of a chessboard.
struct feature_grid {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t channels = 0;
  std::vector<float> values;     ///< [height, width, channels]
  std::vector<float> salience;   ///< [height, width] how much a cell stands out; may be empty
  superpixels superpixel_cells;  ///< [height, width] if the cells are superpixels; may be empty

  feature_grid() = default;
  feature_grid(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t n)
      : height{rows}, width{columns}, channels{n} {
    require(rows >= 0 && columns >= 0 && n >= 0, "feature_grid: extents are ", rows, " x ", columns,
            " x ", n, ", expected non-negative (height x width x channels)");
    values.resize(static_cast<std::size_t>(rows * columns * n));
  }

  [[nodiscard]] std::size_t cells() const noexcept {
    return static_cast<std::size_t>(height * width);
  }
  [[nodiscard]] std::span<const float> cell(std::size_t i) const noexcept {
    const auto n = static_cast<std::size_t>(channels);
    return {values.data() + i * n, n};
  }
  [[nodiscard]] std::span<float> cell(std::size_t i) noexcept {
    const auto n = static_cast<std::size_t>(channels);
    return {values.data() + i * n, n};
  }
  /// No cells: nothing is known of the frame, or nothing is to be found in it.
  [[nodiscard]] bool empty() const noexcept { return height == 0 || width == 0; }
};

/// Anything that gives features of the frames of a video: source(t) is the grid of frame t. Called
/// from several threads at once.
template <class Source>
concept feature_source = requires(const Source& source, std::size_t frame) {
  { source(frame) } -> std::convertible_to<feature_grid>;
};

/// Anything that turns a picture into features of its cells, such as a vision transformer:
/// extractor(picture) is a grid that covers the picture. Called from several threads at once if a
/// constant one can be called.
template <class Extractor>
concept feature_extractor = requires(Extractor& extractor, const image& picture) {
  { extractor(picture) } -> std::convertible_to<feature_grid>;
};

/// A feature extractor that serves several pictures at once faster than one by one:
/// extractor(pictures) gives one grid for each of them, in their order.
template <class Extractor>
concept batch_feature_extractor = feature_extractor<Extractor> &&
    requires(Extractor& extractor, std::span<const image> pictures) {
  { extractor(pictures) } -> std::convertible_to<std::vector<feature_grid>>;
};

/// Feature grids kept in memory: a feature_source.
struct stored_features {
  std::vector<feature_grid> grids;  ///< [T]

  /// Precondition: frame < grids.size().
  [[nodiscard]] const feature_grid& operator()(std::size_t frame) const noexcept {
    return grids[frame];
  }
};

}  // namespace s2d::inline S2D_ABI
