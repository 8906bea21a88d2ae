#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>

#include "html.hpp"
#include "json_elements.hpp"
#include "report_data.hpp"
#include "report_pictures.hpp"

#include "result_folder.hpp"
#include "support/catch.hpp"

using namespace app::report;
using support::temporary_folder;

namespace {

std::string base64_of(std::string_view text) {
  return base64(std::as_bytes(std::span{text.data(), text.size()}));
}

std::vector<std::string> elements(const std::string& text, std::string_view name) {
  const temporary_folder folder{"elements"};
  s2d::write_file(folder.path() / "a.json", text);
  std::vector<std::string> found;
  for_each_element(folder.path() / "a.json", name, [&](std::size_t index, const std::string& each) {
    CHECK(index == found.size());
    found.push_back(each);
  });
  return found;
}

}  // namespace

TEST_CASE("Base64 equals the test vectors of its standard") {
  CHECK(base64_of("").empty());
  CHECK(base64_of("f") == "Zg==");
  CHECK(base64_of("fo") == "Zm8=");
  CHECK(base64_of("foo") == "Zm9v");
  CHECK(base64_of("foob") == "Zm9vYg==");
  CHECK(base64_of("fooba") == "Zm9vYmE=");
  CHECK(base64_of("foobar") == "Zm9vYmFy");
  CHECK(base64_of("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("Escaping leaves nothing that means something to HTML, and only UTF-8") {
  CHECK(escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(escape("Größe 日本 \xF0\x9F\x90\x88") == "Größe 日本 \xF0\x9F\x90\x88");
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(escape("\xFF") == bad);
  CHECK(escape("\xC3") == bad);
  CHECK(escape("\xC0\x80") == bad + bad);
  CHECK(escape("\xED\xA0\x80") == bad + bad + bad);
  CHECK(escape("\xC2\x85") == bad + bad);
  CHECK(escape(std::string_view{"a\0b\x1B\x7F", 5}) == "a" + bad + "b" + bad + bad);
}

TEST_CASE("A template takes values once and refuses a gap without one") {
  CHECK(fill("a{{x}}b{{y}}", {{"x", "{{y}}"}, {"y", "2"}}) == "a{{y}}b2");
  CHECK(fill("no gap", {}) == "no gap");
  CHECK_THROWS_AS(fill("{{z}}", {{"x", ""}}), s2d::invalid_input);
}

TEST_CASE("Numbers are written for people and for coordinates") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(12345678) == "12,345,678");
  CHECK(fixed(1.005, 1) == "1.0");
  CHECK(fixed(std::nan(""), 2) == "–");
  CHECK(compact(0.5) == "0.5");
  CHECK(compact(100) == "100");
  CHECK(compact(-0.00001) == "0");
  CHECK(counted(1, "mask", "masks") == "1 mask");
  CHECK(counted(2000, "mask", "masks") == "2,000 masks");
}

TEST_CASE("The elements of an array are found whatever surrounds them") {
  CHECK(elements(R"({"annotations":[{"a":1},{"b":[{"c":"}]"}]}]})", "annotations") ==
        std::vector<std::string>{R"({"a":1})", R"({"b":[{"c":"}]"}]})"});
  CHECK(elements(R"({"x":{"annotations":[{"no":1}]},"annotations":[{}]})", "annotations") ==
        std::vector<std::string>{"{}"});
  CHECK(elements(R"({"a\"":"annotations","b":[{"no":1}] , "annotations" : [ {"q":"\\"} ] })",
                 "annotations") == std::vector<std::string>{R"({"q":"\\"})"});
  CHECK(elements(R"({"annotations":[1,null,[{"no":1}]]})", "annotations").empty());
  CHECK(elements(R"({"annotations":{"a":{"no":1}}})", "annotations").empty());
  CHECK(elements("{}", "annotations").empty());
  CHECK_THROWS_AS(elements(R"({"annotations":[{"a":1})", "annotations"), s2d::invalid_input);
  CHECK_THROWS_AS(elements(R"({"annotations":[{"a":"1}]})", "annotations"), s2d::invalid_input);
}

TEST_CASE("Elements longer than any block come whole") {
  const std::string body(1'000'000, 'x');
  const auto found = elements(R"({"a":[{"t":")" + body + R"("},{"u":2}]})", "a");
  REQUIRE(found.size() == 2);
  CHECK(found[0].size() == body.size() + 8);
  CHECK(found[1] == R"({"u":2})");
}

