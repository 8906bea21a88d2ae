// Masks as PNG files: one small number (id) a pixel, 0 the background, with the DAVIS palette.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <png.h>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// Colours of ids 0..255 as red, green, blue: the bits of an id, three at a time from the lowest,
/// become the bits of its colour from the highest. DAVIS and Pascal VOC use these.
using palette = std::array<std::array<std::uint8_t, 3>, 256>;

/// The palette that DAVIS files carry.
[[nodiscard]] constexpr palette davis_palette() noexcept {
  palette colours{};
  for (unsigned id = 0; id < 256; ++id)
    for (unsigned bit = 0; bit < 8; ++bit)
      colours[id][bit % 3] =
          static_cast<std::uint8_t>(colours[id][bit % 3] | ((id >> bit) & 1u) << (7 - bit / 3));
  return colours;
}

/// Which number a pixel of a mask file stands for.
enum class mask_ids {
  /// What the file stores: the palette index; the gray value, where a file of only 0 and 255 means
  /// 0 and 1. Colour files store no number: ranks as by_color.
  stored,
  /// Distinct colours other than black, sorted by red, green, blue, become 1, 2, ... in this file.
  /// The rule of the official S2D code for frame masks; palette and gray files count as colours.
  by_color
};

namespace detail {

struct png_source {
  const std::byte* data;
  std::size_t size;
  std::size_t at;
};

struct png_failure {
  std::jmp_buf jump;
  char text[160];
};

[[noreturn]] inline void png_fail(png_structp png, png_const_charp text) {
  auto& failure = *static_cast<png_failure*>(png_get_error_ptr(png));
  std::strncpy(failure.text, text, sizeof failure.text - 1);
  std::longjmp(failure.jump, 1);
}

inline void png_ignore(png_structp, png_const_charp) {}

inline void png_take(png_structp png, png_bytep out, png_size_t size) {
  auto& source = *static_cast<png_source*>(png_get_io_ptr(png));
  if (source.size - source.at < size) png_error(png, "truncated");
  std::memcpy(out, source.data + source.at, size);
  source.at += size;
}

inline void png_put(png_structp png, png_bytep in, png_size_t size) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* first = reinterpret_cast<const std::byte*>(in);
  try {
    bytes.insert(bytes.end(), first, first + size);
    return;
  } catch (...) {
  }
  png_error(png, "out of memory");
}

inline void png_flush_nothing(png_structp) {}

struct png_reader {
  png_failure failure{};
  png_structp png = nullptr;
  png_infop info = nullptr;

  png_reader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, &png_fail, &png_ignore);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  png_reader(const png_reader&) = delete;
  png_reader& operator=(const png_reader&) = delete;
  ~png_reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

struct png_writer {
  png_failure failure{};
  png_structp png = nullptr;
  png_infop info = nullptr;

  png_writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, &png_fail, &png_ignore);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  png_writer(const png_writer&) = delete;
  png_writer& operator=(const png_writer&) = delete;
  ~png_writer() { png_destroy_write_struct(&png, &info); }
};

struct png_header {
  png_uint_32 width;
  png_uint_32 height;
  int depth;
  int colour_type;
  std::size_t packed_row_bytes;  // as the file holds them
  std::size_t row_bytes;         // as they are read
  std::array<std::array<std::uint8_t, 3>, 256> colours;
};

