#include <torch/torch.h>

#include <s2d/torch/weights.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
namespace fs = std::filesystem;
using support::message_of;
using torch::Tensor;

namespace {

const fs::path checkpoints = "tests/torch/checkpoints";

st::video_mask2former small_network(std::uint64_t seed) {
  torch::manual_seed(seed);
  auto config = st::presets::tiny(4);
  config.encoder_layers = 1;
  return st::video_mask2former{config};
}

bool equal(const st::video_mask2former& a, const st::video_mask2former& b) {
  const auto x = st::state_dict(*a), y = st::state_dict(*b);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i].first != y[i].first || !torch::equal(x[i].second, y[i].second)) return false;
  return x.size() == y.size();
}

Tensor named(const st::named_tensors& tensors, std::string_view name) {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return tensor;
  return {};
}

std::string refuse(const support::temporary_folder& folder, std::string_view bytes) {
  const auto file = folder.put("x.pth", bytes);
  const auto text = message_of<s2d::invalid_input>([&] { (void)st::read_checkpoint(file); });
  return text.rfind(file.string() + ": ", 0) == 0 ? text.substr(file.string().size() + 2) : text;
}

void check_contents(const st::named_tensors& model) {
  const auto base = torch::arange(12, torch::kFloat);
  CHECK(torch::equal(named(model, "plain"), base.view({3, 4}) / 8));
  CHECK(torch::equal(named(model, "turned"), (base.view({3, 4}) / 8).t()));
  CHECK(torch::equal(named(model, "part"), base.slice(0, 4, 10).view({2, 3})));
  CHECK(torch::equal(named(model, "parameter"), torch::tensor({1.5f, -2.0f})));
  CHECK(torch::equal(named(model, "double"), torch::tensor({0.1}, torch::kDouble)));
  CHECK(torch::equal(named(model, "half"), torch::tensor({0.5f, 65504.0f}).to(torch::kHalf)));
  CHECK(torch::equal(named(model, "brain"), torch::tensor({1.0f, -3.0f}).to(torch::kBFloat16)));
  CHECK(torch::equal(named(model, "long"), torch::tensor(-7, torch::kLong)));
  CHECK(torch::equal(named(model, "byte"), torch::tensor({0, 255}, torch::kUInt8)));
  CHECK(torch::equal(named(model, "truth"), torch::tensor({1, 0, 1}).to(torch::kBool)));
  CHECK(named(model, "none").sizes() == torch::IntArrayRef({0, 3}));
  CHECK(model.size() == 11);
}

}  // namespace

TEST_CASE("PyTorch's checkpoints of all ages are read without Python", "[torch]") {
  for (const char* name : {"zip.pth", "legacy.pth", "bare.pth"}) {
    INFO(name);
    check_contents(st::read_checkpoint(checkpoints / name));
  }
  for (const char* name : {"arrays2.pkl", "arrays4.pkl"}) {
    INFO(name);
    const auto model = st::read_checkpoint(checkpoints / name);
    const auto plain = torch::arange(12, torch::kFloat).view({3, 4}) / 8;
    CHECK(torch::equal(named(model, "plain"), plain));
    CHECK(torch::equal(named(model, "turned"), plain.t()));
    CHECK(torch::equal(named(model, "long"), torch::tensor({-7}, torch::kLong)));
  }
  CHECK(message_of<s2d::invalid_input>([] {
          (void)st::read_checkpoint(checkpoints / "zip.pth", "teacher");
        }).find("holds no dictionary teacher") != std::string::npos);
}

TEST_CASE("a pickle that would run something is refused and runs nothing", "[torch]") {
  for (const char* name : {"hostile.pkl", "hostile.pth"}) {
    const auto text =
        message_of<s2d::invalid_input>([&] { (void)st::read_checkpoint(checkpoints / name); });
    INFO(text);
    CHECK(text.find("asks for posix.system") != std::string::npos);
    CHECK_FALSE(fs::exists("hostile_was_executed"));
  }
}

TEST_CASE("a checkpoint cut anywhere is refused", "[torch]") {
  const support::temporary_folder folder;
  for (const char* name : {"zip.pth", "legacy.pth", "arrays2.pkl"}) {
    const std::string whole = s2d::read_text(checkpoints / name);
    const std::size_t step = whole.size() / 150 + 1;
    for (std::size_t length = 0; length + 1 < whole.size(); length += step) {
      INFO(name << " cut to " << length << " of " << whole.size());
      CHECK_FALSE(refuse(folder, std::string_view{whole}.substr(0, length)).empty());
    }
  }
}

