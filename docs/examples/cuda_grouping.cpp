// Rows of visibility bits that differ in few frames form groups on the device.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/dbscan.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  // Six points in ten frames: visible at first, or later, or now and then.
  const std::vector<std::uint64_t> rows{0b0000011111, 0b0000011111, 0b0000001111,
                                        0b1111100000, 0b1111100000, 0b0101010101};
  const auto bits = to_device(rows);
  device_buffer<std::int32_t> labels{6}, count{1};
  dbscan(bits.data(), 6, 10, 0.1, labels.data(), count.data(), 2);
  const auto groups = to_host(labels);
  for (const int group : groups) std::printf("%d ", group);
  std::printf("\n");
  return groups == std::vector<std::int32_t>{0, 0, 0, 1, 1, -1} ? 0 : 1;
}