// The functions between setjmp and longjmp hold no object with a destructor.
inline bool png_read_header(png_reader& reader, png_source& source, png_header& header) {
  if (setjmp(reader.failure.jump)) return false;
  png_set_read_fn(reader.png, &source, &png_take);
  png_read_info(reader.png, reader.info);
  png_get_IHDR(reader.png, reader.info, &header.width, &header.height, &header.depth,
               &header.colour_type, nullptr, nullptr, nullptr);
  header.packed_row_bytes = png_get_rowbytes(reader.png, reader.info);
  png_set_packing(reader.png);
  if (header.colour_type != PNG_COLOR_TYPE_GRAY && header.depth == 16) {
    png_set_strip_16(reader.png);
    header.depth = 8;
  }
  if (header.colour_type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(reader.png);
  png_colorp entries = nullptr;
  int count = 0;
  if (png_get_PLTE(reader.png, reader.info, &entries, &count) == PNG_INFO_PLTE)
    for (int i = 0; i < count && i < 256; ++i)
      header.colours[static_cast<std::size_t>(i)] = {entries[i].red, entries[i].green,
                                                     entries[i].blue};
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  header.row_bytes = png_get_rowbytes(reader.png, reader.info);
  return true;
}

inline bool png_read_pixels(png_reader& reader, png_bytepp rows) {
  if (setjmp(reader.failure.jump)) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

inline bool png_write_indexed(png_writer& writer, std::vector<std::byte>& out, png_uint_32 height,
                              png_uint_32 width, const png_color* colours,
                              const std::uint8_t* const* rows) {
  if (setjmp(writer.failure.jump)) return false;
  png_set_write_fn(writer.png, &out, &png_put, &png_flush_nothing);
  png_set_IHDR(writer.png, writer.info, width, height, 8, PNG_COLOR_TYPE_PALETTE,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_PLTE(writer.png, writer.info, colours, 256);
  png_write_info(writer.png, writer.info);
  for (png_uint_32 y = 0; y < height; ++y) png_write_row(writer.png, rows[y]);
  png_write_end(writer.png, writer.info);
  return true;
}

/// Ranks of the distinct non-black colours of `pixel(y, x)`, given as 0xRRGGBB.
template <class Pixel>
matrix<std::uint8_t> rank_colours(std::ptrdiff_t height, std::ptrdiff_t width,
                                  std::string_view name, const Pixel& pixel) {
  std::vector<std::uint32_t> colours;  // sorted
  std::uint32_t last = 0;
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const std::uint32_t colour = pixel(y, x);
      if (colour == last) continue;
      last = colour;
      if (colour == 0) continue;
      const auto place = std::lower_bound(colours.begin(), colours.end(), colour);
      if (place != colours.end() && *place == colour) continue;
      require(colours.size() < 255, name, ": row ", y, ", column ", x,
              ": more than 255 colours, expected one colour for each mask");
      colours.insert(place, colour);
    }
  matrix<std::uint8_t> ids(height, width);
  std::uint32_t known = 0;
  std::uint8_t rank = 0;
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const std::uint32_t colour = pixel(y, x);
      if (colour != known) {
        known = colour;
        rank = colour == 0 ? std::uint8_t{0}
                           : static_cast<std::uint8_t>(
                                 std::lower_bound(colours.begin(), colours.end(), colour) -
                                 colours.begin() + 1);
      }
      ids(y, x) = rank;
    }
  return ids;
}

inline matrix<std::uint8_t> gray_ids(std::ptrdiff_t height, std::ptrdiff_t width,
                                     const std::vector<std::uint8_t>& pixels, int depth,
                                     std::string_view name) {
  matrix<std::uint8_t> ids(height, width);
  if (depth == 16) {
    for (std::size_t i = 0; i < ids.values.size(); ++i) {
      const unsigned value = pixels[2 * i] * 256u + pixels[2 * i + 1];
      require(value <= 255, name, ": row ", static_cast<std::ptrdiff_t>(i) / width, ", column ",
              static_cast<std::ptrdiff_t>(i) % width, ": id ", value, ", expected 0 to 255");
      ids.values[i] = static_cast<std::uint8_t>(value);
    }
    return ids;
  }
  ids.values = pixels;
  const bool binary = depth == 8 && std::all_of(pixels.begin(), pixels.end(),
                                                [](std::uint8_t v) { return v == 0 || v == 255; });
  if (binary)
    for (std::uint8_t& value : ids.values) value = value != 0;
  return ids;
}

}  // namespace detail

/// Decodes a mask PNG that lies in memory: palette, gray, gray with alpha, RGB or RGBA (alpha is
/// dropped), any bit depth. `name` stands for the file in errors.
/// @return [height, width] ids, 0 the background
/// @throws invalid_input if it is no PNG file or damaged, has more than 255 colours where colours
/// are ranked, or a 16-bit gray value above 255
[[nodiscard]] inline matrix<std::uint8_t> decode_mask_png(std::span<const std::byte> bytes,
                                                          std::string_view name,
                                                          mask_ids rule = mask_ids::stored) {
  using namespace detail;
  require(
      bytes.size() >= 8 && png_sig_cmp(reinterpret_cast<const png_byte*>(bytes.data()), 0, 8) == 0,
      name, ": not a PNG file");
  png_reader reader;
  if (reader.png == nullptr || reader.info == nullptr) throw std::bad_alloc{};
  png_source source{bytes.data(), bytes.size(), 0};
  png_header header{};
  require(png_read_header(reader, source, header), name, ": byte ", source.at,
          ": damaged PNG file: ", reader.failure.text);
  // Deflate shrinks at most 1032 times, so a small file cannot hold a large picture.
  require(header.packed_row_bytes <= (bytes.size() * 1032 + 4096) / header.height, name, ": ",
          header.height, " x ", header.width, " pixels (height x width) in a file of ",
          bytes.size(), " bytes");
  std::vector<std::uint8_t> pixels(header.row_bytes * header.height);
  std::vector<png_bytep> rows(header.height);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = pixels.data() + y * header.row_bytes;
  require(png_read_pixels(reader, rows.data()), name, ": byte ", source.at,
          ": damaged PNG file: ", reader.failure.text);

  const auto height = static_cast<std::ptrdiff_t>(header.height);
  const auto width = static_cast<std::ptrdiff_t>(header.width);
  const bool indexed = header.colour_type == PNG_COLOR_TYPE_PALETTE;
  const bool colour = !indexed && (header.colour_type & PNG_COLOR_MASK_COLOR) != 0;
  if (rule == mask_ids::stored && !colour) {
    if (!indexed) return gray_ids(height, width, pixels, header.depth, name);
    matrix<std::uint8_t> ids(height, width);
    ids.values = std::move(pixels);
    return ids;
  }
  const std::size_t step = colour ? 3 : header.depth == 16 && !indexed ? 2 : 1;
  const std::uint32_t white =
      indexed || header.depth >= 8 ? 255u : (1u << header.depth) - 1;  // of gray below 8 bits
  return rank_colours(height, width, name, [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    const std::uint8_t* pixel =
        rows[static_cast<std::size_t>(y)] + static_cast<std::size_t>(x) * step;
    if (colour) return pixel[0] * 65536u + pixel[1] * 256u + pixel[2];
    if (!indexed) return *pixel * 255u / white * 0x010101u;
    const auto& entry = header.colours[*pixel];
    return entry[0] * 65536u + entry[1] * 256u + entry[2];
  });
}

