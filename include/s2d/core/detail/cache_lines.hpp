// Words that lie on whole lines of the cache, so that reading eight of them crosses none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

struct alignas(64) cache_line {
  static constexpr std::size_t size = 8;
  std::uint64_t words[size];
};

[[nodiscard]] inline std::uint64_t* words_of(std::vector<cache_line>& lines) noexcept {
  return reinterpret_cast<std::uint64_t*>(lines.data());
}
[[nodiscard]] inline const std::uint64_t* words_of(const std::vector<cache_line>& lines) noexcept {
  return reinterpret_cast<const std::uint64_t*>(lines.data());
}

}  // namespace s2d::inline S2D_ABI::detail
