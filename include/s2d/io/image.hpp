// Pictures from and to files: JPEG, PNG and BMP in; PNG and JPEG out.
#pragma once

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/view.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/detail/stb.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

using byte_span = std::span<const std::byte>;

inline unsigned byte_at(byte_span bytes, std::size_t i) noexcept {
  return std::to_integer<unsigned>(bytes[i]);
}

inline std::uint32_t little_u32(byte_span bytes, std::size_t i) noexcept {
  return byte_at(bytes, i) | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2) << 16 |
         byte_at(bytes, i + 3) << 24;
}

/// Checks the Huffman tables of a JPEG segment, from its length to its end. stb, at least up to
/// 2.27, writes behind its own table when one names more than 256 codes.
inline void require_huffman_tables(byte_span segment, std::size_t at, std::string_view name) {
  for (std::size_t i = 2; i < segment.size();) {
    require(i + 17 <= segment.size(), name, ": byte ", at + i,
            ": damaged JPEG, a Huffman table cut off by the end of its segment");
    std::size_t codes = 0;
    for (std::size_t length = 1; length <= 16; ++length) codes += byte_at(segment, i + length);
    require(codes <= 256, name, ": byte ", at + i, ": damaged JPEG, a Huffman table of ", codes,
            " codes, expected at most 256");
    i += 17 + codes;
  }
}

/// Walks the segments of a JPEG file to its end marker; stb fills what is missing with gray.
inline void require_whole_jpeg(byte_span bytes, std::string_view name) {
  std::size_t at = 2;
  bool scan = false;
  while (at + 1 < bytes.size()) {
    if (byte_at(bytes, at) != 0xFF) {
      if (!scan)
        throw invalid_input{concat(name, ": byte ", at, ": no JPEG marker where one is expected")};
      const void* next = std::memchr(bytes.data() + at, 0xFF, bytes.size() - at);
      if (next == nullptr) break;
      at = static_cast<std::size_t>(static_cast<const std::byte*>(next) - bytes.data());
      continue;
    }
    const unsigned marker = byte_at(bytes, at + 1);
    if (marker == 0xD9) return;
    if (marker == 0xFF) {
      ++at;
    } else if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
    } else {
      if (at + 3 >= bytes.size()) break;
      scan = marker == 0xDA;
      const std::size_t length = byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
      if (marker == 0xC4 && length <= bytes.size() - at - 2)
        require_huffman_tables(bytes.subspan(at + 2, length), at + 2, name);
      at += 2 + length;
    }
  }
  throw invalid_input{
      concat(name, ": truncated, the JPEG end marker is missing after ", bytes.size(), " bytes")};
}

/// stb reads zeros behind the end of a BMP file.
inline void require_whole_bmp(byte_span bytes, std::string_view name) {
  require(bytes.size() >= 30, name, ": truncated, ", bytes.size(),
          " bytes are less than a BMP header");
  const bool core = little_u32(bytes, 14) == 12;
  const std::int64_t width =
      core ? little_u32(bytes, 18) & 0xFFFF : static_cast<std::int32_t>(little_u32(bytes, 18));
  const std::int64_t height =
      core ? little_u32(bytes, 18) >> 16 : static_cast<std::int32_t>(little_u32(bytes, 22));
  const std::int64_t bits =
      core ? little_u32(bytes, 24) & 0xFFFF : (byte_at(bytes, 28) | byte_at(bytes, 29) << 8);
  const std::int64_t rows = height < 0 ? -height : height;
  require(width > 0 && rows > 0 && width <= 1 << 24 && rows <= 1 << 24 && bits <= 32, name,
          ": BMP of ", height, " x ", width, " pixels (height x width) with ", bits, " bits each");
  const std::int64_t needed = little_u32(bytes, 10) + (width * bits + 31) / 32 * 4 * rows;
  require(static_cast<std::int64_t>(bytes.size()) >= needed, name, ": truncated, ", bytes.size(),
          " of ", needed, " bytes");
}