/// Reads a mask PNG file; see decode_mask_png.
/// @throws io_error if the file cannot be read, invalid_input if it is no mask
[[nodiscard]] inline matrix<std::uint8_t> read_mask_png(const std::filesystem::path& file,
                                                        mask_ids rule = mask_ids::stored) {
  return decode_mask_png(read_file(file), file.string(), rule);
}

/// The ids as an 8-bit palette PNG file with the DAVIS palette.
/// @param ids [height, width], any integer type, values 0 to 255
/// @throws invalid_input if there is no pixel or a value is outside
template <std::integral Id>
[[nodiscard]] std::vector<std::byte> encode_palette_png(plane_view<const Id> ids) {
  using namespace detail;
  require(ids.height > 0 && ids.width > 0 && ids.height <= PNG_USER_HEIGHT_MAX &&
              ids.width <= PNG_USER_WIDTH_MAX,
          "palette PNG: ", ids.height, " x ", ids.width,
          " (height x width), expected 1 to 1000000 each");
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(ids.height * ids.width));
  std::uint8_t* out = pixels.data();
  for (std::ptrdiff_t y = 0; y < ids.height; ++y)
    for (std::ptrdiff_t x = 0; x < ids.width; ++x) {
      const Id id = ids(y, x);
      if constexpr (!std::is_same_v<Id, bool> && !std::is_same_v<Id, std::uint8_t>)
        require(std::cmp_greater_equal(id, 0) && std::cmp_less_equal(id, 255), "palette PNG: row ",
                y, ", column ", x, ": id ", +id, ", a palette PNG holds ids 0 to 255");
      *out++ = static_cast<std::uint8_t>(id);
    }
  std::vector<const std::uint8_t*> rows(static_cast<std::size_t>(ids.height));
  for (std::size_t y = 0; y < rows.size(); ++y)
    rows[y] = pixels.data() + y * static_cast<std::size_t>(ids.width);
  constexpr palette colours = davis_palette();
  png_color entries[256];
  for (std::size_t i = 0; i < 256; ++i) entries[i] = {colours[i][0], colours[i][1], colours[i][2]};
  png_writer writer;
  if (writer.png == nullptr || writer.info == nullptr) throw std::bad_alloc{};
  std::vector<std::byte> bytes;
  require(png_write_indexed(writer, bytes, static_cast<png_uint_32>(ids.height),
                            static_cast<png_uint_32>(ids.width), entries, rows.data()),
          "palette PNG: ", writer.failure.text);
  return bytes;
}

template <std::integral Id>
[[nodiscard]] std::vector<std::byte> encode_palette_png(const matrix<Id>& ids) {
  return encode_palette_png(ids.view());
}

/// Writes a palette PNG file, whole or not at all; see encode_palette_png.
/// @throws invalid_input naming the file, row and column of an id that does not fit; io_error if
/// the system refuses
template <std::integral Id>
void write_palette_png(const std::filesystem::path& file, plane_view<const Id> ids) {
  std::vector<std::byte> bytes;
  try {
    bytes = encode_palette_png(ids);
  } catch (const invalid_input& error) {
    throw invalid_input{concat(file.string(), ": ", error.what())};
  }
  write_file(file, bytes);
}

template <std::integral Id>
void write_palette_png(const std::filesystem::path& file, const matrix<Id>& ids) {
  write_palette_png(file, ids.view());
}

}  // namespace s2d::inline S2D_ABI
