// What the work of some rows consists of, for the limits that docs/performance.md names.
#include <s2d/cluster/hamming.hpp>
#include <s2d/flow/warp.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/rle.hpp>

#include "inputs.hpp"

namespace compare {

namespace {

void read(const std::string& name, const std::vector<dense>& masks) {
  measure("read " + name, [&] {
    std::uint64_t any = 0;
    for (const dense& mask : masks)
      for (std::size_t k = 0; k + 64 <= mask.values.size(); k += 64) {
        std::uint64_t words[8];
        std::memcpy(words, mask.data() + k, sizeof words);
        for (const std::uint64_t word : words) any |= word;
      }
    use(any);
  });
}

void videos(const fs::path& inputs) {
  std::vector<s2d::rle> masks;
  for (const auto& tube : rectangle_tubes(inputs / "ytvis.npy"))
    for (const auto& segment : tube) masks.push_back(segment.mask);
  std::size_t runs = 0;
  for (const s2d::rle& mask : masks) runs += mask.counts.size();
  std::printf("masks\t%zu\nruns\t%zu\n", masks.size(), runs);
  s2d::detail::strip_masks strips;
  measure("pack masks of videos", [&] {
    for (std::size_t i = 0; i < masks.size(); ++i) {
      if (i % 13 == 0) strips.clear();
      strips.add(masks[i]);
    }
    use(strips);
  });
  measure("areas of masks of videos", [&] {
    for (const s2d::rle& mask : masks) use(s2d::area(mask));
  });
}

void warping(const fs::path& inputs) {
  const auto planes = tables_of<float>(inputs / "warp_flow.npy");
  const std::ptrdiff_t height = planes[0].height, width = planes[0].width;
  constexpr std::ptrdiff_t most = s2d::detail::warping::block_size;
  s2d::detail::warping::block<std::int32_t> sources;
  measure("positions of a warp", [&] {
    for (std::ptrdiff_t y = 0; y < height; ++y)
      for (std::ptrdiff_t x = 0; x < width; x += most) {
        const auto count = static_cast<int>(width - x < most ? width - x : most);
        s2d::detail::warping::locate<true>(planes[0].row(y) + x, planes[1].row(y) + x, y, x, count,
                                           height, width, width, 1, sources);
        use(sources);
      }
  });
}

}  // namespace

void parts(const fs::path& inputs) {
  for (const char* kind : {"real", "random"}) {
    const auto masks = masks_of(inputs / s2d::concat("iou_", kind, "_480.npy"));
    read(s2d::concat("dense ", kind), masks);
    measure(s2d::concat("pack dense ", kind), [&] {
      s2d::detail::strip_masks strips;
      for (const dense& mask : masks) strips.add(view_of(mask));
      use(strips);
    });
  }
  videos(inputs);
  warping(inputs);
  const dense table = masks_of(inputs / "rows_1000.npy").front();
  const s2d::bit_mask rows = s2d::pack(view_of(table));
  measure("neighbours of rows", [&] {
    const s2d::hamming_neighbors near{rows, 0.2};
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < near.size(); ++i) {
      near.find(i, found);
      use(found);
    }
  });
}

}  // namespace compare
