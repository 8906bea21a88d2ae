// What packing has to give, on the processor and on a device. Side: where it is done.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <s2d/cuda/float16.hpp>

#include "cuda/batches.hpp"
#include "support/catch.hpp"

namespace support {

template <class Side>
void check_pack_bytes() {
  for_all_batches(1, [](const mask_batch& batch) {
    const auto rows = batch.rows();
    for (const layout& at : layouts(batch)) {
      CAPTURE(at.first, at.row, at.column);
      const auto memory = laid_out<std::uint8_t>(rows, batch, at, 77);
      CHECK(Side::pack(memory, batch, at, 0.0f) == batch.words());
    }
  });
}

template <class Side, class T>
void check_pack_logits() {
  using s2d::cuda::from_float;
  for_all_batches(3, [](const mask_batch& batch) {
    for (const float threshold : {0.0f, -2.5f}) {
      std::vector<T> logits;
      for (const std::uint8_t value : batch.rows()) {
        const float below = logits.size() % 3 == 0   ? threshold
                            : logits.size() % 3 == 1 ? std::numeric_limits<float>::quiet_NaN()
                                                     : -1e4f;
        logits.push_back(from_float<T>(value != 0 ? threshold + 0.25f : below));
      }
      for (const layout& at : layouts(batch)) {
        CAPTURE(at.first, at.row, at.column);
        const auto memory = laid_out(logits, batch, at, from_float<T>(9));
        CHECK(Side::pack(memory, batch, at, threshold) == batch.words());
      }
    }
  });
}

/// Nothing but the elements of the view is written.
template <class Side>
void check_unpack() {
  for_all_batches(4, [](const mask_batch& batch) {
    for (const layout& at : layouts(batch)) {
      CAPTURE(at.first, at.row, at.column);
      const auto expected = laid_out<std::uint8_t>(batch.ones(), batch, at, 77);
      CHECK(Side::unpack(batch, at, std::vector<std::uint8_t>(expected.size(), 77)) == expected);
    }
  });
}

}  // namespace support
