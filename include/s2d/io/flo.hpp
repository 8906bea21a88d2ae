// Middlebury .flo files: dense flow as 32-bit floats.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

static_assert(std::endian::native == std::endian::little,
              "s2d reads and writes little-endian files byte for byte");

inline constexpr std::ptrdiff_t flo_largest_extent = 99999;

}  // namespace detail

/// Decodes a .flo file that lies in memory. Values above 1e9, "unknown" in this format, are kept.
/// `name` stands for the file in errors.
/// @throws invalid_input on a wrong tag, extents outside 1..99999, a wrong length, NaN or infinity
[[nodiscard]] inline flow_field decode_flo(std::span<const std::byte> bytes,
                                           std::string_view name) {
  require(bytes.size() >= 12, name, ": truncated, ", bytes.size(),
          " bytes are less than a .flo header (12)");
  require(std::memcmp(bytes.data(), "PIEH", 4) == 0, name,
          ": byte 0: not a .flo file, the tag \"PIEH\" is missing");
  std::int32_t extents[2];
  std::memcpy(extents, bytes.data() + 4, sizeof extents);
  const auto [width, height] = extents;
  require(width >= 1 && width <= detail::flo_largest_extent, name, ": byte 4: width ", width,
          ", expected 1 to ", detail::flo_largest_extent);
  require(height >= 1 && height <= detail::flo_largest_extent, name, ": byte 8: height ", height,
          ", expected 1 to ", detail::flo_largest_extent);
  const std::uint64_t needed = 12 + std::uint64_t{8} * static_cast<std::uint64_t>(width) *
                                        static_cast<std::uint64_t>(height);
  require(bytes.size() == needed, name, ": ", bytes.size(), " bytes, expected ", needed, " for ",
          height, " x ", width, " vectors (height x width)");
  flow_field flow(height, width);
  const std::byte* in = bytes.data() + 12;
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x, in += 8) {
      float vector[2];
      std::memcpy(vector, in, sizeof vector);
      require(std::isfinite(vector[0]) && std::isfinite(vector[1]), name, ": row ", y, ", column ",
              x, ": flow is (", vector[0], ", ", vector[1], "), expected finite numbers");
      flow.u(y, x) = vector[0];
      flow.v(y, x) = vector[1];
    }
  return flow;
}

/// Reads a .flo file; see decode_flo.
/// @throws io_error if the file cannot be read, invalid_input if it is damaged
[[nodiscard]] inline flow_field read_flo(const std::filesystem::path& file) {
  return decode_flo(read_file(file), file.string());
}

/// The flow as a .flo file, exact.
/// @throws invalid_input if it has no pixel, planes of two sizes, an extent above 99999, or NaN or
/// infinity
[[nodiscard]] inline std::vector<std::byte> encode_flo(const flow_field& flow) {
  detail::require_same_size("encode_flo", flow.u, flow.v);
  const std::ptrdiff_t height = flow.height();
  const std::ptrdiff_t width = flow.width();
  require(height >= 1 && width >= 1 && height <= detail::flo_largest_extent &&
              width <= detail::flo_largest_extent,
          "encode_flo: ", height, " x ", width, " (height x width), expected 1 to ",
          detail::flo_largest_extent, " each");
  std::vector<std::byte> bytes(12 + static_cast<std::size_t>(height * width) * 8);
  std::memcpy(bytes.data(), "PIEH", 4);
  const std::int32_t extents[2] = {static_cast<std::int32_t>(width),
                                   static_cast<std::int32_t>(height)};
  std::memcpy(bytes.data() + 4, extents, sizeof extents);
  std::byte* out = bytes.data() + 12;
  for (std::size_t i = 0; i < flow.u.values.size(); ++i, out += 8) {
    const float vector[2] = {flow.u.values[i], flow.v.values[i]};
    require(std::isfinite(vector[0]) && std::isfinite(vector[1]), "encode_flo: row ",
            static_cast<std::ptrdiff_t>(i) / width, ", column ",
            static_cast<std::ptrdiff_t>(i) % width, ": flow is (", vector[0], ", ", vector[1],
            "), expected finite numbers");
    std::memcpy(out, vector, sizeof vector);
  }
  return bytes;
}

/// Writes a .flo file, whole or not at all.
/// @throws invalid_input as encode_flo, io_error if the system refuses
inline void write_flo(const std::filesystem::path& file, const flow_field& flow) {
  write_file(file, encode_flo(flow));
}

}  // namespace s2d::inline S2D_ABI
