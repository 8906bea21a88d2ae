// Python pickles read as data: values, and descriptions of tensors. Nothing is ever called; a
// pickle that names anything but the parts of checkpoints is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/torch/detail/stored_zip.hpp>

namespace s2d::inline S2D_ABI {
namespace torch::detail {

enum class pickle_kind {
  none,
  boolean,
  integer,
  real,
  text,     // also bytes
  list,     // also tuples and sets
  dict,     // items: key, value, key, value ...
  global,   // text: module and name, a space between
  opaque,   // what an unknown but harmless callable would have returned
  storage,  // text: type; items: key, count
  tensor,   // items: storage, offset, sizes, strides
  dtype,    // of numpy; text: its code, behind '>' if the largest byte is the first
  array     // of numpy; items: sizes, type, fortran order, bytes; empty before its state is known
};

/// One value. Values refer to each other by index, so that cycles and depth do no harm.
struct pickle_value {
  pickle_kind kind = pickle_kind::none;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<std::uint32_t> items;
};

/// All values of one pickle.
struct pickle_tree {
  std::vector<pickle_value> values;
  std::uint32_t root = 0;

  [[nodiscard]] const pickle_value& operator[](std::uint32_t i) const { return values[i]; }
  /// The value of a text key in a dict; null if there is none.
  [[nodiscard]] const pickle_value* find(const pickle_value& dict, std::string_view key) const {
    if (dict.kind != pickle_kind::dict) return nullptr;
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const pickle_value& k = values[dict.items[i]];
      if (k.kind == pickle_kind::text && k.text == key) return &values[dict.items[i + 1]];
    }
    return nullptr;
  }
};

/// The stack machine of the pickle format, protocols 2 to 5, without its power.
class pickle_reader {
 public:
  pickle_reader(byte_walk& walk, std::string_view name) : walk_{walk}, name_{name} {}

  pickle_tree read() {
    for (;;) {
      const auto op = walk_.number<std::uint8_t>();
      if (op == '.') break;
      step(op);
    }
    tree_.root = pop();
    return std::move(tree_);
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw invalid_input{concat(name_, ": pickle, byte ", walk_.position(), ": ", parts...)};
  }
  std::uint32_t add(pickle_value value) {
    if (tree_.values.size() >= (std::numeric_limits<std::uint32_t>::max)()) fail("too many values");
    tree_.values.push_back(std::move(value));
    return static_cast<std::uint32_t>(tree_.values.size() - 1);
  }
  void push(std::uint32_t index) { stack_.push_back(index); }
  void push(pickle_value value) { push(add(std::move(value))); }
  void push_kind(pickle_kind kind) {
    pickle_value value;
    value.kind = kind;
    push(std::move(value));
  }
  void push_integer(std::int64_t number) {
    pickle_value value;
    value.kind = pickle_kind::integer;
    value.integer = number;
    push(std::move(value));
  }
  void push_text(std::string_view text) {
    pickle_value value;
    value.kind = pickle_kind::text;
    value.text = text;
    push(std::move(value));
  }
  std::uint32_t pop() {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) fail("damaged, the stack is empty");
    const std::uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  pickle_value& top() {
    const std::uint32_t index = pop();
    push(index);
    return tree_.values[index];
  }
  std::vector<std::uint32_t> pop_mark() {
    if (marks_.empty()) fail("damaged, a mark is missing");
    const std::size_t from = marks_.back();
    marks_.pop_back();
    std::vector<std::uint32_t> items(stack_.begin() + static_cast<std::ptrdiff_t>(from),
                                     stack_.end());
    stack_.resize(from);
    return items;
  }
  void push_list(std::vector<std::uint32_t> items) {
    pickle_value value;
    value.kind = pickle_kind::list;
    value.items = std::move(items);
    push(std::move(value));
  }
  void push_tuple(std::size_t count) {
    std::vector<std::uint32_t> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_list(std::move(items));
  }
  void extend(const std::vector<std::uint32_t>& items, bool pairs) {
    pickle_value& target = top();
    if (pairs && items.size() % 2 != 0) fail("damaged, a key without a value");
    if (target.kind == (pairs ? pickle_kind::dict : pickle_kind::list))
      target.items.insert(target.items.end(), items.begin(), items.end());
    else if (target.kind != pickle_kind::opaque)
      fail("damaged, items for something that is no container");
  }

  static bool harmless(std::string_view module, std::string_view name) {
    const std::string_view first = module.substr(0, module.find('.'));
    for (const std::string_view known :
         {"torch", "collections", "numpy", "argparse", "_codecs", "copyreg", "copy_reg", "yacs",
          "detectron2", "fvcore", "omegaconf", "datetime", "pathlib"})
      if (first == known) return true;
    if (first == "builtins" || first == "__builtin__")
      for (const std::string_view known : {"set", "frozenset", "dict", "list", "tuple", "int",
                                           "float", "complex", "bytearray", "object", "slice"})
        if (name == known) return true;
    return false;
  }
  void push_global(std::string_view module, std::string_view name) {
    if (module.size() + name.size() > 256)
      fail("damaged, a name of ", module.size() + name.size(), " characters");
    if (!harmless(module, name))
      fail("asks for ", module, ".", name,
           ", which is no part of a checkpoint; nothing was executed, the file is refused");
    pickle_value value;
    value.kind = pickle_kind::global;
    value.text = concat(module, ' ', name);
    push(std::move(value));
  }