TEST_CASE("A frame is keymask, rejected, visible or nothing") {
  const temporary_folder folder{"states"};
  const std::vector<std::size_t> keys{3, 4, 7};
  constexpr std::size_t frames = 12;
  s2d::write_file(folder.path() / "run.json", support::run_json("clip", frames));
  s2d::write_file(folder.path() / "keymasks.json", support::keymasks_json(frames, keys, 2, 8));
  SECTION("masks in the place of the object that it does not own are rejected") {
    s2d::write_file(folder.path() / "masks.json", support::masks_json(frames, keys));
    const result_data data = read_results(folder.path());
    REQUIRE(data.objects.size() == 1);
    CHECK(data.objects[0].states == "..rkkrrkr...");
    CHECK(data.keymask_count() == 3);
    CHECK(data.masks.size() == frames);
    CHECK(data.masks[3].object == 0);
    CHECK(data.masks[2].object == app::none);
  }
  SECTION("without masks the object is visible there") {
    const result_data data = read_results(folder.path());
    CHECK(data.objects[0].states == "..vkkvvkv...");
    CHECK(!data.has_masks);
  }
  SECTION("masks elsewhere are no matter of the object") {
    s2d::write_file(folder.path() / "masks.json",
                    std::string_view{R"({"annotations":[{"frame":5,"bboxes":[[40,25,9,9]]}]})"});
    CHECK(read_results(folder.path()).objects[0].states == "..vkkvvkv...");
  }
}

TEST_CASE("The best keymasks are spread over time and the most coherent of their share") {
  object_entry object;
  for (const double coherence : {0.1, 0.9, 0.5, 0.5, std::nan(""), 0.2})
    object.keymasks.push_back({object.keymasks.size(), coherence, {}, {}});
  CHECK(best_keymasks(object, 3) == std::vector<std::size_t>{1, 2, 5});
  CHECK(best_keymasks(object, 1) == std::vector<std::size_t>{1});
  CHECK(best_keymasks(object, 6).size() == 6);
  CHECK(best_keymasks(object, 100).size() == 6);
  CHECK(best_keymasks(object, 0).empty());
  CHECK(best_keymasks({}, 5).empty());
}

TEST_CASE("The visibility picture has a row for every mask, grouped by object") {
  const temporary_folder folder{"matrix"};
  constexpr std::size_t frames = 10;
  s2d::write_file(folder.path() / "run.json", support::run_json("clip", frames));
  s2d::write_file(folder.path() / "keymasks.json", support::keymasks_json(frames, {6, 7}, 5, 8));
  s2d::write_file(folder.path() / "masks.json", support::masks_json(frames, {6, 7}));
  const result_data data = read_results(folder.path());
  const visibility_picture drawn = draw_visibility(data, {});
  CHECK(drawn.image.height == 10);
  CHECK(drawn.image.width == 10);
  CHECK(drawn.rows == std::vector<std::size_t>{6, 7, 0, 1, 2, 3, 4, 5, 8, 9});
  REQUIRE(drawn.bands.size() == 2);
  CHECK(drawn.bands[0].object == 0);
  CHECK(drawn.bands[0].rows == 2);
  CHECK(drawn.bands[1].object == app::none);
  CHECK(drawn.bands[1].first == 2);
  CHECK(drawn.bands[1].rows == 8);
}

TEST_CASE("Cut-outs are made for masks anywhere in the picture, of any size") {
  const temporary_folder folder{"cut"};
  s2d::write_file(folder.path() / "run.json", support::run_json("clip", 1));
  const result_data data = read_results(folder.path());
  const s2d::image frame(data.height, data.width);
  for (const s2d::box& box : {s2d::box{0, 0, 1, 1}, s2d::box{59, 39, 1, 1}, s2d::box{0, 0, 60, 40},
                              s2d::box{20, 0, 3, 40}, s2d::box{}}) {
    CAPTURE(box.x, box.y, box.width, box.height);
    const keymask_entry key{0, 0.5, box, support::counts_of(box)};
    for (const s2d::image* from : {&frame, static_cast<const s2d::image*>(nullptr)}) {
      const picture cut = cut_out(data, key, {255, 0, 0}, from);
      CHECK(cut.uri.starts_with("data:image/jpeg;base64,"));
      CHECK(cut.height <= 300);
      CHECK(cut.width <= 300);
      CHECK(cut.height > 0);
    }
  }
  CHECK_THROWS_AS(cut_out(data, {0, 0.5, {}, "0"}, {255, 0, 0}, nullptr), s2d::invalid_input);
}
