// Named arrays written and read.
#include <s2d/io/safetensors.hpp>

#include <filesystem>
#include <span>
#include <vector>

int main() {
  const std::vector<float> weight{1, 2, 3, 4, 5, 6};
  const std::vector<s2d::safetensors_source> arrays{
      {"head.weight", s2d::safetensors_type::f32, {2, 3}, std::as_bytes(std::span{weight})}};
  const auto path = std::filesystem::temp_directory_path() / "s2d_example.safetensors";
  s2d::write_safetensors(path, arrays);
  const s2d::safetensors file = s2d::read_safetensors(path);
  std::filesystem::remove(path);
  const auto* entry = file.find("head.weight");
  return entry != nullptr && file.bytes(*entry).size() == 24 ? 0 : 1;
}
