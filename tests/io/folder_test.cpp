#include <s2d/io/folder.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace fs = std::filesystem;
using support::message_of;

TEST_CASE("natural order counts instead of spelling") {
  const std::vector<std::string> sorted{"",     "a",      "a0",      "a001",     "a1",  "a1b",
                                        "a1b2", "a1b10",  "a2",      "a9",       "a10", "a010b",
                                        "a10b", "frame2", "frame10", "frame10x", "é"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      CAPTURE(sorted[i], sorted[j]);
      CHECK(s2d::natural_less(sorted[i], sorted[j]) == (i < j));
    }
  CHECK(s2d::natural_less("99999999999999999999999998", "99999999999999999999999999"));
}

TEST_CASE("frames are listed in natural order, other and hidden files left out") {
  const support::temporary_folder folder;
  for (const char* name : {"10.jpg", "9.PNG", "2 b.bmp", "1 ä.jpeg", ".hidden.jpg", "notes.txt"})
    folder.put(name, "x");
  fs::create_directory(folder / "folder.jpg");
  std::vector<std::string> names;
  for (const fs::path& file : s2d::list_frames(folder.path()))
    names.push_back(file.filename().string());
  CHECK(names == std::vector<std::string>{"1 ä.jpeg", "2 b.bmp", "9.PNG", "10.jpg"});
}

TEST_CASE("a path is a video file, a folder of frames, or a folder of either") {
  const support::temporary_folder folder;
  const auto clip = folder.put("clip.mp4", "x");
  CHECK(s2d::detect_input(clip).kind == s2d::input_kind::video_file);
  CHECK(s2d::detect_input(folder.put("odd.name", "x")).kind == s2d::input_kind::video_file);
  fs::create_directory(folder / "frames");
  folder.put("frames/1.jpg", "x");
  const auto frames = s2d::detect_input(folder / "frames");
  CHECK(frames.kind == s2d::input_kind::frame_folder);
  CHECK(frames.items == std::vector<fs::path>{folder / "frames" / "1.jpg"});
  fs::create_directory(folder / "empty");
  folder.put("b.mp4.gz", "x");
  const auto set = s2d::detect_input(folder.path());
  CHECK(set.kind == s2d::input_kind::folder_of_videos);
  CHECK(set.items == std::vector<fs::path>{folder / "b.mp4.gz", clip, folder / "frames"});
  CHECK(s2d::detect_input(folder / "frames" / "1.jpg").kind == s2d::input_kind::frame_folder);
}

TEST_CASE("what cannot be understood as input is refused by name") {
  const support::temporary_folder folder;
  CHECK(message_of<s2d::io_error>([&] { (void)s2d::detect_input(folder / "none"); }) ==
        (folder / "none").string() + ": cannot open: No such file or directory");
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)s2d::detect_input(folder.path());
        }).starts_with(folder.path().string() + ": holds no pictures"));
  folder.put("a.jpg", "x");
  folder.put("b.mp4", "x");
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::detect_input(folder.path()); }) ==
        folder.path().string() +
            ": holds pictures (a.jpg) and video files (b.mp4), expected one or the other");
  CHECK_THROWS_AS(s2d::list_frames(folder / "none"), s2d::io_error);
}

TEST_CASE("frames of two sizes are refused by name") {
  const support::temporary_folder folder;
  s2d::write_png(folder / "1.png", s2d::image(4, 6));
  s2d::write_png(folder / "2.png", s2d::image(4, 6));
  CHECK(s2d::read_frames(folder.path()).size() == 2);
  s2d::write_png(folder / "3.png", s2d::image(6, 4));
  CHECK(message_of<s2d::invalid_input>([&] { (void)s2d::read_frames(folder.path()); }) ==
        (folder / "3.png").string() + ": 6 x 4 pixels (height x width), but 1.png has 4 x 6");
}

TEST_CASE("a folder without pictures and a damaged frame are errors") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(s2d::read_frames(folder.path()), s2d::invalid_input);
  const auto bad = folder.put("1.png", "not a picture");
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)s2d::read_frames(folder.path());
        }).starts_with(bad.string() + ": "));
  s2d::frame_sequence none{{}};
  CHECK_THROWS_AS(none.read(0), s2d::invalid_input);
}