/// What stb may hold while it reads a picture of this size: coefficients, planes and the result,
/// each with its sides rounded up to whole blocks, and the file's own bytes unpacked in steps.
inline std::size_t decoding_limit(std::size_t file, int height, int width) noexcept {
  const auto whole = [](int side) { return (static_cast<std::size_t>(side) + 63) / 32 * 32; };
  return (std::size_t{1} << 20) + 4 * file + 64 * whole(height) * whole(width);
}

inline void append_bytes(void* context, void* data, int size) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(context);
  const auto* first = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), first, first + size);
}

inline void require_encodable(std::ptrdiff_t height, std::ptrdiff_t width, int channels) {
  require(height > 0 && width > 0, "picture: ", height, " x ", width,
          " (height x width), expected at least one pixel");
  require(width <= INT_MAX / channels / 2 && height <= INT_MAX / channels / 2 / width,
          "picture: ", height, " x ", width, " (height x width) is too large for this format");
}

/// The rows one behind the other; `room` holds them where they do not lie so.
inline const std::uint8_t* packed_rows(image_view picture, std::vector<std::uint8_t>& room) {
  if (picture.row_stride == picture.width * 3) return picture.data;
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    room.insert(room.end(), picture.row(y), picture.row(y) + picture.width * 3);
  return room.data();
}

inline std::vector<std::byte> encode_png_bytes(const std::uint8_t* pixels, std::ptrdiff_t height,
                                               std::ptrdiff_t width, int channels) {
  const stb_arena arena;
  int size = 0;
  const stbi_uc* encoded = stbi_write_png_to_mem(pixels, 0, static_cast<int>(width),
                                                 static_cast<int>(height), channels, &size);
  if (encoded == nullptr) throw std::bad_alloc{};
  const auto* first = reinterpret_cast<const std::byte*>(encoded);
  return {first, first + size};
}

inline std::string lower_extension(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

}  // namespace detail

/// Decodes a JPEG, PNG or BMP file that lies in memory, told apart by content. Gray is repeated in
/// all channels, alpha is dropped, 16 bits become 8, an orientation tag is not applied.
/// `name` stands for the file in errors.
/// @throws invalid_input if the content is none of these or damaged; a truncated file is damaged
[[nodiscard]] inline image decode_image(std::span<const std::byte> bytes, std::string_view name) {
  using namespace detail;
  require(!bytes.empty(), name, ": empty file, expected a JPEG, PNG or BMP picture");
  require(bytes.size() <= INT_MAX, name, ": ", bytes.size(),
          " bytes, expected a picture of less than 2 GiB");
  const auto begins = [&](std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  if (begins("\xFF\xD8")) {
    require_whole_jpeg(bytes, name);
  } else if (begins("BM")) {
    require_whole_bmp(bytes, name);
  } else {
    require(begins("\x89PNG"), name, ": not a JPEG, PNG or BMP picture");
  }
  stb_arena arena{std::size_t{1} << 20};
  const auto damaged = [&](const char* reason) {
    return invalid_input{concat(name, ": damaged picture: ", reason)};
  };
  try {
    int width = 0;
    int height = 0;
    int channels = 0;
    const auto* first = reinterpret_cast<const stbi_uc*>(bytes.data());
    const int size = static_cast<int>(bytes.size());
    if (!stbi_info_from_memory(first, size, &width, &height, &channels))
      throw damaged(stbi_failure_reason());
    // Compression has bounds, so a small file cannot hold a large picture: 1032 times in PNG, where
    // a pixel has a bit at least; a bit for a block of 8 x 8 pixels in JPEG.
    const std::size_t densest = begins("BM") ? 8 : begins("\xFF\xD8") ? 512 : 8 * 1032;
    require(static_cast<std::size_t>(height) <=
                (bytes.size() * densest + 65536) / static_cast<std::size_t>(width),
            name, ": ", height, " x ", width, " pixels (height x width) in a file of ",
            bytes.size(), " bytes");
    arena.limit(decoding_limit(bytes.size(), height, width));
    const stbi_uc* pixels = stbi_load_from_memory(first, size, &width, &height, &channels, 3);
    if (pixels == nullptr) throw damaged(stbi_failure_reason());
    image picture;
    picture.height = height;
    picture.width = width;
    picture.values.assign(
        pixels, pixels + static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    return picture;
  } catch (const stb_failure& failure) {
    throw damaged(failure.reason);
  }
}

/// Reads a JPEG, PNG or BMP file; see decode_image.
/// @throws io_error if the file cannot be read, invalid_input if it is no such picture
[[nodiscard]] inline image read_image(const std::filesystem::path& file) {
  return decode_image(read_file(file), file.string());
}

/// The picture as a PNG file: lossless, the same bytes for the same pixels.
/// @throws invalid_input if it has no pixel
[[nodiscard]] inline std::vector<std::byte> encode_png(image_view picture) {
  detail::require_encodable(picture.height, picture.width, 3);
  std::vector<std::uint8_t> room;
  return detail::encode_png_bytes(detail::packed_rows(picture, room), picture.height, picture.width,
                                  3);
}

/// The picture as a PNG file with alpha: 0 transparent, 255 opaque.
/// @param alpha [height, width] of the picture
/// @throws invalid_input if sizes differ or there is no pixel
[[nodiscard]] inline std::vector<std::byte> encode_cutout(image_view picture,
                                                          plane_view<const std::uint8_t> alpha) {
  detail::require_same_size("encode_cutout", picture, alpha);
  detail::require_encodable(picture.height, picture.width, 4);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(picture.height * picture.width) * 4);
  std::uint8_t* out = pixels.data();
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    const std::uint8_t* in = picture.row(y);
    for (std::ptrdiff_t x = 0; x < picture.width; ++x, in += 3, out += 4) {
      out[0] = in[0];
      out[1] = in[1];
      out[2] = in[2];
      out[3] = alpha(y, x);
    }
  }
  return detail::encode_png_bytes(pixels.data(), picture.height, picture.width, 4);
}

