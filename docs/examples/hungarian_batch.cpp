// Many matchings at once, each clip of a batch with its own number of objects.
#include <cstdio>
#include <span>
#include <vector>

#include <s2d/assign/hungarian_batch.hpp>

int main() {
  std::vector<s2d::matrix<float>> costs;  // queries x objects of each clip
  for (int objects = 0; objects < 4; ++objects) {
    costs.emplace_back(5, objects);
    for (std::ptrdiff_t q = 0; q < 5; ++q)
      for (std::ptrdiff_t n = 0; n < objects; ++n)
        costs.back()(q, n) = static_cast<float>((q * 3 + n * 2) % 5);
  }
  const std::vector<s2d::plane_view<const float>> views{costs.begin(), costs.end()};
  const auto found = s2d::hungarian_batch(std::span{views});
  for (const auto& match : found) std::printf("total %g\n", match ? match->total : -1);
  return found.size() == 4 && found[0]->total == 0 && found[3]->total == 0 ? 0 : 1;
}
