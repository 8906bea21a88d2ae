// Packs a batch of logits on the device and counts the foreground on the host.
#include <algorithm>
#include <cstdio>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/pack.hpp>
#include <s2d/mask/bits.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  const std::int64_t count = 2, height = 480, width = 854;
  std::vector<float> logits(static_cast<std::size_t>(count * height * width), -3.0f);
  logits[0] = 2.5f;

  const auto on_device = s2d::cuda::to_device(logits);
  const std::int64_t words = (width + 63) / 64;
  s2d::cuda::device_buffer<std::uint64_t> bits{count * height * words};
  s2d::cuda::pack(s2d::cuda::batch_view<const float>{on_device.data(), count, height, width}, 0.0f,
                  s2d::cuda::bits_view{bits.data(), count, height, width});

  s2d::bit_mask first(height, width);  // the same layout
  const auto host = s2d::cuda::to_host(bits.data(), height * words);
  std::copy(host.begin(), host.end(), first.words().begin());
  std::printf("foreground: %td\n", s2d::area(first));
  return s2d::area(first) == 1 && first(0, 0) ? 0 : 1;
}
