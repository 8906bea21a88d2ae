#include <s2d/cuda/pack.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::mask_batch;

TEST_CASE("the device packs bytes, rows and columns, as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(1, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto rows = to_device(batch.rows()), columns = to_device(batch.columns());
    auto out = support::rubbish<std::uint64_t>(batch.word_count());
    pack(batch_view<const std::uint8_t>{rows.data(), n, h, w}, bits_view{out.data(), n, h, w});
    CHECK(to_host(out) == batch.words());
    out = support::rubbish<std::uint64_t>(batch.word_count());
    pack(batch_view<const std::uint8_t>::column_major(columns.data(), n, h, w),
         bits_view{out.data(), n, h, w});
    CHECK(to_host(out) == batch.words());
  });
}

TEST_CASE("the device packs from misaligned rows and gaps", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(2, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto rows = batch.rows();
    for (const std::size_t offset : {1, 4, 6}) {
      std::vector<std::uint8_t> moved(offset, 9);
      moved.insert(moved.end(), rows.begin(), rows.end());
      const auto memory = to_device(moved);
      const auto out = support::rubbish<std::uint64_t>(batch.word_count());
      pack(batch_view<const std::uint8_t>{memory.data() + offset, n, h, w},
           bits_view{const_cast<std::uint64_t*>(out.data()), n, h, w});
      CHECK(to_host(out) == batch.words());
    }
  });
}

TEMPLATE_TEST_CASE("the device packs logits of any format", "[device][small]", float, float16,
                   bfloat16) {
  if (!support::has_device()) return;
  support::for_all_batches(3, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    std::vector<TestType> logits;
    for (const std::uint8_t value : batch.rows())
      logits.push_back(from_float<TestType>(value != 0 ? -1.5f : -2.0f));
    const auto memory = to_device(logits);
    auto out = support::rubbish<std::uint64_t>(batch.word_count());
    pack(batch_view<const TestType>{memory.data(), n, h, w}, -2.0f, bits_view{out.data(), n, h, w});
    CHECK(to_host(out) == batch.words());
  });
}

TEST_CASE("the device unpacks to rows and columns", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(4, [](const mask_batch& batch) {
    const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
    const auto bits = to_device(batch.words());
    const const_bits_view in{bits.data(), n, h, w};
    auto rows = batch.rows(), columns = batch.columns();
    for (auto& value : rows) value = value != 0;
    for (auto& value : columns) value = value != 0;
    auto out = support::rubbish<std::uint8_t>(n * h * w);
    unpack(in, batch_view<std::uint8_t>{out.data(), n, h, w});
    CHECK(to_host(out) == rows);
    unpack(in, batch_view<std::uint8_t>::column_major(out.data(), n, h, w));
    CHECK(to_host(out) == columns);
  });
}

TEST_CASE("more than 2^31 pixels are packed and unpacked", "[device][huge]") {
  if (!support::has_device()) return;
  const std::int64_t n = 1100, h = 1080, w = 1920, size = n * h * w;
  REQUIRE(size > INT32_MAX);
  device_buffer<std::uint8_t> dense, again;
  device_buffer<std::uint64_t> bits;
  try {
    dense = device_buffer<std::uint8_t>{size};
    again = device_buffer<std::uint8_t>{size};
    bits = device_buffer<std::uint64_t>{n * h * (w / 64)};
  } catch (const cuda_error& error) {
    std::cout << "SKIPPED: " << error.what() << '\n';
    return;
  }
  detail::fill_bytes(dense.data(), 0, dense.bytes(), {});
  const std::vector<std::uint8_t> one{1};
  for (const std::int64_t at : {std::int64_t{0}, size / 2, size - 1})
    detail::copy_bytes(dense.data() + at, one.data(), 1, detail::copy_kind::to_device, {});
  pack(batch_view<const std::uint8_t>{dense.data(), n, h, w}, bits_view{bits.data(), n, h, w});
  unpack(const_bits_view{bits.data(), n, h, w}, batch_view<std::uint8_t>{again.data(), n, h, w});
  CHECK((to_host(dense) == to_host(again)));  // not two billion bytes in a message
  CHECK(to_host(bits.data() + bits.size() - 1, 1)[0] == std::uint64_t{1} << 63);
}

TEST_CASE("host memory is refused where checks are compiled in", "[device]") {
  if (!support::has_device()) return;
#if !defined(NDEBUG)
  std::uint8_t byte = 1;
  std::uint64_t word = 0;
  CHECK_THROWS_AS(pack(batch_view<const std::uint8_t>{&byte, 1, 1, 1}, bits_view{&word, 1, 1, 1}),
                  s2d::invalid_input);
#endif
}
