// Carries a picture along a flow field on the device, and asks which pixels lead back.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/warp.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  const std::int64_t height = 2, width = 8;
  std::vector<float> ramp(16), right(16, 1.5f), left(16, -1.5f), none(16, 0.0f);
  for (std::size_t i = 0; i < 16; ++i) ramp[i] = static_cast<float>(i % 8);

  const auto x = to_device(ramp), u = to_device(right), back = to_device(left), v = to_device(none);
  device_buffer<float> out{16};
  device_buffer<std::uint64_t> bits{height};
  const flow_batch forward{{u.data(), 1, height, width}, {v.data(), 1, height, width}};
  const flow_batch backward{{back.data(), 1, height, width}, {v.data(), 1, height, width}};
  warp_back_tested(batch_view<const float>{x.data(), 1, height, width}, forward, backward,
                   batch_view<float>{out.data(), 1, height, width},
                   bits_view{bits.data(), 1, height, width});
  const auto moved = to_host(out);
  const auto tested = to_host(bits);
  std::printf("%.1f %.1f, leading back: %llx\n", static_cast<double>(moved[0]),
              static_cast<double>(moved[1]), static_cast<unsigned long long>(tested[0]));
  return moved[0] == 1.5f && tested[0] == 0b00111111 ? 0 : 1;
}
