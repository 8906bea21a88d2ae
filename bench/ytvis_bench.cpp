// How fast and in how much memory annotation files are read. The files are made up here: objects
// of random blobs over 60 frames of 480 x 854.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include <s2d/io/ytvis.hpp>

namespace {

/// Writes about `megabytes` of annotations and gives the name.
std::filesystem::path make_file(std::size_t megabytes) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("s2d_ytvis_bench_" + std::to_string(megabytes) + ".json");
  if (std::filesystem::exists(file)) return file;
  std::mt19937 random{777};
  s2d::ytvis_video video;
  video.height = 480;
  video.width = 854;
  video.length = 60;
  for (int t = 0; t < 60; ++t) video.file_names.push_back("clip/" + std::to_string(t) + ".jpg");
  s2d::ytvis_writer out{file, {video}};
  for (std::size_t bytes = 0; bytes < megabytes * 1000 * 1000;) {
    s2d::ytvis_annotation one;
    one.height = 480;
    one.width = 854;
    one.length = 60;
    for (std::ptrdiff_t t = 0; t < 60; ++t) {
      s2d::rle mask{480, 854, {}};
      std::uint32_t left = 480 * 854;
      for (int column = 0; column < 200; ++column)
        for (const std::uint32_t length : {random() % 200 + 300, random() % 200 + 50}) {
          mask.counts.push_back(length);
          left -= length;
        }
      mask.counts.push_back(left);
      bytes += s2d::to_string(mask).size();
      one.segments.push_back(s2d::make_segment(t, std::move(mask)));
    }
    out.add(one);
    ++one.id;
  }
  out.commit({{}});
  return file;
}

/// A line of /proc/self/status in megabytes, e.g. VmHWM, the largest memory so far.
double status_megabytes(const std::string& key) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size() + 1) / 1024;
  return 0;
}

void visit(benchmark::State& state) {
  const auto file = make_file(static_cast<std::size_t>(state.range(0)));
  std::size_t masks = 0;
  for (auto _ : state) {
    masks = 0;
    s2d::read_ytvis(file, [&](s2d::ytvis_annotation&& one) { masks += one.segments.size(); });
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(file)));
  state.counters["masks"] = static_cast<double>(masks);
  state.counters["peak_MB"] = status_megabytes("VmHWM");
}
BENCHMARK(visit)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);

void keep_all(benchmark::State& state) {
  const auto file = make_file(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(s2d::read_ytvis(file));
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(file)));
  state.counters["peak_MB"] = status_megabytes("VmHWM");
}
BENCHMARK(keep_all)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);

void write(benchmark::State& state) {
  const auto file = make_file(50);
  const s2d::ytvis_data data = s2d::read_ytvis(file);
  const auto copy = std::filesystem::path{file}.concat(".copy");
  for (auto _ : state) s2d::write_ytvis(copy, data);
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(copy)));
  std::filesystem::remove(copy);
}
BENCHMARK(write)->Unit(benchmark::kMillisecond);

}  // namespace
