// An island on a slope: the barrier distance keeps the island and drops the slope.
#include <s2d/segment/barrier_distance.hpp>

int main() {
  s2d::matrix<float> height(40, 60);
  for (std::ptrdiff_t y = 0; y < 40; ++y)
    for (std::ptrdiff_t x = 0; x < 60; ++x) height(y, x) = 0.2F * static_cast<float>(x);
  for (std::ptrdiff_t y = 15; y < 25; ++y)
    for (std::ptrdiff_t x = 20; x < 30; ++x) height(y, x) += 5;

  const s2d::matrix<float> distance = s2d::barrier_distance(height);

  const bool island = distance(20, 25) > 4;
  const bool slope = distance(20, 50) < 0.5F;  // although it is higher than the island
  return island && slope ? 0 : 1;
}
