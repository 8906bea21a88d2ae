// The tensors of a .safetensors file by name, as numbers of any type.
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <s2d/io/safetensors.hpp>

namespace support {

struct tensor {
  s2d::safetensors_type type = s2d::safetensors_type::f32;
  std::vector<std::ptrdiff_t> shape;
  std::vector<std::byte> bytes;

  /// All elements as T, converted.
  template <class T>
  [[nodiscard]] std::vector<T> as() const {
    using enum s2d::safetensors_type;
    if (type == f32) return converted<T, float>();
    if (type == f64) return converted<T, double>();
    if (type == i64) return converted<T, std::int64_t>();
    if (type == u8) return converted<T, std::uint8_t>();
    throw std::runtime_error{"a tensor of another type"};
  }

 private:
  template <class T, class Stored>
  [[nodiscard]] std::vector<T> converted() const {
    std::vector<T> values(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < values.size(); ++i) {
      Stored value;
      std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
      values[i] = static_cast<T>(value);
    }
    return values;
  }
};

inline std::map<std::string, tensor> read_tensors(const std::filesystem::path& file) {
  const s2d::safetensors all = s2d::read_safetensors(file);
  std::map<std::string, tensor> tensors;
  for (const s2d::safetensors_entry& entry : all.entries) {
    const std::span<const std::byte> bytes = all.bytes(entry);
    tensors[entry.name] = {entry.type, entry.shape, {bytes.begin(), bytes.end()}};
  }
  return tensors;
}

}  // namespace support
