// Encodes a batch of dense masks on the device and reads the runs on the host.
#include <cstdio>
#include <string>
#include <vector>

#include <s2d/cuda/rle.hpp>
#include <s2d/mask/rle.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  const std::int64_t count = 3, height = 4, width = 5;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * height * width));
  pixels[1 * 20 + 2 * 5 + 3] = 1;  // one pixel of the second mask: row 2, column 3

  const auto dense = s2d::cuda::to_device(pixels);
  const s2d::cuda::rle_batch runs = s2d::cuda::encode(
      s2d::cuda::batch_view<const std::uint8_t>{dense.data(), count, height, width});
  for (const s2d::rle& mask : s2d::cuda::to_host(runs))
    std::printf("%s\n", s2d::to_string(mask).c_str());
  return s2d::cuda::to_host(runs)[1].counts == std::vector<std::uint32_t>{14, 1, 5} ? 0 : 1;
}
