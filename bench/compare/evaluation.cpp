// YouTube-VIS and DAVIS measures beside TrackEval.
#include <s2d/eval/davis.hpp>
#include <s2d/eval/instances.hpp>
#include <s2d/mask/rle.hpp>

#include "inputs.hpp"

namespace compare {

std::vector<tube> rectangle_tubes(const fs::path& file) {
  const s2d::matrix<std::int64_t> ways = tables_of<std::int64_t>(file).front();
  std::vector<tube> tubes;
  for (std::ptrdiff_t i = 0; i < ways.height; ++i) {
    const std::int64_t* const at = ways.row(i);
    tube& one = tubes.emplace_back();
    for (std::ptrdiff_t t = 0; t < 30; ++t) {
      if ((t + at[5]) % 6 == 0) continue;
      s2d::bit_mask mask(180, 320);
      for (std::ptrdiff_t y = at[1]; y < at[1] + at[3]; ++y)
        for (std::ptrdiff_t x = at[0]; x < at[0] + at[2]; ++x) mask.set(y, (x + at[4] * t) % 320);
      one.push_back({t, s2d::encode(mask)});
    }
  }
  return tubes;
}

namespace {

void ytvis(const fs::path& inputs) {
  const std::vector<tube> shapes = rectangle_tubes(inputs / "ytvis.npy");
  const s2d::matrix<std::int64_t> ways = tables_of<std::int64_t>(inputs / "ytvis.npy").front();
  std::vector<s2d::ap_instance<tube>> truths, found;
  for (std::ptrdiff_t i = 0; i < ways.height; ++i) {
    s2d::ap_instance<tube> one{
        .group = i / 13, .category = 1, .shape = &shapes[static_cast<std::size_t>(i)]};
    one.score = static_cast<double>(ways(i, 6)) / 1000;
    (i % 13 < 3 ? truths : found).push_back(one);
  }
  const s2d::ap_options options = s2d::ytvis_ap_options(false);
  measure("ytvis", [&] { use(s2d::evaluate_instances(found, truths, options)); });
  std::printf("AP\t%.12g\n", s2d::evaluate_instances(found, truths, options).all.ap);
}

/// The masks of the numbers 1 to 3 of pictures [T, h, w].
s2d::davis_masks objects_of(const fs::path& file) {
  s2d::davis_masks objects(3);
  for (const dense& ids : masks_of(file))
    for (std::uint8_t o = 0; o < 3; ++o) {
      dense mask(ids.height, ids.width);
      for (std::size_t i = 0; i < ids.values.size(); ++i) mask.values[i] = ids.values[i] == o + 1;
      objects[o].push_back(s2d::pack(view_of(mask)));
    }
  return objects;
}

void davis(const fs::path& inputs) {
  if (!fs::exists(inputs / "davis_truth.npy")) return;
  const s2d::davis_masks truth = objects_of(inputs / "davis_truth.npy");
  const s2d::davis_masks found = objects_of(inputs / "davis_found.npy");
  const s2d::davis_options options{.protocol = s2d::davis_protocol::unsupervised};
  measure("davis", [&] { use(s2d::evaluate_davis(truth, found, {}, options)); });
  std::printf("J&F\t%.12g\n", s2d::evaluate_davis(truth, found, {}, options).jf_mean);
}

}  // namespace

void evaluation(const fs::path& inputs) {
  ytvis(inputs);
  davis(inputs);
}

}  // namespace compare
