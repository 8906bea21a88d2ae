// Which prediction belongs to which object? The matching of least total cost.
#include <cstdio>

#include <s2d/assign/hungarian.hpp>

int main() {
  s2d::matrix<float> cost(3, 2);  // 3 predictions, 2 objects
  cost.values = {0.9f, 0.1f, 0.2f, 0.8f, 0.3f, 0.4f};
  const auto match = s2d::hungarian(cost);
  if (!match) return 1;  // forbidden pairs (+inf) may leave no complete matching
  for (std::size_t i = 0; i < 3; ++i)
    std::printf("prediction %zu: object %td\n", i, match->column_of[i]);
  return match->column_of[0] == 1 && match->column_of[1] == 0 ? 0 : 1;
}
