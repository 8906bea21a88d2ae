// Run lengths: conversions in bytes of dense mask a second, beside memset and a plain read; strings
// and set operations in runs a second. bench/peers/mask_peers.py does the same with pycocotools.
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>

#include <benchmark/benchmark.h>

#include "blob_masks.hpp"

namespace {

using dense = s2d::matrix<std::uint8_t>;

// The masks in all forms. A pair is a mask and the one after it.
struct masks {
  std::ptrdiff_t height, width;
  std::vector<dense> rows = blob_masks::blobs(height, width), columns;
  std::vector<s2d::bit_mask> bits;
  std::vector<s2d::rle> runs;
  std::vector<std::string> texts;
  std::size_t number_of_runs = 0;

  masks(std::ptrdiff_t h, std::ptrdiff_t w) : height{h}, width{w} {
    for (const dense& mask : rows) {
      dense turned(width, height);
      for (std::ptrdiff_t y = 0; y < height; ++y)
        for (std::ptrdiff_t x = 0; x < width; ++x) turned(x, y) = mask(y, x);
      columns.push_back(turned);
      bits.push_back(s2d::pack(s2d::mask_view{mask.view()}));
      runs.push_back(s2d::encode(bits.back()));
      texts.push_back(s2d::to_string(runs.back()));
      number_of_runs += runs.back().counts.size();
    }
  }

  // Made once per size.
  static const masks& of_size(std::ptrdiff_t h, std::ptrdiff_t w) {
    static std::map<std::pair<std::ptrdiff_t, std::ptrdiff_t>, masks> made;
    return made.try_emplace({h, w}, h, w).first->second;
  }

  std::size_t next(std::size_t i) const { return (i + 1) % rows.size(); }
};

enum class unit { bytes, runs };

template <class Work>
void measure(benchmark::State& state, unit counted, const Work& work) {
  const masks& m = masks::of_size(state.range(0), state.range(1));
  for (auto _ : state)
    for (std::size_t i = 0; i < m.rows.size(); ++i) work(m, i);
  const auto n = static_cast<std::int64_t>(state.iterations());
  if (counted == unit::bytes)
    state.SetBytesProcessed(n * blob_masks::count * m.height * m.width);
  else
    state.SetItemsProcessed(n * static_cast<std::int64_t>(m.number_of_runs));
}

void read_bytes(benchmark::State& state) {  // what encode cannot beat
  measure(state, unit::bytes, [](const masks& m, std::size_t i) {
    std::uint64_t any = 0;
    const auto* words = reinterpret_cast<const unsigned char*>(m.columns[i].data());
    for (std::size_t k = 0, n = m.columns[i].values.size() / 8; k < n; ++k) {
      std::uint64_t word;
      std::memcpy(&word, words + 8 * k, 8);
      any |= word;
    }
    benchmark::DoNotOptimize(any);
  });
}
void encode_columns(benchmark::State& state) {
  measure(state, unit::bytes, [](const masks& m, std::size_t i) {
    const s2d::mask_view<const std::uint8_t> view{m.columns[i].data(), m.height, m.width, 1,
                                                  m.height};
    benchmark::DoNotOptimize(s2d::encode(view));
  });
}
void encode_rows(benchmark::State& state) {
  measure(state, unit::bytes, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::encode(s2d::mask_view{m.rows[i].view()}));
  });
}
void encode_bits(benchmark::State& state) {
  measure(state, unit::bytes,
          [](const masks& m, std::size_t i) { benchmark::DoNotOptimize(s2d::encode(m.bits[i])); });
}
void pack_rows(benchmark::State& state) {
  measure(state, unit::bytes, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::pack(s2d::mask_view{m.rows[i].view()}));
  });
}

void set_bytes(benchmark::State& state) {  // what decode cannot beat
  dense out(state.range(0), state.range(1));
  measure(state, unit::bytes, [&](const masks&, std::size_t i) {
    std::memset(out.data(), static_cast<int>(i), out.values.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  });
}
void decode_columns(benchmark::State& state) {
  dense out(state.range(1), state.range(0));
  measure(state, unit::bytes, [&](const masks& m, std::size_t i) {
    s2d::decode(m.runs[i],
                s2d::plane_view<std::uint8_t>::column_major(out.data(), m.height, m.width));
    benchmark::ClobberMemory();
  });
}
void decode_rows(benchmark::State& state) {
  dense out(state.range(0), state.range(1));
  measure(state, unit::bytes, [&](const masks& m, std::size_t i) {
    s2d::decode(m.runs[i], out.view());
    benchmark::ClobberMemory();
  });
}
void decode_bits(benchmark::State& state) {
  measure(state, unit::bytes,
          [](const masks& m, std::size_t i) { benchmark::DoNotOptimize(s2d::to_bits(m.runs[i])); });
}

void to_string(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::to_string(m.runs[i]));
  });
}
void from_string(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::rle::from_string(m.texts[i], m.height, m.width));
  });
}
void area(benchmark::State& state) {
  measure(state, unit::runs,
          [](const masks& m, std::size_t i) { benchmark::DoNotOptimize(s2d::area(m.runs[i])); });
}
void bounding_box(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::bounding_box(m.runs[i]));
  });
}
void intersect(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::intersect(m.runs[i], m.runs[m.next(i)]));
  });
}
void iou_runs(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::iou(m.runs[i], m.runs[m.next(i)]));
  });
}
void iou_bits(benchmark::State& state) {
  measure(state, unit::runs, [](const masks& m, std::size_t i) {
    benchmark::DoNotOptimize(s2d::iou(m.bits[i], m.bits[m.next(i)]));
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"height", "width"})->Args({480, 854})->Args({1080, 1920});
}

}  // namespace

BENCHMARK(read_bytes)->Apply(sizes);
BENCHMARK(encode_columns)->Apply(sizes);
BENCHMARK(encode_rows)->Apply(sizes);
BENCHMARK(encode_bits)->Apply(sizes);
BENCHMARK(pack_rows)->Apply(sizes);
BENCHMARK(set_bytes)->Apply(sizes);
BENCHMARK(decode_columns)->Apply(sizes);
BENCHMARK(decode_rows)->Apply(sizes);
BENCHMARK(decode_bits)->Apply(sizes);
BENCHMARK(to_string)->Apply(sizes);
BENCHMARK(from_string)->Apply(sizes);
BENCHMARK(area)->Apply(sizes);
BENCHMARK(bounding_box)->Apply(sizes);
BENCHMARK(intersect)->Apply(sizes);
BENCHMARK(iou_runs)->Apply(sizes);
BENCHMARK(iou_bits)->Apply(sizes);
