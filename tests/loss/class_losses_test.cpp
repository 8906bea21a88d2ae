#include <s2d/loss/class_losses.hpp>

#include <cmath>
#include <random>
#include <vector>

#include <s2d/core/matrix.hpp>
#include <s2d/loss/boxes.hpp>

#include "support/catch.hpp"

namespace {

struct scored {
  s2d::matrix<double> scores{9, 3};
  std::vector<std::int64_t> classes;
  std::vector<double> weights{1, 0.5, 0.1}, best_iou;

  scored() {
    std::mt19937 random{3};
    for (double& score : scores.values) score = std::normal_distribution<double>{0, 2}(random);
    for (int q = 0; q < 9; ++q) {
      classes.push_back(static_cast<std::int64_t>(random() % 3));
      best_iou.push_back(q * 0.01);
    }
  }
};

template <class Loss>
void check_gradient(scored& at, const s2d::matrix<double>& gradient, double scale,
                    const Loss& loss) {
  constexpr double step = 1e-5;
  for (std::size_t i = 0; i < at.scores.values.size(); ++i) {
    double& x = at.scores.values[i];
    const double before = x;
    x = before + step;
    const double up = loss();
    x = before - step;
    const double down = loss();
    x = before;
    CHECK(gradient.values[i] == Approx(scale * (up - down) / (2 * step)).margin(1e-9));
  }
}

}  // namespace

TEST_CASE("the class loss is divided by the weights used", "[loss]") {
  const s2d::matrix<double> scores(4, 2);  // equal scores: log 2 each
  const std::vector<double> weights{1, 0.1};
  const std::vector<std::int64_t> classes{0, 1, 1, 1};
  CHECK(s2d::class_loss(scores.view(), classes, weights) == Approx(std::log(2.0)));
  s2d::matrix<double> sure(2, 2);
  sure(0, 0) = 1e4;  // right
  sure(1, 0) = 1e4;  // wrong, of weight 0.1
  const std::vector<std::int64_t> wanted{0, 1};
  CHECK(s2d::class_loss(std::as_const(sure).view(), wanted, weights) == Approx(0.1 * 1e4 / 1.1));
}

TEST_CASE("gradients of the class losses are central differences", "[loss]") {
  scored at;
  const auto& scores = std::as_const(at.scores);
  s2d::matrix<double> gradient(9, 3);
  s2d::class_loss(scores.view(), at.classes, at.weights, gradient.view(), 2);
  check_gradient(at, gradient, 2,
                 [&] { return s2d::class_loss(scores.view(), at.classes, at.weights); });
  s2d::matrix<double> of_drop(9, 3);
  const auto kept =
      s2d::drop_loss(scores.view(), at.classes, at.best_iou, 0.035, of_drop.view(), 3);
  CHECK(kept.kept == 5);
  check_gradient(at, of_drop, 3, [&] {
    return s2d::drop_loss(scores.view(), at.classes, at.best_iou, 0.035).value;
  });
}

TEST_CASE("dropped proposals count in the divisor and have no gradient", "[loss]") {
  const s2d::matrix<float> scores(4, 2);
  const std::vector<std::int64_t> classes{0, 1, 1, 0};
  const std::vector<float> best{0.01f, 0.02f, 0, 1};  // the threshold itself is dropped
  s2d::matrix<float> gradient(4, 2);
  const auto loss = s2d::drop_loss(scores.view(), classes, best, 0.01, gradient.view());
  CHECK(loss.kept == 2);
  CHECK(loss.value == Approx(std::log(2.0) / 2));
  CHECK(gradient(0, 0) == 0);
  CHECK(gradient(1, 0) == 0.125f);
  CHECK(gradient(2, 1) == 0);
  const auto all = s2d::drop_loss(scores.view(), classes, {});
  CHECK(all.kept == 4);
  CHECK(all.value == Approx(std::log(2.0)));
}

TEST_CASE("class losses of nothing are 0", "[loss]") {
  const s2d::matrix<float> none(0, 2), two(2, 2);
  const std::vector<float> weights{0, 1};
  const std::vector<std::int64_t> objects{0, 0};
  CHECK(s2d::class_loss(none.view(), {}, weights) == 0);
  CHECK(s2d::class_loss(two.view(), objects, weights) == 0);  // no weight is used
  CHECK(s2d::drop_loss(none.view(), {}, {}).value == 0);
}

TEST_CASE("class losses refuse what does not fit", "[loss]") {
  const s2d::matrix<float> scores(2, 2);
  const std::vector<float> weights{1, 0.1f}, three{1, 1, 1}, negative{1, -1};
  const std::vector<std::int64_t> good{0, 1}, bad{0, 2}, shorter{0};
  CHECK_THROWS_WITH(s2d::class_loss(scores.view(), bad, weights),
                    Catch::Contains("row 1 is of class 2"));
  CHECK_THROWS_WITH(s2d::class_loss(scores.view(), shorter, weights),
                    Catch::Contains("2 rows of scores, but 1 classes"));
  CHECK_THROWS_WITH(s2d::class_loss(scores.view(), good, three), Catch::Contains("3 weights"));
  CHECK_THROWS_WITH(s2d::class_loss(scores.view(), good, negative),
                    Catch::Contains("the weight of class 1 is -1"));
  CHECK_THROWS_WITH(s2d::drop_loss(scores.view(), good, three), Catch::Contains("3 IoUs"));
}

TEST_CASE("box deltas move by parts of the extent and scale by powers of e", "[loss]") {
  const s2d::matrix<double> proposals = [] {
    s2d::matrix<double> boxes(2, 4);
    boxes.values = {10, 20, 30, 60, 0, 0, 1, 1};
    return boxes;
  }();
  s2d::matrix<double> deltas(2, 4), boxes(2, 4);
  deltas.values = {5, 10, 5 * std::log(2.0), 0, 0, 0, 1e9, 0};
  s2d::apply_box_deltas(proposals.view(), deltas.view(), {}, boxes.view());
  const std::vector<double> expected{10, 60, 50, 100, 0.5 - 31.25, 0, 0.5 + 31.25, 1};
  for (std::size_t i = 0; i < 8; ++i) CHECK(boxes.values[i] == Approx(expected[i]).margin(1e-12));
}

TEST_CASE("the best IoU of boxes is 0 without truth, overlap or area", "[loss]") {
  const std::vector<float> boxes{0, 0, 2, 2, 5, 5, 6, 6, 3, 3, 3, 3};
  const std::vector<float> truth{1, 0, 3, 2, 0, 0, 2, 1, 3, 3, 3, 3};
  std::vector<float> best(3, 9);
  const s2d::plane_view<const float> rows{boxes.data(), 3, 4};
  s2d::best_box_iou(rows, {truth.data(), 3, 4}, std::span{best});
  CHECK(best == std::vector<float>{0.5f, 0, 0});
  s2d::best_box_iou(rows, {}, std::span{best});
  CHECK(best == std::vector<float>{0, 0, 0});
}
