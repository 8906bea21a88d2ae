#include <s2d/cuda/pack.hpp>

#include <cstdint>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/pack_cases.hpp"

using namespace s2d::cuda;
using support::layout;
using support::mask_batch;

namespace {

struct pack_device {
  template <class T>
  static std::vector<std::uint64_t> pack(const std::vector<T>& memory, const mask_batch& batch,
                                         const layout& at, float threshold) {
    const auto in = to_device(memory);
    auto out = support::rubbish<std::uint64_t>(batch.word_count());
    const auto view = support::view_at(in.data(), batch, at);
    const bits_view bits{out.data(), batch.count, batch.height, batch.width};
    if constexpr (sizeof(T) == 1)
      s2d::cuda::pack(view, bits);
    else
      s2d::cuda::pack(view, threshold, bits);
    return to_host(out);
  }
  static std::vector<std::uint8_t> unpack(const mask_batch& batch, const layout& at,
                                          const std::vector<std::uint8_t>& memory) {
    const auto bits = to_device(batch.words());
    auto out = to_device(memory);
    s2d::cuda::unpack(const_bits_view{bits.data(), batch.count, batch.height, batch.width},
                      support::view_at(out.data(), batch, at));
    return to_host(out);
  }
};

}  // namespace

TEST_CASE("the device packs bytes from any address and strides as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::check_pack_bytes<pack_device>();
}

TEMPLATE_TEST_CASE("the device packs logits of any format", "[device][small]", float, float16,
                   bfloat16) {
  if (!support::has_device()) return;
  support::check_pack_logits<pack_device, TestType>();
}

TEST_CASE("the device unpacks to any strides, and nothing else is written", "[device][small]") {
  if (!support::has_device()) return;
  support::check_unpack<pack_device>();
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
