// Flow fields that break warps: small, large, halves, infinite, not a number.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <s2d/flow/field.hpp>

namespace support {

inline s2d::flow_field random_flow(std::mt19937& random, std::int64_t height, std::int64_t width) {
  s2d::flow_field flow(height, width);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (auto* plane : {&flow.u, &flow.v})
    for (float& value : plane->values) {
      const auto kind = random() % 40;
      const float small_step = static_cast<float>(static_cast<int>(random() % 4001) - 2000) / 250;
      value = kind == 0   ? std::numeric_limits<float>::quiet_NaN()
              : kind == 1 ? infinity
              : kind == 2 ? -infinity
              : kind == 3 ? small_step * 1e6f
              : kind < 12 ? static_cast<float>(static_cast<int>(random() % 9) - 4) / 2
                          : small_step;
    }
  return flow;
}

/// The planes of all fields, one after the other.
inline std::vector<float> u_of(const std::vector<s2d::flow_field>& flows) {
  std::vector<float> all;
  for (const auto& flow : flows) all.insert(all.end(), flow.u.values.begin(), flow.u.values.end());
  return all;
}
inline std::vector<float> v_of(const std::vector<s2d::flow_field>& flows) {
  std::vector<float> all;
  for (const auto& flow : flows) all.insert(all.end(), flow.v.values.begin(), flow.v.values.end());
  return all;
}

}  // namespace support
