#include <s2d/cuda/detail/tracks.hpp>
#include <s2d/cuda/tracks.hpp>

#include <cstdint>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/host_tracks.hpp"
#include "cuda/no_library.hpp"
#include "cuda/tracks_cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::track_case;

struct tracks_twin : support::host_visibility {
  static support::followed follow(const track_case& given, const s2d::consistency_options& test) {
    return support::follow_on_host(given, test);
  }
};

}  // namespace

TEST_CASE("points follow flow as in the core, bit for bit", "[cuda][tracks]") {
  support::check_small_follow<tracks_twin>();
}

TEST_CASE("points move, hide, rest and end where flow says", "[cuda][tracks]") {
  support::check_known_follow<tracks_twin>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("points of a real video are the core's, bit for bit", "[cuda][tracks]") {
  support::check_real_follow<tracks_twin>();
}
#endif

TEST_CASE("points that stand nowhere rest and leave others alone", "[cuda][tracks]") {
  support::check_bad_starts<tracks_twin>();
}

TEST_CASE("visible points are counted in sets, and make the core's rows", "[cuda][tracks]") {
  support::check_visible_sets<tracks_twin>();
}

TEST_CASE("flow may have any strides", "[cuda][tracks]") {
  std::mt19937 random{14};
  const track_case given = support::random_tracks(random, 9, 17, 31, false);
  const support::host_flow flow{given};
  const std::int64_t size = 9 * 17 * 31;
  std::vector<float> pairs(static_cast<std::size_t>(4 * size));  // u and v beside each other
  for (std::int64_t d = 0; d < 2; ++d)
    for (std::int64_t i = 0; i < size; ++i)
      for (std::int64_t k = 0; k < 2; ++k)
        pairs[static_cast<std::size_t>(2 * (d * size + i) + k)] =
            flow.planes[static_cast<std::size_t>((2 * d + k) * size + i)];
  video_flow_view strided = flow.view();
  for (std::int64_t d = 0; d < 2; ++d)
    for (std::int64_t k = 0; k < 2; ++k)
      (k == 0 ? (d == 0 ? strided.forward : strided.backward).u
              : (d == 0 ? strided.forward : strided.backward).v) = {
          pairs.data() + 2 * d * size + k, 9, 17, 31, 2 * 17 * 31, 2 * 31, 2};
  const support::followed expected = support::follow_on_host(given, {});
  const support::followed found = support::follow_on_host(given, strided, {});
  CHECK(found.at == expected.at);
  CHECK(found.visible == expected.visible);
}

#if defined(S2D_TEST_CUDA_LIBRARY)
// Extents are such that no call has memory to look at.
TEST_CASE("tracks that do not fit are refused by name", "[cuda][tracks]") {
  const batch_view<const float> fields{nullptr, 3, 0, 5}, fewer{nullptr, 2, 0, 5};
  const batch_view<const float> wide{nullptr, 0, 1, (1 << 24) + 1};
  const video_flow_view flow{{fields, fields}, {fields, fields}};
  const tracks_view none{nullptr, nullptr, 3, 0};
  CHECK_THROWS_WITH(follow_flow({{fields, fields}, {fewer, fields}}, {}, 4, 5, none),
                    Catch::Contains("follow_flow: extents differ, 3 x 0 x 5 and 2 x 0 x 5"));
  CHECK_THROWS_WITH(follow_flow({{wide, wide}, {wide, wide}}, {}, 4, 5, {}),
                    "follow_flow: the flow is 1 x 16777217, expected sides up to 2^24");
  CHECK_THROWS_WITH(follow_flow(flow, {}, 4, 5, {nullptr, nullptr, 2, 0}),
                    "follow_flow: tracks are 2 x 0, expected 3 x 0 (frames x points)");
  CHECK_THROWS_WITH(follow_flow(flow, {}, 4, 0, none), Catch::Contains("the frame is 4 x 0"));
  CHECK_THROWS_WITH(follow_flow(flow, {}, 4, 5, none, {-1, 0}), Catch::Contains("base is -1"));
  CHECK_THROWS_WITH(
      follow_flow(flow, {nullptr, nullptr, nullptr, 2}, 4, 5, {nullptr, nullptr, 3, 2}),
      "follow_flow: the address is null, expected device memory of 2 elements");
  constexpr std::int64_t many = INT64_MAX / 8;
  CHECK_THROWS_WITH(
      follow_flow(flow, {nullptr, nullptr, nullptr, many}, 4, 5, {nullptr, nullptr, 3, many}),
      Catch::Contains("expected a product below 2^59"));
  CHECK_THROWS_WITH(count_visible(none, {nullptr, 0}, nullptr),
                    Catch::Contains("count_visible: sets: the address is null"));
  CHECK_THROWS_WITH(visible_frames(nullptr, {}, 0, nullptr, 1.5),
                    "visible_frames: threshold is 1.5, expected 0 to 1");
  CHECK_THROWS_AS(visible_frames(nullptr, {nullptr, -1}, 3, nullptr), s2d::invalid_input);
}

TEST_CASE("flow and queries that do not fit go to no device", "[cuda][tracks]") {
  s2d::video_flow flow;
  flow.forward.assign(2, s2d::flow_field(3, 4));
  flow.backward.assign(1, s2d::flow_field(3, 4));
  CHECK_THROWS_WITH(to_device(flow), "to_device: 2 forward and 1 backward fields");
  flow.backward.assign(2, s2d::flow_field(3, 5));
  CHECK_THROWS_WITH(to_device(flow),
                    "to_device: a flow field is 3 x 5, expected 3 x 4 as the first");
  const std::vector<s2d::point> points{{1, NAN}};
  const std::vector<s2d::track_query> queries{{points, 1}};
  CHECK_THROWS_WITH(to_device(queries, 2), "to_device: a point of frame 1 is not finite");
  CHECK_THROWS_WITH(to_device(queries, 1), "to_device: frame 1 of 1");
}
#endif
