// When a group of masks is seen together: majority, runs of frames, winners and candidates.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/cluster/hamming.hpp>
#include <s2d/core/share.hpp>

namespace s2d::inline S2D_ABI {

/// Frames first .. last, both included.
struct frame_range {
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return last - first + 1; }
  [[nodiscard]] constexpr bool contains(std::size_t frame) const noexcept {
    return first <= frame && frame <= last;
  }
  friend bool operator==(const frame_range&, const frame_range&) = default;
};

/// Where more than half of the chosen rows are set, strictly.
///
/// @param rows     [M, T]
/// @param members  rows of the table, each < M; each counts once for every time it is named
/// @return [T] 1 or 0
/// @throws invalid_input if a member is not a row
[[nodiscard]] inline std::vector<std::uint8_t> majority(const bit_matrix& rows,
                                                        std::span<const std::size_t> members) {
  std::vector<std::uint32_t> votes(static_cast<std::size_t>(rows.width));
  for (const std::size_t member : members) {
    require(member < static_cast<std::size_t>(rows.height), "majority: row ", member, " of ",
            rows.height);
    const std::uint64_t* const row = rows.row(static_cast<std::ptrdiff_t>(member));
    for (std::size_t t = 0; t < votes.size(); ++t)
      votes[t] += static_cast<std::uint32_t>((row[t / 64] >> (t % 64)) & 1);
  }
  std::vector<std::uint8_t> most(votes.size());
  for (std::size_t t = 0; t < votes.size(); ++t)
    most[t] = 2 * std::size_t{votes[t]} > members.size() ? 1 : 0;
  return most;
}

/// The longest runs of non-zero values, ascending.
[[nodiscard]] inline std::vector<frame_range> runs(std::span<const std::uint8_t> values) {
  std::vector<frame_range> found;
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (values[t] == 0) continue;
    if (t > 0 && values[t - 1] != 0)
      found.back().last = t;
    else
      found.push_back({t, t});
  }
  return found;
}

/// Number of set bits of one row in the columns of `range`.
/// Precondition: range.last < the number of columns.
[[nodiscard]] inline std::size_t count_bits(std::span<const std::uint64_t> row,
                                            frame_range range) noexcept {
  std::size_t count = 0;
  for (std::size_t w = range.first / 64; w <= range.last / 64; ++w) {
    std::uint64_t bits = row[w];
    if (w == range.first / 64) bits &= ~std::uint64_t{0} << (range.first % 64);
    if (w == range.last / 64) bits &= ~std::uint64_t{0} >> (63 - range.last % 64);
    count += static_cast<std::size_t>(std::popcount(bits));
  }
  return count;
}

/// The members that are set in more than `threshold` of the range, strictly; order kept.
///
/// @param rows     [M, T]
/// @param members  rows of the table, each < M
/// @throws invalid_input if a member is not a row or the range is not within the columns
[[nodiscard]] inline std::vector<std::size_t> winners(const bit_matrix& rows,
                                                      std::span<const std::size_t> members,
                                                      frame_range range, double threshold = 0.3) {
  require(range.first <= range.last && range.last < static_cast<std::size_t>(rows.width),
          "winners: frames ", range.first, " to ", range.last, " of ", rows.width);
  std::vector<std::size_t> found;
  for (const std::size_t member : members) {
    require(member < static_cast<std::size_t>(rows.height), "winners: row ", member, " of ",
            rows.height);
    const std::span row{rows.row(static_cast<std::ptrdiff_t>(member)),
                        static_cast<std::size_t>(rows.words_per_row())};
    if (exceeds(count_bits(row, range), range.size(), threshold)) found.push_back(member);
  }
  return found;
}

}  // namespace s2d::inline S2D_ABI
