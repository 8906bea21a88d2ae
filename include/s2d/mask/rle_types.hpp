// The run-length form of a mask: the plain type. Its functions are in mask/rle.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// A binary mask of `height` x `width` pixels as lengths of runs, in column-major order (down the
/// first column, then down the second): background, foreground, background, ... The first run is
/// background and may have length 0; the lengths sum to height * width, below 2^32.
///
/// Canonical: no other run has length 0. Everything here that returns an rle returns a canonical
/// one, save from_string and from_counts, which keep the runs as they were written. All functions
/// take both kinds. Equality compares the runs, so it compares masks where both are canonical.
/// Functions throw invalid_input where the lengths do not sum to height * width.
struct rle {
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::vector<std::uint32_t> counts;

  /// Parses the compressed "counts" of COCO. Runs of length 0 are kept.
  /// @throws invalid_input if the text holds other characters than '0' to 'o', ends inside a
  ///   number, holds a number of more than 7 characters, a negative length, or lengths that do not
  ///   sum to height * width; the message gives the position, what was found and what was expected
  [[nodiscard]] static rle from_string(std::string_view text, std::ptrdiff_t height,
                                       std::ptrdiff_t width);

  /// The uncompressed "counts" of COCO, a plain list. Runs of length 0 are kept.
  /// @throws invalid_input if the lengths do not sum to height * width
  [[nodiscard]] static rle from_counts(std::vector<std::uint32_t> lengths, std::ptrdiff_t height,
                                       std::ptrdiff_t width);

  friend bool operator==(const rle&, const rle&) = default;
};

}  // namespace s2d::inline S2D_ABI
