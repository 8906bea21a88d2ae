// Hostile .npy files: an exception of ours, or numbers that are the same after writing and reading.
#include <s2d/io/npy.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "expect.hpp"

namespace {

template <class T>
void check_values(const s2d::npy_array& array) {
  std::vector<T> values;
  try {
    values = s2d::npy_values<T>(array);
  } catch (const s2d::invalid_input&) {
    return;
  }
  const auto written =
      s2d::encode_npy(std::span<const T>{values}, std::span<const std::ptrdiff_t>{array.shape});
  const s2d::npy_array again = s2d::decode_npy(written, "again");
  fuzzing::expect(again.shape == array.shape);
  // NaN is no number's equal, so bytes are compared.
  const auto bytes = std::as_bytes(std::span{values});
  fuzzing::expect(again.bytes == std::vector<std::byte>(bytes.begin(), bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  s2d::npy_array array;
  try {
    array = s2d::decode_npy(bytes, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  check_values<float>(array);
  check_values<double>(array);
  check_values<std::uint8_t>(array);
  check_values<std::int64_t>(array);
  return 0;
}
