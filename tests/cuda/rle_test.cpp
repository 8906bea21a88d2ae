#include <s2d/cuda/detail/rle.hpp>
#include <s2d/cuda/rle.hpp>
#include <s2d/mask/rle.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;
using support::mask_batch;
using host_batch = basic_rle_batch<host_buffer>;

detail::column_grid grid_of(const mask_batch& batch) {
  return {batch.count, batch.height, batch.width};
}

template <class Source>
host_batch encoded(const Source& source, const mask_batch& batch) {
  const host_executor host;
  host_batch out = detail::encode_on<host_buffer>(host, source, grid_of(batch));
  CHECK(host.launches == 4);
  CHECK(host.fetches == 1);
  return out;
}

// [count] the runs of each mask.
std::vector<brute_force::runs> runs_of(const host_batch& batch) {
  std::vector<brute_force::runs> all;
  for (std::size_t i = 0; i + 1 < batch.host_offsets.size(); ++i) {
    CHECK(batch.offsets.data()[i] == batch.host_offsets[i]);
    all.emplace_back(batch.lengths.data() + batch.host_offsets[i],
                     batch.lengths.data() + batch.host_offsets[i + 1]);
  }
  return all;
}

std::vector<brute_force::runs> expected_runs(const mask_batch& batch) {
  std::vector<brute_force::runs> all;
  for (const auto& mask : batch.masks) {
    all.push_back(brute_force::count_runs(mask));
    CHECK(all.back() == s2d::encode(s2d::mask_view{mask.view()}).counts);
  }
  return all;
}

detail::runs_view view_of(const host_batch& batch) {
  return {batch.lengths.data(), batch.offsets.data(), batch.lengths.size()};
}

// More rows than one segment, and columns that begin as the one before ends.
template <class Check>
void for_all_encodable(unsigned seed, const Check& check) {
  support::for_all_batches(seed, check);
  std::mt19937 random{seed};
  for (const auto& [height, width] :
       {std::pair{255, 5}, {256, 5}, {257, 9}, {288, 3}, {513, 2}, {1000, 4}, {1080, 33}})
    for (int round = 0; round < 4; ++round) {
      CAPTURE(height, width, round);
      check(mask_batch{random, 2, height, width});
    }
}

}  // namespace

TEST_CASE("bytes of rows, columns and any strides encode to the core's runs", "[cuda][rle]") {
  for_all_encodable(1, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto expected = expected_runs(batch);
    const auto rows = batch.rows(), columns = batch.columns();
    using view = batch_view<const std::uint8_t>;
    const auto dense = [](const view& v) { return detail::dense_source<std::uint8_t, 4>{v, {}}; };
    CHECK(runs_of(encoded(dense({rows.data(), n, h, w}), batch)) == expected);
    CHECK(runs_of(encoded(dense(view::column_major(columns.data(), n, h, w)), batch)) == expected);
    CHECK(runs_of(encoded(detail::column_source{view::column_major(columns.data(), n, h, w)},
                          batch)) == expected);
    std::vector<std::uint8_t> gaps(static_cast<std::size_t>(n * h * (2 * w + 4)), 77);
    for (std::int64_t i = 0; i < n * h * w; ++i)
      gaps[static_cast<std::size_t>(i / w * (2 * w + 4) + i % w * 2)] =
          rows[static_cast<std::size_t>(i)];
    CHECK(runs_of(encoded(dense({gaps.data(), n, h, w, h * (2 * w + 4), 2 * w + 4, 2}), batch)) ==
          expected);
  });
}

TEST_CASE("logits and bits encode to the core's runs", "[cuda][rle]") {
  for_all_encodable(2, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto expected = expected_runs(batch);
    std::vector<bfloat16> logits;
    for (const auto value : batch.rows())
      logits.push_back(from_float<bfloat16>(value != 0 ? 1.5f : 1.0f));
    const detail::dense_source<bfloat16, 1> source{{logits.data(), n, h, w}, {1.0f}};
    CHECK(runs_of(encoded(source, batch)) == expected);
    const auto words = batch.words();
    CHECK(runs_of(encoded(detail::bits_source{{words.data(), n, h, w}}, batch)) == expected);
  });
}

TEST_CASE("runs decode to bits and to dense masks, also runs of length 0", "[cuda][rle]") {
  for_all_encodable(3, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto rows = batch.rows();
    const detail::dense_source<std::uint8_t, 4> source{{rows.data(), n, h, w}, {}};
    host_batch runs = encoded(source, batch);
    std::vector<std::uint8_t> ones(rows);
    for (auto& value : ones) value = value != 0;
    const auto check = [&](const detail::runs_view& view) {
      host_buffer<std::uint64_t> bits{batch.word_count()};
      detail::decode_on(host_executor{}, view, bits_view{bits.data(), n, h, w});
      CHECK(std::vector<std::uint64_t>(bits.data(), bits.data() + bits.size()) == batch.words());
      host_buffer<std::uint8_t> dense{n * h * w};
      detail::decode_on(host_executor{}, view, batch_view<std::uint8_t>{dense.data(), n, h, w});
      CHECK(std::vector<std::uint8_t>(dense.data(), dense.data() + dense.size()) == ones);
    };
    check(view_of(runs));
    // Every run split in two around an empty one.
    std::vector<std::uint32_t> split;
    std::vector<std::uint64_t> offsets{0};
    for (const auto& mask : runs_of(runs)) {
      for (const auto length : mask)
        for (const std::uint32_t part : {length / 2, 0u, length - length / 2})
          split.push_back(part);
      offsets.push_back(split.size());
    }
    check({split.data(), offsets.data(), static_cast<std::int64_t>(split.size())});
  });
}

TEST_CASE("areas and boxes of bits and runs are the core's", "[cuda][rle][threads]") {
  support::for_all_batches(4, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto words = batch.words();
    const const_bits_view bits{words.data(), n, h, w};
    const host_batch runs = encoded(detail::bits_source{bits}, batch);
    for (const bool from_runs : {false, true}) {
      host_buffer<std::int64_t> areas{n};
      host_buffer<mask_box> boxes{n};
      if (from_runs)
        detail::measure_on(host_executor{}, "", view_of(runs), n, h, areas.data(), boxes.data());
      else
        detail::measure_on(host_executor{}, "", bits, areas.data(), boxes.data());
      for (std::int64_t i = 0; i < n; ++i) {
        const auto& mask = batch.masks[static_cast<std::size_t>(i)];
        CHECK(areas.data()[i] == brute_force::area(mask));
        const s2d::box box = brute_force::bounding_box(mask);
        CHECK(boxes.data()[i] == mask_box{box.x, box.y, box.width, box.height});
      }
    }
  });
}

TEST_CASE("the mask of a run is found among masks of any number of runs", "[cuda][rle]") {
  const std::vector<std::uint64_t> offsets{0, 1, 4, 5, 105};
  for (std::uint64_t r = 0; r < 105; ++r) {
    const auto mask = static_cast<std::size_t>(detail::mask_of_run(offsets.data(), 4, r));
    CHECK((offsets[mask] <= r && r < offsets[mask + 1]));
  }
}
