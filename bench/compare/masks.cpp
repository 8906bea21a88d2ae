// Run lengths and components beside pycocotools and OpenCV.
#include <utility>

#include <s2d/mask/components.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/rle_merge.hpp>

#include "inputs.hpp"

namespace compare {

namespace {

dense transposed(const dense& mask) {
  dense turned(mask.width, mask.height);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) turned(x, y) = mask(y, x);
  return turned;
}

/// `count` masks, taken in turn from those that there are.
void convert(const std::string& kind, const std::vector<dense>& rows,
             const std::vector<dense>& columns, std::size_t count) {
  const std::ptrdiff_t height = rows[0].height, width = rows[0].width;
  const std::string suffix = s2d::concat(" ", kind, " ", count);
  const auto column_view = [&](std::size_t i) {
    return s2d::mask_view<const std::uint8_t>{columns[i % columns.size()].data(), height, width, 1,
                                              height};
  };
  constexpr double budget = 0.15;  // there are many of these
  std::vector<s2d::rle> runs(count);
  measure(
      "encode columns" + suffix,
      [&] {
        for (std::size_t i = 0; i < count; ++i) runs[i] = s2d::encode(column_view(i));
        use(runs);
      },
      budget);
  measure(
      "encode rows" + suffix,
      [&] {
        for (std::size_t i = 0; i < count; ++i)
          runs[i] = s2d::encode(view_of(rows[i % rows.size()]));
        use(runs);
      },
      budget);
  dense buffer(width, height);
  measure(
      "decode columns" + suffix,
      [&] {
        for (const s2d::rle& one : runs) {
          s2d::decode(one,
                      s2d::plane_view<std::uint8_t>::column_major(buffer.data(), height, width));
          use(buffer);
        }
      },
      budget);
  dense upright(height, width);
  measure(
      "decode rows" + suffix,
      [&] {
        for (const s2d::rle& one : runs) {
          s2d::decode(one, upright.view());
          use(upright);
        }
      },
      budget);
  measure(
      "decode fresh" + suffix,
      [&] {
        for (const s2d::rle& one : runs) use(s2d::decode(one));
      },
      budget);
}

void label(const std::string& kind, const std::vector<dense>& rows) {
  const std::size_t count = rows.size() < 24 ? rows.size() : 24;
  measure("components " + kind, [&] {
    for (std::size_t i = 0; i < count; ++i) use(s2d::components(s2d::pack(view_of(rows[i]))));
  });
  measure("components with labels " + kind, [&] {
    for (std::size_t i = 0; i < count; ++i)
      use(s2d::labels(s2d::components(s2d::pack(view_of(rows[i])))));
  });
}

void combine(const std::vector<dense>& rows) {
  std::vector<s2d::rle> runs;
  std::vector<std::string> texts;
  for (const dense& mask : rows) {
    runs.push_back(s2d::encode(view_of(mask)));
    texts.push_back(s2d::to_string(runs.back()));
  }
  measure("merge", [&] { use(s2d::unite(runs)); });
  measure("to_string", [&] {
    for (const s2d::rle& one : runs) use(s2d::to_string(one));
  });
  measure("from_string", [&] {
    for (std::size_t i = 0; i < runs.size(); ++i)
      use(s2d::rle::from_string(texts[i], runs[i].height, runs[i].width));
  });
}

}  // namespace

void masks(const fs::path& inputs) {
  for (const char* kind : {"real 240", "real 480", "real 720", "real 1080", "random1 1080",
                           "random10 1080", "random50 1080"}) {
    std::string file = s2d::concat("masks ", kind, ".npy");
    for (char& c : file)
      if (c == ' ') c = '_';
    const std::vector<dense> rows = masks_of(inputs / file);
    std::vector<dense> columns;
    for (const dense& mask : rows) columns.push_back(transposed(mask));
    const bool real = std::string_view{kind}.starts_with("real");
    for (const std::size_t count : {1, 10, 100, 1000})
      if (real || count <= 10) convert(kind, rows, columns, count);
    if (std::string_view{kind}.ends_with("1080")) label(kind, rows);
    if (std::string_view{kind} == "real 1080") combine(rows);
  }
}

}  // namespace compare
