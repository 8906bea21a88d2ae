// Safetensors files: named arrays of numbers behind a JSON header; reading executes nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/detail/json_reader.hpp>
#include <s2d/io/detail/json_writer.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// Element types of safetensors files.
enum class safetensors_type { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64 };

namespace detail {

struct safetensors_type_name {
  std::string_view code;
  std::size_t size;
};

inline constexpr safetensors_type_name safetensors_types[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"U16", 2},  {"I16", 2}, {"U32", 4}, {"I32", 4},
    {"U64", 8},  {"I64", 8}, {"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}};

}  // namespace detail

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(safetensors_type type) {
  return detail::safetensors_types[static_cast<int>(type)].size;
}

/// One array as the header describes it.
struct safetensors_entry {
  std::string name;
  safetensors_type type = safetensors_type::f32;
  std::vector<std::ptrdiff_t> shape;  ///< extents; empty for a single number
  std::size_t begin = 0;              ///< first byte in safetensors::data
  std::size_t size = 0;               ///< bytes
};

/// A whole file: arrays in the order of their bytes, and texts that go with them.
struct safetensors {
  std::vector<safetensors_entry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::byte> data;  ///< the file, header included; elements are little-endian

  /// The array of this name; null if there is none.
  [[nodiscard]] const safetensors_entry* find(std::string_view name) const noexcept {
    for (const safetensors_entry& entry : entries)
      if (entry.name == name) return &entry;
    return nullptr;
  }
  /// The elements of `entry`, in C order; not aligned to more than a byte.
  [[nodiscard]] std::span<const std::byte> bytes(const safetensors_entry& entry) const noexcept {
    return std::span{data}.subspan(entry.begin, entry.size);
  }
};

/// An array that is to be written.
struct safetensors_source {
  std::string name;
  safetensors_type type = safetensors_type::f32;
  std::vector<std::ptrdiff_t> shape;
  std::span<const std::byte> bytes;  ///< elements in C order, little-endian
};

namespace detail {

/// Reads {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}; `content` is what follows the
/// header.
inline safetensors_entry safetensors_entry_of(ondemand::value value, const json_place& at,
                                              std::string_view name, std::size_t content) {
  safetensors_entry entry;
  entry.name = name;
  bool seen[3] = {};
  std::size_t offsets[2] = {};
  json_members(value, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    if (key == "dtype") {
      seen[0] = true;
      const std::string code = json_string(member, in);
      std::size_t i = 0;
      while (i < std::size(safetensors_types) && safetensors_types[i].code != code) ++i;
      if (i == std::size(safetensors_types))
        in.fail("element type ", code, ", expected BOOL, U8 to I64, F16, BF16, F32 or F64");
      entry.type = static_cast<safetensors_type>(i);
    } else if (key == "shape") {
      seen[1] = true;
      json_elements(member, in, [&](std::ptrdiff_t i, ondemand::value extent, const json_place& j) {
        const std::int64_t number = json_integer(extent, j);
        if (number < 0) j.fail("extent ", number, ", expected a non-negative one");
        if (i >= 32) j.fail("more than 32 dimensions");
        entry.shape.push_back(number);
      });
    } else if (key == "data_offsets") {
      seen[2] = true;
      std::ptrdiff_t count = 0;
      json_elements(member, in, [&](std::ptrdiff_t i, ondemand::value offset, const json_place& j) {
        const std::int64_t number = json_integer(offset, j);
        if (number < 0 || static_cast<std::uint64_t>(number) > content)
          j.fail("offset ", number, ", the file holds ", content, " bytes of data");
        if (i < 2) offsets[i] = static_cast<std::size_t>(number);
        count = i + 1;
      });
      if (count != 2) in.fail(count, " numbers, expected begin and end");
    }
  });
  if (!seen[0] || !seen[1] || !seen[2]) at.fail("expected dtype, shape and data_offsets");
  if (offsets[0] > offsets[1]) at.fail("begins at ", offsets[0], ", ends at ", offsets[1]);
  entry.begin = offsets[0];
  entry.size = offsets[1] - offsets[0];
  bool none = false;
  for (const std::ptrdiff_t extent : entry.shape) none = none || extent == 0;
  std::size_t count = none ? 0 : 1;
  for (const std::ptrdiff_t extent : entry.shape) {
    if (none) break;
    if (static_cast<std::size_t>(extent) > entry.size / size_of(entry.type) / count)
      at.fail(entry.size, " bytes do not hold the shape that the header says");
    count *= static_cast<std::size_t>(extent);
  }
  if (entry.size != count * size_of(entry.type))
    at.fail(entry.size, " bytes, expected ", count * size_of(entry.type), " = ", count, " x ",
            size_of(entry.type));
  return entry;
}

}  // namespace detail

