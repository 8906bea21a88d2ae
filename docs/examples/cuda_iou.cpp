// The overlap of all pairs of a batch of masks on the device.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/iou.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  const std::int64_t count = 3, height = 1, width = 8;
  const std::vector<std::uint64_t> rows{0b00001111, 0b00111100, 0b11000000};  // one word a mask
  const auto bits = s2d::cuda::to_device(rows);
  const s2d::cuda::const_bits_view masks{bits.data(), count, height, width};

  s2d::cuda::device_buffer<float> table{count * count};
  s2d::cuda::iou(masks, masks, table.data());
  const auto host = s2d::cuda::to_host(table);
  for (int i = 0; i < 3; ++i)
    std::printf("%.3f %.3f %.3f\n", static_cast<double>(host[static_cast<std::size_t>(3 * i)]),
                static_cast<double>(host[static_cast<std::size_t>(3 * i + 1)]),
                static_cast<double>(host[static_cast<std::size_t>(3 * i + 2)]));
  return host[0] == 1 && host[1] == 2.0f / 6 && host[2] == 0 ? 0 : 1;
}