/// The picture as a baseline JPEG file.
/// @param quality 1 (small) to 100 (good)
/// @throws invalid_input if there is no pixel, an extent exceeds 65535 or the quality its range
[[nodiscard]] inline std::vector<std::byte> encode_jpeg(image_view picture, int quality = 90) {
  detail::require_encodable(picture.height, picture.width, 3);
  require(picture.height <= 65535 && picture.width <= 65535, "encode_jpeg: ", picture.height, " x ",
          picture.width, " (height x width), JPEG holds up to 65535 x 65535");
  require(quality >= 1 && quality <= 100, "encode_jpeg: quality is ", quality,
          ", expected 1 to 100");
  std::vector<std::uint8_t> room;
  std::vector<std::byte> bytes;
  detail::stbi_write_jpg_to_func(&detail::append_bytes, &bytes, static_cast<int>(picture.width),
                                 static_cast<int>(picture.height), 3,
                                 detail::packed_rows(picture, room), quality);
  return bytes;
}

/// Writes a PNG file, whole or not at all.
/// @throws invalid_input as encode_png, io_error if the system refuses
inline void write_png(const std::filesystem::path& file, image_view picture) {
  write_file(file, encode_png(picture));
}

/// Writes a PNG file with alpha: what `alpha` leaves out is transparent.
/// @throws invalid_input as encode_cutout, io_error if the system refuses
inline void write_cutout(const std::filesystem::path& file, image_view picture,
                         plane_view<const std::uint8_t> alpha) {
  write_file(file, encode_cutout(picture, alpha));
}

/// Writes a JPEG file, whole or not at all.
/// @throws invalid_input as encode_jpeg, io_error if the system refuses
inline void write_jpeg(const std::filesystem::path& file, image_view picture, int quality = 90) {
  write_file(file, encode_jpeg(picture, quality));
}

/// Writes the format that the name ends in: .png, .jpg or .jpeg.
/// @throws invalid_input for any other name, else as write_png and write_jpeg
inline void write_image(const std::filesystem::path& file, image_view picture) {
  const std::string extension = detail::lower_extension(file);
  if (extension == ".png") return write_png(file, picture);
  require(extension == ".jpg" || extension == ".jpeg", file.string(),
          ": pictures are written as .png, .jpg or .jpeg");
  write_jpeg(file, picture);
}

}  // namespace s2d::inline S2D_ABI
