#include <s2d/io/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

std::vector<std::byte> file_of(const std::string& header, std::size_t data) {
  std::vector<std::byte> bytes(8 + header.size() + data);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

std::string refuse(const std::string& header, std::size_t data) {
  return message_of<s2d::invalid_input>(
      [&] { (void)s2d::decode_safetensors(file_of(header, data), "f"); });
}

}  // namespace

TEST_CASE("safetensors come back as they were written", "[io]") {
  const support::temporary_folder folder;
  const std::vector<float> numbers{1.5f, -2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> bytes{7, 8, 9};
  const double number = 0.1;
  const std::vector<s2d::safetensors_source> arrays{
      {"a.weight", s2d::safetensors_type::f32, {2, 3}, std::as_bytes(std::span{numbers})},
      {"näme \"x\"", s2d::safetensors_type::u8, {3}, std::as_bytes(std::span{bytes})},
      {"none", s2d::safetensors_type::i64, {4, 0}, {}},
      {"scalar", s2d::safetensors_type::f64, {}, std::as_bytes(std::span{&number, 1})}};
  const std::vector<std::pair<std::string, std::string>> texts{{"epoch", "3"}};
  s2d::write_safetensors(folder / "x.safetensors", arrays, texts);
  const auto file = s2d::read_safetensors(folder / "x.safetensors");
  REQUIRE(file.entries.size() == 4);
  for (const auto& array : arrays) {
    const auto* entry = file.find(array.name);
    REQUIRE(entry != nullptr);
    CHECK(entry->type == array.type);
    CHECK(entry->shape == array.shape);
    const auto found = file.bytes(*entry);
    CHECK(std::vector(found.begin(), found.end()) ==
          std::vector(array.bytes.begin(), array.bytes.end()));
  }
  CHECK(file.metadata == texts);
  CHECK(file.find("b") == nullptr);
}

TEST_CASE("safetensors refuse what is damaged and say what", "[io]") {
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  REQUIRE_NOTHROW(s2d::decode_safetensors(file_of("{" + a + "}  ", 8), "f"));
  REQUIRE_NOTHROW(s2d::decode_safetensors(file_of("{}", 0), "f"));
  CHECK(refuse("{" + a + "}", 7) ==
        "f: header: a.data_offsets[1]: offset 8, the file holds 7 bytes of data");
  CHECK(refuse("{" + a + "}", 9) == "f: 9 bytes of data, the header describes 8");
  CHECK(refuse("{" + a + "," + a + "}", 8).find("without gaps or overlaps") != std::string::npos);
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
               R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
               0) == "f: a is there twice");
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8) ==
        "f: header: a: 8 bytes do not hold the shape that the header says");
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", 8)
            .find("do not hold the shape") != std::string::npos);
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8) ==
        "f: header: a: 8 bytes, expected 4 = 1 x 4");
  CHECK(refuse(R"({"a":{"dtype":"F7","shape":[2],"data_offsets":[0,8]}})", 8)
            .find("element type F7") != std::string::npos);
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8).find("extent -2") !=
        std::string::npos);
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8)
            .find("begins at 8, ends at 0") != std::string::npos);
  CHECK(refuse(R"({"a":{"dtype":"F32","shape":[2]}})", 8) ==
        "f: header: a: expected dtype, shape and data_offsets");
  CHECK(refuse(R"({"a":)", 8).find("damaged or truncated JSON") != std::string::npos);
  CHECK(refuse("[]", 0).find("does not begin with '{'") != std::string::npos);
  CHECK(message_of<s2d::invalid_input>([] {
          (void)s2d::decode_safetensors({}, "f");
        }).find("truncated") != std::string::npos);
  std::vector<std::byte> huge(16, std::byte{0xFF});
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)s2d::decode_safetensors(huge, "f");
        }).find("header of 18446744073709551615 bytes, 8 follow") != std::string::npos);
}

TEST_CASE("safetensors refuse to write what does not fit", "[io]") {
  const support::temporary_folder folder;
  const std::vector<float> numbers(6);
  const auto refuse_to_write = [&](std::vector<s2d::safetensors_source> arrays) {
    return message_of<s2d::invalid_input>(
        [&] { s2d::write_safetensors(folder / "x.safetensors", arrays); });
  };
  const auto bytes = std::as_bytes(std::span{numbers});
  CHECK(refuse_to_write({{"a", s2d::safetensors_type::f32, {5}, bytes}}) ==
        "write_safetensors: a: 24 bytes, expected 20");
  CHECK(refuse_to_write({{"a", s2d::safetensors_type::f32, {6}, bytes},
                         {"a", s2d::safetensors_type::f32, {6}, bytes}}) ==
        "write_safetensors: a is given twice");
  CHECK(folder.count() == 0);
}
