#include <s2d/cuda/detail/rle.hpp>
#include <s2d/cuda/rle.hpp>

#include <cstdint>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "cuda/rle_cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;
using support::layout;
using support::mask_batch;
using host_batch = basic_rle_batch<host_buffer>;

const_bits_view view_of(const std::vector<std::uint64_t>& words, const mask_batch& batch) {
  return {words.data(), batch.count, batch.height, batch.width};
}

// The runs of all masks one after the other.
struct joined_runs {
  std::vector<std::uint32_t> lengths;
  std::vector<std::uint64_t> offsets{0};
  explicit joined_runs(const std::vector<s2d::rle>& masks) {
    for (const auto& mask : masks) {
      lengths.insert(lengths.end(), mask.counts.begin(), mask.counts.end());
      offsets.push_back(lengths.size());
    }
  }
  [[nodiscard]] detail::runs_view view() const {
    return {lengths.data(), offsets.data(), static_cast<std::int64_t>(lengths.size())};
  }
};

struct rle_twin {
  template <class T>
  static auto encode(const std::vector<T>& memory, const mask_batch& batch, const layout& at,
                     float threshold) {
    const host_executor host;
    return masks_of(
        host, detail::encode_dense_on<host_buffer>(host, support::view_at(memory.data(), batch, at),
                                                   detail::foreground_test<T>{threshold}));
  }
  static auto encode_bits(const mask_batch& batch) {
    const host_executor host;
    const auto words = batch.words();
    return masks_of(host, detail::encode_on<host_buffer>(
                              host, detail::bits_source{view_of(words, batch)},
                              detail::column_grid{batch.count, batch.height, batch.width}));
  }
  static std::vector<s2d::rle> masks_of(const host_executor& host, const host_batch& batch) {
    CHECK(host.launches == 4);
    CHECK(host.fetches == 1);
    std::vector<s2d::rle> all;
    for (std::size_t i = 0; i + 1 < batch.host_offsets.size(); ++i) {
      CHECK(batch.offsets.data()[i] == batch.host_offsets[i]);
      all.push_back({batch.height,
                     batch.width,
                     {batch.lengths.data() + batch.host_offsets[i],
                      batch.lengths.data() + batch.host_offsets[i + 1]}});
    }
    return all;
  }
  static auto decode_bits(const std::vector<s2d::rle>& masks, const mask_batch& batch) {
    host_buffer<std::uint64_t> out{batch.word_count()};
    detail::decode_on(host_executor{}, joined_runs{masks}.view(),
                      bits_view{out.data(), batch.count, batch.height, batch.width});
    return std::vector<std::uint64_t>(out.data(), out.data() + out.size());
  }
  static auto decode_dense(const std::vector<s2d::rle>& masks, const mask_batch& batch) {
    host_buffer<std::uint8_t> out{batch.count * batch.height * batch.width};
    detail::decode_on(host_executor{}, joined_runs{masks}.view(),
                      batch_view<std::uint8_t>{out.data(), batch.count, batch.height, batch.width});
    return std::vector<std::uint8_t>(out.data(), out.data() + out.size());
  }
  static support::measures measure_bits(const mask_batch& batch) {
    support::measures found = room_for(batch);
    const auto words = batch.words();
    detail::measure_on(host_executor{}, "", view_of(words, batch), found.areas.data(),
                       found.boxes.data());
    return found;
  }
  static support::measures measure_runs(const mask_batch& batch) {
    support::measures found = room_for(batch);
    detail::measure_on(host_executor{}, "", joined_runs{support::expected_runs(batch)}.view(),
                       batch.count, batch.height, found.areas.data(), found.boxes.data());
    return found;
  }
  static support::measures room_for(const mask_batch& batch) {
    const auto n = static_cast<std::size_t>(batch.count);
    return {std::vector<std::int64_t>(n, -7), std::vector<mask_box>(n, mask_box{7, 7, 7, 7})};
  }
};

}  // namespace

TEST_CASE("bytes of any strides, and bits, encode to the core's runs", "[cuda][rle]") {
  support::for_all_encodable(1, support::check_encode<rle_twin>);
}

TEMPLATE_TEST_CASE("logits of any format encode to the core's runs", "[cuda][rle]", float, float16,
                   bfloat16) {
  support::for_all_encodable(2, support::check_encode_logits<rle_twin, TestType>);
}

TEST_CASE("runs decode to bits and to dense masks, also runs of length 0", "[cuda][rle]") {
  support::for_all_encodable(3, support::check_decode<rle_twin>);
}

TEST_CASE("areas and boxes of bits and runs are the core's", "[cuda][rle][threads]") {
  support::for_all_batches(4, support::check_measures<rle_twin>);
}

TEST_CASE("the mask of a run is found among masks of any number of runs", "[cuda][rle]") {
  const std::vector<std::uint64_t> offsets{0, 1, 4, 5, 105};
  for (std::uint64_t r = 0; r < 105; ++r) {
    const auto mask = static_cast<std::size_t>(detail::mask_of_run(offsets.data(), 4, r));
    CHECK((offsets[mask] <= r && r < offsets[mask + 1]));
  }
}
