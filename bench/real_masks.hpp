// Real masks for benchmarks, out of the folder that S2D_DATA names (default ../shared/data); blots
// where there is none. bench/peers reads the same ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include <s2d/core/matrix.hpp>
#if __has_include(<png.h>)
#include <s2d/io/folder.hpp>
#include <s2d/io/palette_png.hpp>
#endif

#include "blob_masks.hpp"

namespace real_masks {

// Masks of the four 480p sequences of DAVIS 2016 in turn, scaled to the size; blots without them.
inline std::vector<s2d::matrix<std::uint8_t>> scaled(std::size_t count, std::ptrdiff_t height,
                                                     std::ptrdiff_t width) {
  std::vector<s2d::matrix<std::uint8_t>> masks;
#if __has_include(<png.h>)
  const char* root = std::getenv("S2D_DATA");
  const std::filesystem::path data = root != nullptr ? root : "../shared/data";
  std::vector<std::vector<std::filesystem::path>> files;
  for (const char* name : {"blackswan", "car-roundabout", "libby", "soapbox"}) {
    const auto folder = data / "davis2016-480p/Annotations" / name;
    if (std::filesystem::is_directory(folder)) files.push_back(s2d::list_frames(folder));
  }
  for (std::size_t i = 0; i < count && !files.empty(); ++i) {
    const auto& sequence = files[i % files.size()];
    const auto ids = s2d::read_mask_png(sequence[i / files.size() % sequence.size()]);
    s2d::matrix<std::uint8_t> mask(height, width);
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; ++x)
        mask(y, x) = ids(y * ids.height / height, x * ids.width / width) != 0;
    masks.push_back(std::move(mask));
  }
#endif
  for (int i = 0; masks.size() < count; ++i)
    masks.push_back(blob_masks::blob(height, width, i % blob_masks::count));
  return masks;
}

}  // namespace real_masks
