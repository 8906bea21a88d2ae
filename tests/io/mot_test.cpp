#include <s2d/io/mot.hpp>

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

std::string mot_complaint(const std::string& text) {
  return message_of<s2d::invalid_input>([&] { (void)s2d::decode_mot(text, "gt.txt"); });
}

}  // namespace

TEST_CASE("a MOTChallenge file gives boxes that count from 0") {
  const auto boxes = s2d::decode_mot(
      "1,9,499,158,31.03,75.17,1,-4.1554,-7.3591,0\r\n"
      "\n"
      " 12 , -1, -3.5 ,0,0, 2e1 \n"
      "2,9,1,1,5,6,0.25,whatever",
      "gt.txt");
  REQUIRE(boxes.size() == 3);
  CHECK(boxes[0].frame == 0);
  CHECK(boxes[0].identity == 9);
  CHECK(boxes[0].left == 498);
  CHECK(boxes[0].top == 157);
  CHECK(boxes[0].width == 31.03);
  CHECK(boxes[0].height == 75.17);
  CHECK(boxes[0].confidence == 1);
  CHECK(boxes[1].frame == 11);
  CHECK(boxes[1].identity == -1);
  CHECK(boxes[1].left == -4.5);
  CHECK(boxes[1].height == 20);
  CHECK(boxes[1].confidence == 1);  // where none is said
  CHECK(boxes[2].confidence == 0.25);
  CHECK(s2d::decode_mot("", "gt.txt").empty());
  CHECK(s2d::decode_mot("\xEF\xBB\xBF"
                        "4,1,1,1,1,1",
                        "gt.txt")[0]
            .frame == 3);
  CHECK(s2d::decode_mot("1,-1,1,1,1,1\n1,-1,2,2,2,2", "det.txt").size() == 2);  // detections
  CHECK(s2d::decode_mot("\n \r\n", "gt.txt").empty());

  const support::temporary_folder folder;
  std::ofstream(folder / "gt.txt") << "3,4,5,6,7,8";
  CHECK(s2d::read_mot(folder / "gt.txt")[0].width == 7);
  CHECK_THROWS_AS(s2d::read_mot(folder / "none.txt"), s2d::io_error);
}

TEST_CASE("a damaged MOTChallenge file is refused with the line") {
  CHECK(mot_complaint("1,1,1,1,1,1\n2,1,3") ==
        "gt.txt: line 2: 3 fields, expected frame, identity, left, top, width, height");
  CHECK(mot_complaint("1,1,1,1,1,1\n\n2,1,x,1,1,1") ==
        "gt.txt: line 3: field 3 is 'x', expected a number");
  CHECK(mot_complaint("1,1,1 2,1,1,1") == "gt.txt: line 1: field 3 is '1 2', expected a number");
  CHECK(mot_complaint("1,1,,1,1,1") == "gt.txt: line 1: field 3 is '', expected a number");
  CHECK(mot_complaint("1 1 1 1 1 1") ==
        "gt.txt: line 1: field 1 is '1 1 1 1 1 1', expected a number");
  for (const std::string wrong : {"nan", "inf", "1e999", "+1", "0x1"})
    CHECK_THAT(mot_complaint("1,1,1," + wrong + ",1,1"), Catch::Contains("line 1: field 4 is '"));
  for (const std::string wrong : {"0", "-1", "1.5", "10000001"})
    CHECK_THAT(mot_complaint(wrong + ",1,1,1,1,1"), Catch::Contains("frame is " + wrong));
  CHECK(mot_complaint("1,1,1,1,1") ==
        "gt.txt: line 1: 5 fields, expected frame, identity, left, top, width, height");
  CHECK_THAT(mot_complaint("1,1e15,1,1,1,1"),
             Catch::Contains("identity is 1e+15, expected a whole"));
  CHECK_THAT(mot_complaint("1,1e300,1,1,1,1"), Catch::Contains("identity is 1e+300"));
  CHECK(s2d::decode_mot("1000000,1,-1e6,1e6,1e6,0", "gt.txt")[0].width == 1e6);
  CHECK_THAT(mot_complaint("1,1.5,1,1,1,1"), Catch::Contains("identity is 1.5"));
  CHECK_THAT(mot_complaint("1,1,1,1,-1,1"), Catch::Contains("field 5 is -1, expected 0 to"));
  CHECK_THAT(mot_complaint("1,1,1,1,1,1e7"), Catch::Contains("field 6 is 1"));
  CHECK_THAT(mot_complaint("1,1,-1e7,1,1,1"), Catch::Contains("field 3 is -1"));
  CHECK(mot_complaint("7,1,1,1,1,1\n7,2,1,1,1,1\n7,1,4,1,1,1") ==
        "gt.txt: line 3: identity 1 is twice in frame 7");
}
