// Inputs that compare.py wrote as .npy files, and the clock.
#pragma once

#include <ctime>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/mask/pack.hpp>
#include <s2d/mask/rle_types.hpp>
#include <s2d/mask/tube.hpp>

namespace compare {

namespace fs = std::filesystem;
using dense = s2d::matrix<std::uint8_t>;

/// Seconds of processor time of this process.
inline double processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Prints "NAME<tab>SECONDS": the least processor time of a call of `work`, repeated for `budget`
/// seconds, at least three times, once without being counted.
template <class Work>
void measure(const std::string& name, const Work& work, double budget = 0.5) {
  work();
  double least = 1e300;
  const double end = processor_time() + budget;
  for (int i = 0; i < 3 || processor_time() < end; ++i) {
    const double begin = processor_time();
    work();
    const double took = processor_time() - begin;
    if (took < least) least = took;
  }
  std::printf("%s\t%.9g\n", name.c_str(), least);
  std::fflush(stdout);
}

/// Keeps the compiler from leaving out what is not used.
template <class T>
void use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// The elements of an array of T. @throws invalid_input if it holds others
template <class T>
std::vector<T> elements_of(const s2d::npy_array& array) {
  s2d::require(array.bytes.size() == array.size() * sizeof(T), "compare: elements of ",
               array.size() == 0 ? 0 : array.bytes.size() / array.size(), " bytes, expected ",
               sizeof(T));
  std::vector<T> values(array.size());
  if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

/// A table, or one for each first index of an array of three dimensions.
template <class T>
std::vector<s2d::matrix<T>> tables_of(const fs::path& file) {
  const s2d::npy_array array = s2d::read_npy(file);
  const std::size_t n = array.shape.size();
  s2d::require(n == 2 || n == 3, file.string(), ": ", n, " dimensions, expected 2 or 3");
  const std::vector<T> values = elements_of<T>(array);
  std::vector<s2d::matrix<T>> tables;
  const std::ptrdiff_t count = n == 3 ? array.shape[0] : 1;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    s2d::matrix<T>& table = tables.emplace_back(array.shape[n - 2], array.shape[n - 1]);
    const T* const from = values.data() + i * table.height * table.width;
    table.values.assign(from, from + table.values.size());
  }
  return tables;
}

inline std::vector<dense> masks_of(const fs::path& file) { return tables_of<std::uint8_t>(file); }

inline s2d::mask_view<const std::uint8_t> view_of(const dense& mask) {
  return s2d::mask_view<const std::uint8_t>{mask.view()};
}

using tube = std::vector<s2d::tube_segment<s2d::rle>>;

/// Tubes of 30 frames of 180 x 320, 13 a video (3 objects, 10 found): [tubes, 7] rectangles x, y,
/// width, height, pixels a frame to the right, which sixth of the frames is absent, 1000 times the
/// score.
std::vector<tube> rectangle_tubes(const fs::path& file);

// The groups, each a source file: they read what they need from the folder.
void masks(const fs::path& inputs);
void overlap(const fs::path& inputs);
void evaluation(const fs::path& inputs);
void tables(const fs::path& inputs);
void flow(const fs::path& inputs);
void parts(const fs::path& inputs);

}  // namespace compare
