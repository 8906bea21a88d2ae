// Reads the tensors of a .safetensors file, as far as reference values need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

struct tensor {
  std::string type;  ///< F32, F64, I64, U8
  std::vector<std::ptrdiff_t> shape;
  std::vector<char> bytes;

  [[nodiscard]] std::size_t size() const {
    std::size_t count = 1;
    for (const std::ptrdiff_t extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
  }
  /// All elements as T, converted.
  template <class T>
  [[nodiscard]] std::vector<T> as() const {
    if (type == "F32") return converted<T, float>();
    if (type == "F64") return converted<T, double>();
    if (type == "I64") return converted<T, std::int64_t>();
    if (type == "U8") return converted<T, std::uint8_t>();
    throw std::runtime_error{"tensor of type " + type};
  }

 private:
  template <class T, class Stored>
  [[nodiscard]] std::vector<T> converted() const {
    std::vector<T> values(size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      Stored value;
      std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
      values[i] = static_cast<T>(value);
    }
    return values;
  }
};

/// All tensors of a file by name. Trusts the file.
inline std::map<std::string, tensor> read_safetensors(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) throw std::runtime_error{"cannot open " + file.string()};
  const std::string all{std::istreambuf_iterator<char>{stream}, {}};
  std::uint64_t length = 0;
  std::memcpy(&length, all.data(), sizeof length);
  const std::string header = all.substr(sizeof length, length);
  const char* const data = all.data() + sizeof length + length;
  std::size_t at = 0;
  const auto text = [&] {  // the string that begins at or after `at`
    at = header.find('"', at);
    std::string result;
    for (++at; header.at(at) != '"'; ++at) {
      if (header[at] == '\\') ++at;
      result += header.at(at);
    }
    ++at;
    return result;
  };
  const auto numbers = [&] {
    std::vector<std::ptrdiff_t> result;
    at = header.find('[', at) + 1;
    while (header.at(at) != ']') {
      std::size_t used = 0;
      result.push_back(std::stoll(header.substr(at, 24), &used));
      at += used;
      while (header.at(at) == ',' || header.at(at) == ' ') ++at;
    }
    ++at;
    return result;
  };
  std::map<std::string, tensor> tensors;
  for (++at; header.find('"', at) != std::string::npos;) {
    const std::string name = text();
    if (name == "__metadata__") {
      at = header.find('{', at) + 1;
      while (header.at(at) != '}') {
        if (header[at] == '"')
          text();
        else
          ++at;
      }
      ++at;
      continue;
    }
    tensor read;
    std::vector<std::ptrdiff_t> range;
    for (int member = 0; member < 3; ++member) {
      const std::string key = text();
      if (key == "dtype") read.type = text();
      if (key == "shape") read.shape = numbers();
      if (key == "data_offsets") range = numbers();
    }
    read.bytes.assign(data + range.at(0), data + range.at(1));
    tensors.emplace(name, std::move(read));
  }
  return tensors;
}

}  // namespace support
