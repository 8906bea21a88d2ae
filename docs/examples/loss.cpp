// One training step's losses without a framework: match queries with sparse pseudo masks, then the
// mask loss with Temporal DropLoss and its gradient.
#include <cstdio>
#include <vector>

#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

int main() {
  // 4 queries predict 3 frames at 12 x 16; 2 pseudo masks at 48 x 64, the second not in frame 1.
  std::vector<float> logits(4 * 3 * 12 * 16, -4.0f), gradient(logits.size());
  std::vector<unsigned char> masks(2 * 3 * 48 * 64);
  const auto paint = [](auto& values, int plane, int h, int w, int from, int to, auto value) {
    for (int y = 0; y < h; ++y)
      for (int x = from; x < to; ++x)
        values[static_cast<std::size_t>((plane * h + y) * w + x)] = value;
  };
  for (int t = 0; t < 3; ++t) {
    paint(logits, 2 * 3 + t, 12, 16, 0, 8, 4.0f);   // query 2 finds the left half
    paint(logits, 1 * 3 + t, 12, 16, 8, 16, 4.0f);  // query 1 the right half
    paint(masks, t, 48, 64, 0, 32, 1);
    if (t != 1) paint(masks, 3 + t, 48, 64, 32, 64, 1);
  }
  const s2d::clip_view<const float> predicted{logits.data(), 4, 3, 12, 16};
  const s2d::clip_view<const unsigned char> targets{masks.data(), 2, 3, 48, 64};

  s2d::matrix<float> points(1000, 2);
  s2d::uniform_points(points.view(), 1);
  const auto pairs = s2d::match_queries(s2d::matching_cost(predicted, targets, points));

  const s2d::mask_loss_options options{.points = {.count = 1000}, .seed = 1};
  const s2d::mask_loss loss = s2d::temporal_drop_loss(
      predicted, targets, pairs, options, s2d::clip_view<float>{gradient.data(), 4, 3, 12, 16});
  std::printf("%td masks count: loss_mask %.3f, loss_dice %.3f\n", loss.kept_masks, loss.mask,
              loss.dice);

  bool untouched = true;  // what query 1 predicts in frame 1 is nobody's business
  for (int i = 0; i < 12 * 16; ++i)
    untouched &= gradient[static_cast<std::size_t>((1 * 3 + 1) * 12 * 16 + i)] == 0;
  const bool matched = pairs == std::vector<s2d::matched_pair>{{1, 1}, {2, 0}};
  return matched && untouched && loss.kept_masks == 5 ? 0 : 1;
}
