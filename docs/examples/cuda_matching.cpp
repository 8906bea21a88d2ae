// Two small assignments at once on the device.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/hungarian.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  const std::int64_t problems = 2, n = 2, m = 3;
  const auto cost = to_device(std::vector<float>{4, 1, 3, 2, 0, 5, 1, 9, 9, 1, 2, 9});
  device_buffer<std::int32_t> column_of{problems * n}, status{problems};
  hungarian(cost.data(), problems, n, m, column_of.data(), status.data());
  const auto columns = to_host(column_of);
  std::printf("%d %d, %d %d\n", columns[0], columns[1], columns[2], columns[3]);
  return columns == std::vector<std::int32_t>{1, 0, 0, 1} ? 0 : 1;
}
