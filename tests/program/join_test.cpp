// Joining the windows of a clip: frames, masks and objects.

#include <string>
#include <utility>
#include <vector>

#include "join.hpp"
#include "support/catch.hpp"

namespace {

constexpr std::ptrdiff_t height = 8, width = 40;

// A bar of four columns from `column` on.
s2d::rle bar(std::ptrdiff_t column) {
  const auto before = static_cast<std::uint32_t>(column * height);
  constexpr auto inside = static_cast<std::uint32_t>(4 * height);
  constexpr auto all = static_cast<std::uint32_t>(width * height);
  if (before + inside == all) return {height, width, {before, inside}};
  return {height, width, {before, inside, all - before - inside}};
}

app::findings window(std::size_t first, std::size_t end) {
  app::findings part;
  part.first = first;
  part.height = height;
  part.width = width;
  part.masks.resize(end - first);
  for (std::size_t t = first; t < end; ++t) {
    part.names.push_back("clip/" + std::to_string(t));
    part.seconds.push_back(static_cast<double>(t) / 10);
  }
  part.stages = {{"flow", 1.0}};
  return part;
}

// An object that stands at `column` with a keymask in every frame of the window.
void add_object(app::findings& part, std::ptrdiff_t column, double score = 1) {
  app::found_object object;
  object.score = score;
  object.ranges = {{part.first, part.end() - 1}};
  for (std::size_t t = part.first; t < part.end(); ++t) {
    object.keymasks.push_back({t, bar(column), 0.5});
    app::found_mask mask;
    mask.mask = bar(column);
    mask.object = part.objects.size();
    part.masks[t - part.first].push_back(mask);
  }
  part.objects.push_back(std::move(object));
}

app::findings join(std::vector<app::findings> parts) {
  app::joiner together;
  for (app::findings& part : parts) together.add(std::move(part));
  return std::move(together).result();
}

std::vector<std::size_t> frames_of(const app::found_object& object) {
  std::vector<std::size_t> frames;
  for (const app::found_keymask& key : object.keymasks) frames.push_back(key.frame);
  return frames;
}

std::vector<std::size_t> frames(std::size_t from, std::size_t to) {
  std::vector<std::size_t> all;
  for (std::size_t t = from; t < to; ++t) all.push_back(t);
  return all;
}

}  // namespace

TEST_CASE("an object of overlapping windows is one, with every frame once") {
  app::findings a = window(0, 10), b = window(6, 16), c = window(12, 22);
  add_object(a, 3, 0.9);
  add_object(b, 3, 0.6);
  add_object(c, 3, 0.6);
  const app::findings all = join({a, b, c});
  REQUIRE(all.frames() == 22);
  REQUIRE(all.masks.size() == 22);
  REQUIRE(all.seconds.size() == 22);
  CHECK(all.names.front() == "clip/0");
  CHECK(all.names.back() == "clip/21");
  REQUIRE(all.objects.size() == 1);
  CHECK(frames_of(all.objects[0]) == frames(0, 22));
  CHECK(all.objects[0].ranges ==
        std::vector<std::pair<std::size_t, std::size_t>>{{std::size_t{0}, std::size_t{21}}});
  CHECK(all.objects[0].score > 0.6);
  CHECK(all.objects[0].score < 0.9);
  for (const auto& frame : all.masks) {
    REQUIRE(frame.size() == 1);
    CHECK(frame[0].object == 0);
  }
  REQUIRE(all.stages.size() == 1);
  CHECK(all.stages[0].seconds == 3.0);
}

TEST_CASE("objects at other places stay apart and masks follow their object") {
  app::findings a = window(0, 10), b = window(6, 16);
  add_object(a, 0);
  add_object(a, 20);
  add_object(b, 21);  // overlaps the second by three of five columns
  add_object(b, 30);
  const app::findings all = join({a, b});
  REQUIRE(all.objects.size() == 3);
  CHECK(frames_of(all.objects[0]) == frames(0, 8));
  CHECK(frames_of(all.objects[1]) == frames(0, 16));
  CHECK(frames_of(all.objects[2]) == frames(8, 16));
  CHECK(all.masks[15][0].object == 1);
  CHECK(all.masks[15][1].object == 2);
  CHECK(all.objects[1].keymasks[7].mask == bar(20));
  CHECK(all.objects[1].keymasks[8].mask == bar(21));
}

TEST_CASE("an object with keymasks only in the half of the other window is not lost") {
  app::findings a = window(0, 10), b = window(6, 16);
  add_object(a, 0);
  std::erase_if(a.objects[0].keymasks, [](const app::found_keymask& key) { return key.frame < 8; });
  add_object(b, 30);
  std::erase_if(b.objects[0].keymasks,
                [](const app::found_keymask& key) { return key.frame >= 8; });
  const app::findings all = join({a, b});
  REQUIRE(all.objects.size() == 2);
  CHECK(frames_of(all.objects[0]) == frames(8, 10));
  CHECK(frames_of(all.objects[1]) == frames(6, 8));
}

TEST_CASE("windows without overlap are put one behind the other") {
  app::findings a = window(0, 5), b = window(5, 9);
  add_object(a, 3);
  add_object(b, 3);
  const app::findings all = join({a, b});
  CHECK(all.frames() == 9);
  CHECK(all.objects.size() == 2);
}

TEST_CASE("a window that leaves a gap or has another size is refused") {
  CHECK_THROWS_AS(join({window(0, 5), window(6, 9)}), s2d::invalid_input);
  app::findings other = window(3, 9);
  other.width = 41;
  CHECK_THROWS_AS(join({window(0, 5), other}), s2d::invalid_input);
}

TEST_CASE("the share of frames in which everything moves does not count shared frames twice") {
  app::findings a = window(0, 10), b = window(6, 16);
  a.stirred = 10;
  b.stirred = 10;
  CHECK(join({a, b}).stirred == 16);
}
