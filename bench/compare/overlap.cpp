// Overlap of masks and tubes beside pycocotools, TrackEval and matrix products.
#include <s2d/mask/iou.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

#include <Eigen/Core>

#include "inputs.hpp"

namespace compare {

namespace {

/// Every other mask, beginning with the first or the second.
template <class Convert>
auto half(const std::vector<dense>& masks, std::size_t first, Convert convert) {
  std::vector<decltype(convert(masks[0]))> list;
  for (std::size_t i = first; i < masks.size(); i += 2) list.push_back(convert(masks[i]));
  return list;
}

void runs(const fs::path& inputs) {
  const auto masks = masks_of(inputs / "iou_720.npy");
  const auto encode = [](const dense& mask) { return s2d::encode(view_of(mask)); };
  const auto a = half(masks, 0, encode), b = half(masks, 1, encode);
  measure("iou of runs", [&] { use(s2d::iou<double>(a, b)); });
}

/// What a float matrix product costs that gives the common areas, in Eigen.
void product(const std::string& kind, const std::vector<dense>& masks) {
  using floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto pixels = static_cast<Eigen::Index>(masks[0].values.size());
  const auto rows = static_cast<Eigen::Index>(masks.size() / 2);
  floats a(rows, pixels), b(rows, pixels), common(rows, rows);
  measure("product " + kind, [&] {
    for (Eigen::Index i = 0; i < rows; ++i)
      for (Eigen::Index k = 0; k < pixels; ++k) {
        a(i, k) = masks[static_cast<std::size_t>(2 * i)].values[static_cast<std::size_t>(k)];
        b(i, k) = masks[static_cast<std::size_t>(2 * i + 1)].values[static_cast<std::size_t>(k)];
      }
    common.noalias() = a * b.transpose();
    use(common);
  });
}

void from_dense(const std::string& kind, const fs::path& file) {
  const auto masks = masks_of(file);
  const auto a = half(masks, 0, view_of), b = half(masks, 1, view_of);
  measure("iou of dense " + kind, [&] { use(s2d::iou(a, b)); });
  double sum = 0;
  for (const float value : s2d::iou(a, b).values) sum += value;
  std::printf("sum %s\t%.12g\n", kind.c_str(), sum);
  product(kind, masks);
}

/// 10 x 10 tubes over 36 frames: masks [20, 36] of the file one after the other.
void tubes(const std::string& size, const fs::path& file) {
  const auto masks = masks_of(file);
  std::vector<std::vector<s2d::tube_segment<s2d::rle>>> a, b;
  for (std::size_t i = 0; i < 20; ++i) {
    auto& tube = (i < 10 ? a : b).emplace_back();
    for (std::size_t t = 0; t < 36; ++t)
      tube.push_back({static_cast<std::ptrdiff_t>(t), s2d::encode(view_of(masks[36 * i + t]))});
  }
  measure("tubes " + size, [&] { use(s2d::tube_iou(a, b, s2d::absent_frame::empty)); });
}

}  // namespace

void overlap(const fs::path& inputs) {
  runs(inputs);
  from_dense("real", inputs / "iou_real_480.npy");
  from_dense("random", inputs / "iou_random_480.npy");
  tubes("480", inputs / "tubes_480.npy");
  tubes("720", inputs / "tubes_720.npy");
}

}  // namespace compare