TEST_CASE("damaged checkpoints give an error or a result, never more", "[torch]") {
  const support::temporary_folder folder;
  torch::manual_seed(1);
  unsigned state = 1;
  const auto next = [&] { return state = state * 1664525u + 1013904223u; };
  int refused = 0;
  for (const char* name : {"zip.pth", "legacy.pth", "arrays4.pkl"}) {
    const std::string whole = s2d::read_text(checkpoints / name);
    for (int round = 0; round < 300; ++round) {
      std::string damaged = whole;
      for (int k = 0; k < 4; ++k)
        damaged[next() / 7 % damaged.size()] = static_cast<char>(next() >> 11);
      const auto file = folder.put("x.pth", damaged);
      try {
        for (const auto& [key, tensor] : st::read_checkpoint(file))
          (void)tensor.to(torch::kDouble).sum().item<double>();
      } catch (const s2d::invalid_input&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("what a pickle says of a tensor must fit its numbers", "[torch]") {
  const support::temporary_folder folder;
  st::write_pth(folder / "good.pth", {{"a", torch::arange(6, torch::kFloat).view({2, 3})}});
  const std::string good = s2d::read_text(folder / "good.pth");
  const auto changed = [&](std::string from, const std::string& to) {
    std::string bytes = good;
    const auto at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    return refuse(folder, bytes.replace(at, from.size(), to));
  };
  using namespace std::string_literals;
  CHECK(changed("J\x02\0\0\0J\x03\0\0\0t"s, "J\x02\0\0\0J\x04\0\0\0t"s) ==
        "a: truncated or damaged, its numbers are not all there");
  CHECK(changed("J\x03\0\0\0J\x01\0\0\0t"s, "J\x04\0\0\0J\x01\0\0\0t"s) ==
        "a: strides lead outside the storage");
  CHECK(changed("J\x03\0\0\0J\x01\0\0\0t"s, "J\xFF\xFF\xFF\xFFJ\x01\0\0\0t"s) ==
        "a: extents are damaged");
  CHECK(changed("J\x06\0\0\0tQ"s, "J\x07\0\0\0tQ"s) == "a: storage 0 has 24 bytes, expected 7 x 4");
  CHECK(changed("X\x01\0\0\0"
                "0"s,
                "X\x01\0\0\0"
                "9"s) == "a: storage 9 is missing");
  CHECK(changed("FloatStorage", "FlootStorage") == "a: torch FlootStorage is not supported");
  CHECK(refuse(folder,
               "\x80\x02"
               "cnumpy\ndtype\nX\x14\0\0\0ffffffffffffffffffff\x85R."s)
            .find("an element type of 20 characters") != std::string::npos);
  std::string arrays = s2d::read_text(checkpoints / "arrays2.pkl");
  const auto order = arrays.find("X\x01\0\0\0<"s);
  REQUIRE(order != std::string::npos);
  arrays[order + 5] = '>';
  CHECK(refuse(folder, arrays).find("numpy's type '>f4' are not supported") != std::string::npos);
  CHECK(refuse(folder, "PK\x03\x04") ==
        "truncated, the directory at the end of the zip file is missing");
  CHECK(refuse(folder, "\x80\x02}.") == "holds no dictionary of tensors");
  CHECK(refuse(folder,
               "\x80\x02]q\x01"
               "a.")
            .find("stack is empty") != std::string::npos);
}

TEST_CASE("weights come back from .pth and .safetensors", "[torch]") {
  const support::temporary_folder folder;
  const auto from = small_network(1);
  for (const char* name : {"x.pth", "x.safetensors"}) {
    st::save(*from, folder / name);
    auto to = small_network(2);
    CHECK_FALSE(equal(from, to));
    st::load(*to, folder / name);
    CHECK(equal(from, to));
  }
  CHECK(message_of<s2d::invalid_input>([&] {
          st::save(*from, folder / "x.bin");
        }).find("extension is '.bin', expected .pth or .safetensors") != std::string::npos);
}

TEST_CASE("weights on a full disk are an error", "[torch]") {
  if (!support::has_full_device()) return;
  const auto from = small_network(1);
  CHECK_THROWS_AS(st::write_pth("/dev/full", st::state_dict(*from)), s2d::io_error);
  CHECK_THROWS_AS(st::write_safetensors("/dev/full", st::state_dict(*from)), s2d::io_error);
}

TEST_CASE("a student, a teacher and data-parallel names are told apart", "[torch]") {
  const support::temporary_folder folder;
  const auto student = small_network(1), teacher = small_network(2);
  st::named_tensors both;
  for (const auto& [prefix, model] : {std::pair{"student.", &student}, {"teacher.", &teacher}})
    for (const auto& [key, tensor] : st::state_dict(**model)) {
      const bool head = key.rfind("sem_seg_head.", 0) == 0;
      both.emplace_back(
          s2d::concat("module.", prefix, head ? "1." : "0.", key.substr(head ? 13 : 9)), tensor);
    }
  both.emplace_back("module.criterion.empty_weight", torch::tensor({1.0f, 0.1f}));
  st::write_pth(folder / "kd.pth", both);
  auto network = small_network(3);
  st::load(*network, folder / "kd.pth", st::weights::teacher);
  CHECK(equal(network, teacher));
  st::load(*network, folder / "kd.pth", st::weights::student);
  CHECK(equal(network, student));
  CHECK(message_of<s2d::invalid_input>([&] {
          st::load(*network, folder / "kd.pth");
        }).find("holds a student and a teacher") != std::string::npos);
  st::save(*teacher, folder / "plain.pth");
  CHECK(message_of<s2d::invalid_input>([&] {
          st::load(*network, folder / "plain.pth", st::weights::teacher);
        }).find("holds one network") != std::string::npos);
}

TEST_CASE("names of older and image checkpoints are translated", "[torch]") {
  const auto translated = [](const char* name, st::weights from) {
    const auto out = st::translate_names({{name, torch::zeros(1)}}, from);
    return out.empty() ? std::string{} : out.front().first;
  };
  using st::weights;
  CHECK(translated("sem_seg_head.mask_features.weight", weights::plain) ==
        "sem_seg_head.pixel_decoder.mask_features.weight");
  CHECK(translated("sem_seg_head.predictor.static_query.weight", weights::plain) ==
        "sem_seg_head.predictor.query_feat.weight");
  CHECK(translated("criterion.empty_weight", weights::plain).empty());
  CHECK(translated("conv1.weight", weights::backbone) == "stem.conv1.weight");
  CHECK(translated("bn1.running_var", weights::backbone) == "stem.conv1.norm.running_var");
  CHECK(translated("layer3.5.conv2.weight", weights::backbone) == "res4.5.conv2.weight");
  CHECK(translated("layer1.0.bn3.bias", weights::backbone) == "res2.0.conv3.norm.bias");
  CHECK(translated("layer4.0.downsample.0.weight", weights::backbone) == "res5.0.shortcut.weight");
  CHECK(translated("layer4.0.downsample.1.running_mean", weights::backbone) ==
        "res5.0.shortcut.norm.running_mean");
  CHECK(translated("module.backbone.layer2.1.conv1.weight", weights::backbone) ==
        "res3.1.conv1.weight");
  CHECK(translated("backbone.bottom_up.res3.1.conv1.weight", weights::backbone) ==
        "res3.1.conv1.weight");
  CHECK(translated("layer1.0.bn3.num_batches_tracked", weights::backbone).empty());
  CHECK(translated("fc.weight", weights::backbone).empty());
  CHECK(translated("sem_seg_head.predictor.query_feat.weight", weights::backbone).empty());
}

TEST_CASE("a torchvision ResNet-50 fits the backbone and the pickle of a zoo too", "[torch]") {
  const support::temporary_folder folder;
  torch::manual_seed(5);
  st::resnet50 source;
  st::named_tensors torchvision, detectron;
  for (const auto& [key, tensor] : st::state_dict(source)) {
    tensor.detach().normal_();
    detectron.emplace_back(key, tensor);
    // From the other side: stem.conv1.norm.x -> bn1.x, res2.0.shortcut.norm.x ->
    // layer1.0.downsample.1.x
    std::string name = key;
    const auto replace = [&](const std::string& from, const std::string& to) {
      const auto at = name.find(from);
      if (at != std::string::npos) name.replace(at, from.size(), to);
    };
    replace("stem.", "");
    for (int s = 2; s < 6; ++s)
      replace(s2d::concat("res", s, "."), s2d::concat("layer", s - 1, "."));
    replace("shortcut.norm", "downsample.1");
    replace("shortcut", "downsample.0");
    for (const char* k : {"1", "2", "3"})
      replace(s2d::concat("conv", k, ".norm"), s2d::concat("bn", k));
    torchvision.emplace_back(name, tensor);
  }
  torchvision.emplace_back("fc.weight", torch::zeros({1000, 2048}));
  st::write_pth(folder / "resnet50.pth", torchvision);
  st::write_safetensors(folder / "R-50.safetensors", detectron);
  for (const char* name : {"resnet50.pth", "R-50.safetensors"}) {
    st::video_mask2former model{st::presets::official()};
    st::load(*model, folder / name, st::weights::backbone);
    const auto loaded = st::state_dict(*model->backbone);
    REQUIRE(loaded.size() == detectron.size());
    bool same = true;
    for (std::size_t i = 0; i < loaded.size(); ++i)
      same = same && torch::equal(loaded[i].second, detectron[i].second);
    CHECK(same);
  }
}

TEST_CASE("what does not fit is listed by name and nothing is changed", "[torch]") {
  const support::temporary_folder folder;
  auto network = small_network(1);
  const auto before = small_network(1);
  auto values = st::state_dict(*small_network(2));
  for (auto& [key, tensor] : values)
    if (key == "sem_seg_head.predictor.class_embed.bias") tensor = torch::zeros(81);
  std::erase_if(values, [](const auto& item) {
    return item.first == "sem_seg_head.predictor.query_feat.weight";
  });
  values.emplace_back("backbone.stem.extra", torch::zeros(1));
  st::write_pth(folder / "other.pth", values);
  const auto text =
      message_of<s2d::invalid_input>([&] { st::load(*network, folder / "other.pth"); });
  CHECK(text ==
        (folder / "other.pth").string() +
            ": does not fit the network"
            "\nwrong shape (1):\n  sem_seg_head.predictor.class_embed.bias: [81], expected [2]"
            "\nmissing (1):\n  sem_seg_head.predictor.query_feat.weight"
            "\nnot in the network (1):\n  backbone.stem.extra");
  CHECK(equal(network, before));

  std::erase_if(values, [](const auto& item) { return item.first == "backbone.stem.extra"; });
  st::write_pth(folder / "other.pth", values);
  st::load(*network, folder / "other.pth",
           st::load_options{
               st::weights::plain,
               {"sem_seg_head.predictor.class_embed.", "sem_seg_head.predictor.query_feat."}});
  CHECK(torch::equal(named(st::state_dict(*network), "sem_seg_head.predictor.query_feat.weight"),
                     named(st::state_dict(*before), "sem_seg_head.predictor.query_feat.weight")));
  CHECK_FALSE(equal(network, before));
}

TEST_CASE("Python's torch.load reads our .pth files", "[torch]") {
  const support::temporary_folder folder;
  const char* named_python = std::getenv("S2D_PYTHON");
  const std::string python = named_python != nullptr ? named_python : "python3";
  if (std::system((python + " -c 'import torch' >/dev/null 2>&1").c_str()) != 0) {
    std::cout << "SKIPPED: " << python << " cannot import torch (set S2D_PYTHON)\n";
    return;
  }
  const auto network = small_network(4);
  auto values = st::state_dict(*network);
  values.emplace_back("long", torch::tensor({1, -2}, torch::kLong));
  values.emplace_back("brain", torch::tensor({1.5f}).to(torch::kBFloat16));
  values.emplace_back("none", torch::zeros({0, 4}));
  st::write_pth(folder / "ours.pth", values);
  folder.put("check.py",
             "import sys, torch\n"
             "model = torch.load(sys.argv[1], weights_only=True)['model']\n"
             "assert model['long'].tolist() == [1, -2] and model['none'].shape == (0, 4)\n"
             "assert model['brain'].dtype == torch.bfloat16 and model['brain'].item() == 1.5\n"
             "torch.save({k: v + 0 for k, v in model.items()}, sys.argv[2])\n");
  const std::string command = python + " '" + (folder / "check.py").string() + "' '" +
                              (folder / "ours.pth").string() + "' '" +
                              (folder / "theirs.pth").string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto back = st::read_checkpoint(folder / "theirs.pth");
  REQUIRE(back.size() == values.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    CHECK(back[i].first == values[i].first);
    CHECK(torch::equal(back[i].second, values[i].second));
  }
}
