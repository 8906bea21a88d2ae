// Which masks of two lists are the same object, and which of many proposals to keep?
#include <cstdio>
#include <vector>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>

int main() {
  // Columns of a picture of 1 x 100 pixels as runs: background, foreground, background.
  const std::vector<s2d::rle> predictions{
      {1, 100, {0, 10, 90}}, {1, 100, {1, 10, 89}}, {1, 100, {50, 10, 40}}};
  const std::vector<s2d::rle> truths{{1, 100, {0, 10, 90}}, {1, 100, {45, 20, 35}}};

  const s2d::matrix<float> table = s2d::iou(predictions, truths);  // [3, 2]
  for (std::ptrdiff_t i = 0; i < table.height; ++i)
    std::printf("%.3f %.3f\n", table(i, 0), table(i, 1));
  const auto inside = s2d::iou(predictions, truths, {.over = s2d::over::smaller});

  const std::vector<float> scores{0.8f, 0.9f, 0.3f};
  for (const std::size_t kept : s2d::nms(predictions, scores, {.threshold = 0.5}))
    std::printf("keep %zu\n", kept);

  // Tubes: masks of one object over time, here missing in frame 1.
  using tube = std::vector<s2d::tube_segment<s2d::rle>>;
  const std::vector<tube> a{{{0, predictions[0]}, {2, predictions[0]}}};
  const std::vector<tube> b{{{0, truths[0]}, {1, truths[0]}, {2, truths[0]}}};
  const float known = s2d::tube_iou(a, b)(0, 0);                            // 1
  const float dense = s2d::tube_iou(a, b, s2d::absent_frame::empty)(0, 0);  // 2 / 3
  std::printf("%.3f %.3f\n", known, dense);
  return table(0, 0) == 1 && inside(2, 1) == 1 && known == 1 ? 0 : 1;
}
