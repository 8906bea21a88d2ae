// Common pixels of a tile of pairs on tensor cores: products of one-bit matrices, AND and
// population count in one instruction.
#pragma once

#include <cstdint>

#include <mma.h>

#include <s2d/cuda/detail/iou.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// 64 x 128 pairs by eight warps of 32 x 32; sixteen 8 x 8 x 128-bit products for eight loads of
/// operands. The layout of fragments is wmma's own affair: operands come from shared memory, sums
/// go back there.
struct count_pairs_mma {
  static constexpr int threads = 256, tile_a = 64, tile_b = 128, chunk = 16;
  // Rows of 18 words: a multiple of 128 bits, and rows in different banks.
  static constexpr int pitch = chunk + 2;
  struct shared {
    alignas(32) std::uint64_t a[tile_a][pitch];
    alignas(32) std::uint64_t b[tile_b][pitch];
    alignas(32) int sums[threads / 32][64];
  };
  word_rows a, b;
  pair_grid grid;
  unsigned long long* common;

  template <class Block>
  __device__ void operator()(Block& block, std::int64_t index) const {
    namespace wmma = ::nvcuda::wmma;
    using bit = wmma::experimental::precision::b1;
    auto& memory = block.template shared<shared>();
    const std::int64_t part = index % grid.splits, tiles = index / grid.splits;
    const std::int64_t first_a = tiles / grid.tiles_b * tile_a;
    const std::int64_t first_b = tiles % grid.tiles_b * tile_b;
    const std::int64_t begin = part * grid.per_part;
    const std::int64_t end =
        begin + grid.per_part < grid.words ? begin + grid.per_part : grid.words;
    const int t = block.thread(), warp = t / 32, lane = t % 32;
    const int row = warp / 4 * 32, column = warp % 4 * 32;

    wmma::fragment<wmma::accumulator, 8, 8, 128, int> sums[4][4];
#pragma unroll
    for (auto& some : sums)
#pragma unroll
      for (auto& one : some) wmma::fill_fragment(one, 0);
    for (std::int64_t k = begin; k < end; k += chunk) {
      for (int i = t; i < (tile_a + tile_b) * chunk; i += threads) {
        const int r = i / chunk, at = i % chunk;
        const bool left = r < tile_a;
        const word_rows rows{left ? a.data : b.data, left ? a.count : b.count};
        const std::int64_t mask = left ? first_a + r : first_b + r - tile_a;
        const std::uint64_t word =
            k + at < end && mask < rows.count ? rows.data[mask * grid.words + k + at] : 0;
        (left ? memory.a[r] : memory.b[r - tile_a])[at] = word;
      }
      block.sync();
      for (int step = 0; step < chunk; step += 2) {  // 128 bits
        wmma::fragment<wmma::matrix_a, 8, 8, 128, bit, wmma::row_major> left[4];
        wmma::fragment<wmma::matrix_b, 8, 8, 128, bit, wmma::col_major> right[4];
#pragma unroll
        for (int i = 0; i < 4; ++i)
          wmma::load_matrix_sync(left[i], &memory.a[row + 8 * i][step], pitch * 64);
#pragma unroll
        for (int j = 0; j < 4; ++j)
          wmma::load_matrix_sync(right[j], &memory.b[column + 8 * j][step], pitch * 64);
#pragma unroll
        for (int i = 0; i < 4; ++i)
#pragma unroll
          for (int j = 0; j < 4; ++j)
            wmma::bmma_sync(sums[i][j], left[i], right[j], sums[i][j],
                            wmma::experimental::bmmaBitOpAND,
                            wmma::experimental::bmmaAccumulateOpPOPC);
      }
      block.sync();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        wmma::store_matrix_sync(memory.sums[warp], sums[i][j], 8, wmma::mem_row_major);
        __syncwarp();
        for (int e = lane; e < 64; e += 32) {
          const std::int64_t y = first_a + row + 8 * i + e / 8;
          const std::int64_t x = first_b + column + 8 * j + e % 8;
          if (y < a.count && x < b.count && memory.sums[warp][e] != 0)
            atomicAdd(common + y * b.count + x,
                      static_cast<unsigned long long>(memory.sums[warp][e]));
        }
        __syncwarp();
      }
  }
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
