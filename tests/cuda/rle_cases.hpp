// What run lengths have to be, on the processor and on a device. Side: where they are made.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/rle_types.hpp>
#include <s2d/mask/rle.hpp>

#include "cuda/batches.hpp"
#include "support/catch.hpp"

namespace support {

inline std::vector<s2d::rle> expected_runs(const mask_batch& batch) {
  std::vector<s2d::rle> all;
  for (const auto& mask : batch.masks) {
    all.push_back(s2d::encode(s2d::mask_view{mask.view()}));
    CHECK(all.back().counts == brute_force::count_runs(mask));
  }
  return all;
}

/// More rows than one segment, and columns that begin as the one before ends.
template <class Check>
void for_all_encodable(unsigned seed, const Check& check) {
  for_all_batches(seed, check);
  std::mt19937 random{seed};
  for (const auto& [height, width] :
       {std::pair{255, 5}, {256, 5}, {257, 9}, {288, 3}, {513, 2}, {1000, 4}, {1080, 33}})
    for (int round = 0; round < 4; ++round) {
      CAPTURE(height, width, round);
      check(mask_batch{random, 2, height, width});
    }
}

template <class Side>
void check_encode(const mask_batch& batch) {
  const auto expected = expected_runs(batch);
  const auto rows = batch.rows();
  for (const layout& at : layouts(batch)) {
    CAPTURE(at.first, at.row, at.column);
    CHECK(Side::encode(laid_out<std::uint8_t>(rows, batch, at, 77), batch, at, 0.0f) == expected);
  }
  CHECK(Side::encode_bits(batch) == expected);
}

template <class Side, class T>
void check_encode_logits(const mask_batch& batch) {
  using s2d::cuda::from_float;
  std::vector<T> logits;
  for (const auto value : batch.rows()) logits.push_back(from_float<T>(value != 0 ? 1.5f : 1.0f));
  const std::int64_t h = batch.height, w = batch.width;
  for (const layout& at : {layout{0, h * w, w, 1}, layout{1, h * w, 1, h}})
    CHECK(Side::encode(laid_out(logits, batch, at, from_float<T>(9)), batch, at, 1.0f) ==
          expected_runs(batch));
}

/// As the runs stand, and with every run split in two around an empty one.
template <class Side>
void check_decode(const mask_batch& batch) {
  auto runs = expected_runs(batch);
  for (const bool split : {false, true}) {
    CAPTURE(split);
    if (split)
      for (s2d::rle& mask : runs) {
        std::vector<std::uint32_t> parts;
        for (const auto length : mask.counts)
          parts.insert(parts.end(), {length / 2, 0u, length - length / 2});
        mask.counts = parts;
      }
    CHECK(Side::decode_bits(runs, batch) == batch.words());
    CHECK(Side::decode_dense(runs, batch) == batch.ones());
  }
}

/// Measures of bits and of runs: areas and boxes.
struct measures {
  std::vector<std::int64_t> areas;
  std::vector<s2d::cuda::mask_box> boxes;
};
template <class Side>
void check_measures(const mask_batch& batch) {
  for (const measures& found : {Side::measure_bits(batch), Side::measure_runs(batch)}) {
    REQUIRE(found.areas.size() == batch.masks.size());
    REQUIRE(found.boxes.size() == batch.masks.size());
    for (std::size_t i = 0; i < batch.masks.size(); ++i) {
      CHECK(found.areas[i] == brute_force::area(batch.masks[i]));
      const s2d::box box = brute_force::bounding_box(batch.masks[i]);
      CHECK(found.boxes[i] == s2d::cuda::mask_box{box.x, box.y, box.width, box.height});
    }
  }
}

}  // namespace support
