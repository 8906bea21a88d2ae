// Hostile safetensors files: an exception of ours, or arrays that are the same after writing and
// reading.
#include <s2d/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scratch.hpp"

using fuzzing::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  s2d::safetensors read;
  try {
    read = s2d::decode_safetensors(std::vector<std::byte>(first, first + size), "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  std::vector<s2d::safetensors_source> arrays;
  bool named = true;
  for (const s2d::safetensors_entry& entry : read.entries) {
    arrays.push_back({entry.name, entry.type, entry.shape, read.bytes(entry)});
    named = named && !entry.name.empty();
  }
  static const auto file = fuzzing::scratch("arrays.safetensors");
  try {
    s2d::write_safetensors(file, arrays, read.metadata);
    expect(named);
  } catch (const s2d::invalid_input&) {
    expect(!named);
    return 0;
  }
  const s2d::safetensors again = s2d::read_safetensors(file);
  expect(again.metadata == read.metadata && again.entries.size() == read.entries.size());
  // Arrays without bytes may change places.
  for (const s2d::safetensors_entry& entry : read.entries) {
    const s2d::safetensors_entry* other = again.find(entry.name);
    expect(other != nullptr && other->type == entry.type && other->shape == entry.shape);
    expect(std::ranges::equal(read.bytes(entry), again.bytes(*other)));
  }
  return 0;
}