  std::string latin1(std::string_view utf8) {
    std::string bytes;
    decoded_ += utf8.size();
    if (decoded_ > walk_.position()) fail("damaged, the same bytes are decoded again and again");
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      const auto c = static_cast<unsigned char>(utf8[i]);
      if (c < 0x80) {
        bytes += static_cast<char>(c);
      } else if ((c == 0xC2 || c == 0xC3) && i + 1 < utf8.size()) {
        bytes += static_cast<char>((c & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 63));
      } else {
        fail("damaged, bytes written as text are not Latin-1");
      }
    }
    return bytes;
  }

  /// The first items of a value; no call of interest has more than eight.
  std::vector<std::uint32_t> first_items(std::uint32_t index) const {
    const std::vector<std::uint32_t>& all = tree_.values[index].items;
    return {all.begin(),
            all.begin() + static_cast<std::ptrdiff_t>(all.size() < 8 ? all.size() : 8)};
  }

  /// What a callable would have made of its arguments.
  void call() {
    const std::uint32_t arguments = pop();
    const std::uint32_t callable = pop();
    if (tree_.values[callable].kind != pickle_kind::global) {
      push_kind(pickle_kind::opaque);
      return;
    }
    const std::string function = tree_.values[callable].text;  // at most 257 characters
    const std::vector<std::uint32_t> items = first_items(arguments);
    pickle_value value;
    if (function == "torch._utils _rebuild_tensor_v2" ||
        function == "torch._utils _rebuild_tensor") {
      if (items.size() < 4 || tree_.values[items[0]].kind != pickle_kind::storage)
        fail("damaged, a tensor without storage");
      value.kind = pickle_kind::tensor;
      value.items.assign(items.begin(), items.begin() + 4);
    } else if (function == "torch._utils _rebuild_parameter" ||
               function == "torch._utils _rebuild_parameter_with_state") {
      if (items.empty()) fail("damaged, a parameter without tensor");
      push(items[0]);
      return;
    } else if (function == "collections OrderedDict") {
      value.kind = pickle_kind::dict;
    } else if (function == "numpy.core.multiarray _reconstruct" ||
               function == "numpy._core.multiarray _reconstruct") {
      value.kind = pickle_kind::array;
    } else if (function == "numpy dtype" && !items.empty() &&
               tree_.values[items[0]].kind == pickle_kind::text) {
      const std::string& code = tree_.values[items[0]].text;
      if (code.size() > 16) fail("damaged, an element type of ", code.size(), " characters");
      value.kind = pickle_kind::dtype;
      value.text = code;
    } else if (function == "_codecs encode" && !items.empty() &&
               tree_.values[items[0]].kind == pickle_kind::text) {
      value.kind = pickle_kind::text;
      value.text = latin1(tree_.values[items[0]].text);
    } else {
      value.kind = pickle_kind::opaque;
      value.text = function;
    }
    push(std::move(value));
  }

  /// State for an object: of use for NumPy's element types, (version, order of bytes, ...), and
  /// arrays, (version, sizes, type, fortran, bytes).
  void build() {
    const std::uint32_t state = pop();
    pickle_value& target = top();
    const std::vector<std::uint32_t>& items = tree_.values[state].items;
    if (target.kind == pickle_kind::dtype && items.size() > 1) {
      const std::string& order = tree_.values[items[1]].text;
      if (order == ">" && target.text.find_first_of("<>") == std::string::npos)
        target.text.insert(0, order);
    }
    if (target.kind != pickle_kind::array) return;
    if (tree_.values[state].kind != pickle_kind::list || items.size() != 5)
      fail("damaged, an array of numpy without content");
    target.items.assign(items.begin() + 1, items.end());
  }

  /// ("storage", type, key, place, count): where the numbers of a tensor are.
  void persistent() {
    const std::uint32_t id = pop();
    const std::vector<std::uint32_t> items = first_items(id);
    if (items.size() < 5 || tree_.values[items[0]].text != "storage" ||
        tree_.values[items[1]].kind != pickle_kind::global ||
        tree_.values[items[2]].kind != pickle_kind::text ||
        tree_.values[items[4]].kind != pickle_kind::integer)
      fail("damaged, a storage of unknown form");
    if (items.size() > 5 && tree_.values[items[5]].kind != pickle_kind::none)
      fail("a storage that is part of another one; save it again with a newer PyTorch");
    pickle_value value;
    value.kind = pickle_kind::storage;
    value.text = tree_.values[items[1]].text;
    value.items = {items[2], items[4]};
    push(std::move(value));
  }