/// Decodes a safetensors file that lies in memory. `name` stands for the file in errors. Every
/// offset, shape and length is checked; arrays must fill the data without gaps or overlaps.
/// @throws invalid_input if anything is damaged, naming the array
[[nodiscard]] inline safetensors decode_safetensors(std::vector<std::byte> bytes,
                                                    std::string_view name) {
  require(bytes.size() >= 8, name, ": truncated, ", bytes.size(),
          " bytes are less than the length of a safetensors header (8)");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  require(length <= bytes.size() - 8, name,
          ": byte 0: not a safetensors file or truncated, header of ", length, " bytes, ",
          bytes.size() - 8, " follow");
  const std::size_t header = static_cast<std::size_t>(length);
  const std::size_t content = bytes.size() - 8 - header;
  require(header >= 2 && bytes[8] == std::byte{'{'}, name,
          ": byte 8: not a safetensors file, the header does not begin with '{'");
  safetensors file;
  {
    detail::json_document json{std::string(reinterpret_cast<const char*>(bytes.data()) + 8, header),
                               concat(name, ": header")};
    const auto root = json.root();
    detail::json_members(
        detail::json_take(json.document().get_object(), root, "an object"), root,
        [&](std::string_view key, detail::ondemand::value value, const detail::json_place& at) {
          if (key == "__metadata__")
            detail::json_members(
                value, at,
                [&](std::string_view k, detail::ondemand::value v, const detail::json_place& in) {
                  std::string text_name{k};
                  file.metadata.emplace_back(std::move(text_name), detail::json_string(v, in));
                });
          else
            file.entries.push_back(
                detail::safetensors_entry_of(value, at, std::string{key}, content));
        });
    json.require_end();
  }
  std::stable_sort(file.entries.begin(), file.entries.end(), [](const auto& a, const auto& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.size < b.size;
  });
  std::size_t at = 0;
  for (safetensors_entry& entry : file.entries) {
    require(entry.begin == at, name, ": ", entry.name, " begins at byte ", entry.begin,
            " of the data, expected ", at, ": arrays lie without gaps or overlaps");
    at += entry.size;
    entry.begin += 8 + header;
  }
  require(at == content, name, ": ", content, " bytes of data, the header describes ", at);
  std::vector<std::string_view> names;
  for (const safetensors_entry& entry : file.entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw invalid_input{concat(name, ": ", *twice, " is there twice")};
  file.data = std::move(bytes);
  return file;
}

/// Reads a safetensors file; see decode_safetensors.
/// @throws io_error if the file cannot be read, invalid_input if it is damaged
[[nodiscard]] inline safetensors read_safetensors(const std::filesystem::path& file) {
  return decode_safetensors(read_file(file), file.string());
}

/// Writes arrays, in the order given, and texts; whole or not at all. Data begin at a multiple
/// of 8.
/// @throws invalid_input if bytes do not fit a shape or a name is empty or given twice, io_error if
/// the system refuses
inline void write_safetensors(const std::filesystem::path& path,
                              std::span<const safetensors_source> arrays,
                              std::span<const std::pair<std::string, std::string>> metadata = {}) {
  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, text] : metadata) {
      if (header.back() != '{') header += ',';
      detail::append_json_string(header, key);
      header += ':';
      detail::append_json_string(header, text);
    }
    header += '}';
  }
  std::vector<std::string_view> names;
  std::size_t at = 0;
  for (const safetensors_source& array : arrays) {
    require(!array.name.empty() && array.name != "__metadata__", "write_safetensors: array name '",
            array.name, "'");
    names.push_back(array.name);
    std::size_t count = 1;
    if (header.size() > 1) header += ',';
    detail::append_json_string(header, array.name);
    header += concat(":{\"dtype\":\"", detail::safetensors_types[static_cast<int>(array.type)].code,
                     "\",\"shape\":[");
    for (std::size_t i = 0; i < array.shape.size(); ++i) {
      require(array.shape[i] >= 0, "write_safetensors: ", array.name, ": extent ", array.shape[i],
              ", expected non-negative");
      count *= static_cast<std::size_t>(array.shape[i]);
      header += concat(i == 0 ? "" : ",", array.shape[i]);
    }
    require(array.bytes.size() == count * size_of(array.type), "write_safetensors: ", array.name,
            ": ", array.bytes.size(), " bytes, expected ", count * size_of(array.type));
    header += concat("],\"data_offsets\":[", at, ',', at + array.bytes.size(), "]}");
    at += array.bytes.size();
  }
  header += '}';
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw invalid_input{concat("write_safetensors: ", *twice, " is given twice")};
  header.append((8 - header.size() % 8) % 8, ' ');
  const std::uint64_t length = header.size();
  atomic_file out{path};
  out.write(std::as_bytes(std::span{&length, 1}));
  out.write(header);
  for (const safetensors_source& array : arrays) out.write(array.bytes);
  out.commit();
}

}  // namespace s2d::inline S2D_ABI