  void remember(std::uint32_t key) {
    top();
    memo_[key] = stack_.back();
  }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("damaged, value ", key, " was never stored");
    push(found->second);
  }

  void push_long(std::span<const std::byte> bytes) {
    if (bytes.size() > 8) {  // no extent is that large
      push_kind(pickle_kind::opaque);
      return;
    }
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      number = number << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    const std::size_t bits = bytes.size() * 8;
    if (bits > 0 && bits < 64 && (number >> (bits - 1) & 1) != 0)
      number |= ~std::uint64_t{0} << bits;
    push_integer(static_cast<std::int64_t>(number));
  }

  void step(std::uint8_t op) {
    switch (op) {
      case 0x80:  // protocol
        if (const auto version = walk_.number<std::uint8_t>(); version < 2 || version > 5)
          fail("protocol ", int{version}, ", expected 2 to 5");
        return;
      case 0x95:  // frame
        walk_.take(8);
        return;
      case '(':
        marks_.push_back(stack_.size());
        return;
      case '0':
        pop();
        return;
      case '1':
        pop_mark();
        return;
      case '2':
        top();
        return push(stack_.back());
      case 'N':
        return push_kind(pickle_kind::none);
      case 0x88:
      case 0x89: {
        pickle_value value;
        value.kind = pickle_kind::boolean;
        value.integer = op == 0x88;
        return push(std::move(value));
      }
      case 'J':
        return push_integer(walk_.number<std::int32_t>());
      case 'K':
        return push_integer(walk_.number<std::uint8_t>());
      case 'M':
        return push_integer(walk_.number<std::uint16_t>());
      case 0x8A:
        return push_long(walk_.take(walk_.number<std::uint8_t>()));
      case 0x8B:
        return push_long(walk_.take(walk_.number<std::uint32_t>()));
      case 'G': {
        std::uint64_t bits = 0;
        for (const std::byte b : walk_.take(8))
          bits = bits << 8 | std::to_integer<std::uint64_t>(b);
        pickle_value value;
        value.kind = pickle_kind::real;
        std::memcpy(&value.real, &bits, 8);
        return push(std::move(value));
      }
      case 'U':
      case 'C':
      case 0x8C:
        return push_text(walk_.text(walk_.number<std::uint8_t>()));
      case 'T':
      case 'B':
      case 'X':
        return push_text(walk_.text(walk_.number<std::uint32_t>()));
      case 0x8D:
      case 0x8E:
      case 0x96:
        return push_text(walk_.text(walk_.number<std::uint64_t>()));
      case ']':
      case ')':
      case 0x8F:
        return push_kind(pickle_kind::list);
      case '}':
        return push_kind(pickle_kind::dict);
      case 't':
      case 'l':
      case 0x91:
        return push_list(pop_mark());
      case 'd': {
        auto items = pop_mark();
        push_kind(pickle_kind::dict);
        return extend(items, true);
      }
      case 0x85:
        return push_tuple(1);
      case 0x86:
        return push_tuple(2);
      case 0x87:
        return push_tuple(3);
      case 'a':
        return extend({pop()}, false);
      case 'e':
      case 0x90:
        return extend(pop_mark(), false);
      case 's': {
        const std::uint32_t value = pop();
        const std::uint32_t key = pop();
        return extend({key, value}, true);
      }
      case 'u':
        return extend(pop_mark(), true);
      case 'q':
        return remember(walk_.number<std::uint8_t>());
      case 'r':
        return remember(walk_.number<std::uint32_t>());
      case 0x94:
        return remember(static_cast<std::uint32_t>(memo_.size()));
      case 'h':
        return recall(walk_.number<std::uint8_t>());
      case 'j':
        return recall(walk_.number<std::uint32_t>());
      case 'c': {
        const std::string_view module = walk_.line();
        return push_global(module, walk_.line());
      }
      case 0x93: {
        const std::uint32_t name = pop();
        const std::uint32_t module = pop();
        const std::string first = tree_.values[module].text.substr(0, 257);
        const std::string second = tree_.values[name].text.substr(0, 257);
        return push_global(first, second);
      }
      case 'R':
      case 0x81:
        return call();
      case 0x92:
        pop();
        return call();
      case 'b':
        return build();
      case 'Q':
        return persistent();
      default:
        fail("operation ", int{op}, " is not known, the file is damaged or no checkpoint");
    }
  }

  byte_walk& walk_;
  std::string_view name_;
  pickle_tree tree_;
  std::vector<std::uint32_t> stack_;
  std::vector<std::size_t> marks_;
  std::size_t decoded_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> memo_;
};

/// Reads one pickle where `walk` stands.
/// @throws invalid_input if it is damaged, or names what no checkpoint needs
inline pickle_tree read_pickle(byte_walk& walk, std::string_view name) {
  return pickle_reader{walk, name}.read();
}

}  // namespace torch::detail
}  // namespace s2d::inline S2D_ABI
