// Statements to instructions: where operands lie, and which handler runs.
#include "decode.hpp"
#include "profile.hpp"

#include <driver_types.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace simulator {
namespace {

u64 aligned(u64 at, u64 to) { return (at + to - 1) / to * to; }

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += text.empty() ? word : "." + word;
  return text;
}

[[noreturn]] void refuse(warp& w, const instruction& in, u32 lanes) {
  throw_fault(
      cudaErrorNotSupported, w, in, std::countr_zero(lanes),
      "is not simulated: " + w.block->code.unsupported[static_cast<std::size_t>(in.offset)]);
}

class decoder {
 public:
  decoder(const ptx_kernel& kernel, const ptx_module& module,
          const std::unordered_map<std::string, u64>& globals)
      : kernel_{kernel}, symbols_{globals} {
    out_.name = kernel.name;
    for (const int bits : kernel.register_bits) registers_.push_back(place(bits / 8));
    for (const auto& parameter : kernel.parameters) {
      const u64 at = aligned(out_.parameter_bytes, parameter.align);
      symbols_[parameter.name] = at;
      out_.parameter_bytes = at + parameter.bytes;
      out_.parameters.push_back({at, out_.parameter_bytes});
    }
    for (const bool sized : {true, false})  // what the launch gives comes last
      for (const auto* list : {&kernel.shared, &module.shared})
        for (const auto& variable : *list) {
          if ((variable.bytes > 0) != sized) continue;
          const u64 at = aligned(out_.shared_bytes, variable.align);
          symbols_[variable.name] = shared_base + at;
          out_.shared_bytes = at + variable.bytes;
        }
    for (const auto& variable : kernel.local) {
      const u64 at = aligned(out_.local_bytes, variable.align);
      symbols_[variable.name] = at;
      out_.local_bytes = at + variable.bytes;
    }
    sink_ = place(8);
  }

  program decode() {
    for (const auto& one : kernel_.body) {
      out_.code.emplace_back();
      instruction& in = out_.code.back();
      in.line = one.line;
      in.cycles = cycles_of(one.opcode);
      in.reads = one.opcode[0] == "ld" || one.opcode[0] == "atom" || one.opcode[0] == "red";
      in.writes = one.opcode[0] == "st" || one.opcode[0] == "atom" || one.opcode[0] == "red";
      in.guarded = one.guard >= 0;
      in.guard_negated = one.guard_negated;
      if (in.guarded) in.guard = registers_[static_cast<std::size_t>(one.guard)];
      if (!decode(one, in)) {
        in.is = instruction::kind::plain;
        in.run = refuse;
        in.offset = static_cast<s64>(out_.unsupported.size());
        out_.unsupported.push_back(join_words(one.opcode));
      }
    }
    out_.code.emplace_back().is = instruction::kind::leave;  // what runs off the end
    return std::move(out_);
  }

 private:
  /// Room for 32 lanes of so many bytes; of 0: a predicate.
  u32 place(int bytes) {
    const u32 at = out_.file_bytes;
    out_.file_bytes += bytes == 0 ? 8 : 32 * static_cast<u32>(bytes);
    return at;
  }

  [[nodiscard]] int bytes_of(const operand& of) const {
    return kernel_.register_bits[static_cast<std::size_t>(of.reg)] / 8;
  }

  u32 constant(u64 bits, int bytes) {
    const auto [found, fresh] = constants_.try_emplace({bits, bytes}, 0);
    if (fresh) {
      found->second = place(bytes);
      out_.constants.push_back({found->second, bytes, bits});
    }
    return found->second;
  }

  u64 symbol(const std::string& name, int line) const {
    const auto found = symbols_.find(name);
    if (found == symbols_.end())
      throw ptx_error{"PTX, line " + std::to_string(line) + ": no symbol '" + name + "'"};
    return found->second;
  }

  /// The register of an operand of so many bytes (0: a predicate).
  bool value(const operand& from, int bytes, int line, u32& at) {
    switch (from.is) {
      case operand::kind::sink:
        at = sink_;
        return true;
      case operand::kind::reg:
        at = registers_[static_cast<std::size_t>(from.reg)];
        return bytes_of(from) == bytes && !from.negated;
      case operand::kind::number:
        at = constant(bytes == 0 ? from.bits != 0 : from.bits, bytes);
        return true;
      case operand::kind::symbol:
        at = constant(symbol(from.name, line), bytes);
        return bytes >= 4;
      case operand::kind::special: {
        const auto [found, fresh] = specials_.try_emplace(from.name, 0);
        if (fresh) {
          found->second = place(4);
          out_.specials.push_back({found->second, from.name});
        }
        at = found->second;
        return bytes == 4;
      }
      case operand::kind::address:
      case operand::kind::list:
        break;
    }
    return false;
  }

  /// A predicate that may be negated.
  bool says(const operand& from, int line, u32& at, bool& negated) {
    operand plain_one = from;
    plain_one.negated = false;
    negated = from.negated;
    return value(plain_one, 0, line, at);
  }

  bool address(const operand& from, instruction& in, int line) {
    if (from.is != operand::kind::address) return false;
    in.offset = from.offset;
    if (from.reg >= 0) {
      in.wide_address = bytes_of(from) == 8;
      in.from[0] = registers_[static_cast<std::size_t>(from.reg)];
    } else {
      in.wide_address = true;
      in.from[0] = constant(symbol(from.name, line), 8);
    }
    return true;
  }

  static bool find(const handler_table& in, const std::string& name, instruction& to) {
    const auto found = in.find(name);
    if (found != in.end()) to.run = found->second;
    return found != in.end();
  }

  bool decode(const statement& s, instruction& in) {
    const std::string name = join_words(s.opcode);
    const std::string& verb = s.opcode[0];
    if (verb == "bra") return branch(s, in);
    if (verb == "ret" || verb == "exit") return in.is = instruction::kind::leave, true;
    if (verb == "bar" && name != "bar.warp.sync") return barrier(s, name, in);
    if (verb == "barrier") return barrier(s, name, in);
    if (verb == "membar" || verb == "fence")
      return in.run = [](warp&, const instruction&, u32) {}, true;
    if (verb == "nanosleep") return in.is = instruction::kind::give_way, true;
    if (verb == "ld" || verb == "st") return transfer(s, in);
    if (verb == "atom" || verb == "red") return atomic(s, in);
    if (verb == "cvta") return move_address(s, in);
    if (verb == "cvt") return convert(s, name, in);
    if (verb == "shfl") return shuffle(s, name, in);
    if (verb == "vote") return vote(s, name, in);
    if (name == "bar.warp.sync") return warp_barrier(s, name, in);
    if (verb == "wmma") return tensor(s, name, in);
    if (verb == "mov" && std::ranges::any_of(s.operands, [](const operand& o) {
          return o.is == operand::kind::list;
        }))
      return move_parts(s, in);
    return plain(s, name, in);
  }

  bool plain(const statement& s, const std::string& name, instruction& in) {
    const auto found = arithmetic().find(name);
    if (found == arithmetic().end() || s.operands.size() > 5) return false;
    in.run = found->second.run;
    for (std::size_t o = 0; o < s.operands.size(); ++o) {
      const int bytes = found->second.bytes[o];
      if (bytes < 0 || s.operands[o].second >= 0) return false;
      if (!value(s.operands[o], bytes, s.line, o == 0 ? in.to[0] : in.from[o - 1])) return false;
    }
    return true;
  }

  bool branch(const statement& s, instruction& in) {
    const auto found = kernel_.labels.find(s.operands.at(0).name);
    if (found == kernel_.labels.end())
      throw ptx_error{"PTX, line " + std::to_string(s.line) + ": no label '" + s.operands[0].name +
                      "'"};
    in.is = instruction::kind::branch;
    in.target = found->second;
    return true;
  }

  /// bar.sync N, bar.red.or.pred P, N, Q: every thread of the block.
  bool barrier(const statement& s, const std::string& name, instruction& in) {
    in.is = instruction::kind::barrier;
    if (name == "bar.red.or.pred") {
      in.run = refuse;  // as a sign only: see pass_barrier
      return s.operands.size() == 3 && value(s.operands[0], 0, s.line, in.to[0]) &&
             value(s.operands[1], 4, s.line, in.from[0]) &&
             says(s.operands[2], s.line, in.from[1], in.negated);
    }
    return (name == "bar.sync" || name == "barrier.sync" || name == "barrier.sync.aligned") &&
           s.operands.size() == 1 && value(s.operands[0], 4, s.line, in.from[0]);
  }

  static void place_and_order(const statement& s, instruction& in) {
    in.where = space::global;
    for (const auto& word : s.opcode) {
      if (word == "shared") in.where = space::shared;
      if (word == "local") in.where = space::local;
      if (word == "param") in.where = space::param;
      if (word == "volatile" || word == "relaxed" || word == "acquire" || word == "release")
        in.plain_access = false;
      if (word == "v2") in.count = 2;
      if (word == "v4") in.count = 4;
    }
  }

  bool transfer(const statement& s, instruction& in) {
    if (s.operands.size() != 2) return false;
    place_and_order(s, in);
    const bool loads = s.opcode[0] == "ld";
    const operand& data = s.operands[loads ? 0 : 1];
    std::vector<operand> parts = data.list;
    if (data.is != operand::kind::list) parts.assign(1, data);
    if (parts.size() != in.count) return false;
    int bytes = std::stoi(s.opcode.back().substr(1)) / 8;
    for (const auto& part : parts)
      if (part.reg >= 0) bytes = bytes_of(part);
    bytes = std::max(bytes, 2);
    for (std::size_t e = 0; e < parts.size(); ++e)
      if (!value(parts[e], bytes, s.line, in.to[e])) return false;
    return address(s.operands[loads ? 1 : 0], in, s.line) &&
           find(transfers(), s.opcode[0] + "." + s.opcode.back() + "." + std::to_string(bytes), in);
  }

  /// atom.space.op.type d, [a], b(, c); red without d.
  bool atomic(const statement& s, instruction& in) {
    place_and_order(s, in);
    in.plain_access = false;
    const std::size_t first = s.opcode[0] == "red" ? 0 : 1;
    if (s.operands.size() < first + 2 || s.operands.size() > first + 3) return false;
    std::string verb;
    for (const auto& word : s.opcode)
      if (word == "add" || word == "min" || word == "max" || word == "and" || word == "or" ||
          word == "xor" || word == "exch" || word == "cas")
        verb = word;
    const std::string& type = s.opcode.back();
    const int bytes = std::stoi(type.substr(1)) / 8;
    if (!find(atomics(), verb + "." + type, in) || !address(s.operands[first], in, s.line))
      return false;
    in.to.fill(sink_);
    const operand none;
    for (std::size_t e = 0; e < in.count; ++e) {
      const operand& to = first == 0      ? none
                          : in.count == 1 ? s.operands[0]
                                          : s.operands[0].list.at(e);
      const operand& from =
          in.count == 1 ? s.operands[first + 1] : s.operands[first + 1].list.at(e);
      if (!value(to, bytes, s.line, in.to[e])) return false;
      if (!value(from, bytes, s.line, in.count == 1 ? in.from[1] : in.more[e])) return false;
    }
    return s.operands.size() == first + 2 ||
           value(s.operands[first + 2], bytes, s.line, in.from[2]);
  }

  /// Addresses of global memory are generic ones.
  bool move_address(const statement& s, instruction& in) {
    statement move = s;
    move.opcode = {"mov", "u64"};
    return std::ranges::find(s.opcode, "global") != s.opcode.end() && plain(move, "mov.u64", in);
  }

  bool convert(const statement& s, const std::string& name, instruction& in) {
    if (!find(conversions(), name, in) || s.operands.size() != 2 || s.operands[0].reg < 0 ||
        s.operands[1].reg < 0)
      return false;
    in.to_bytes = static_cast<u8>(bytes_of(s.operands[0]));
    in.from_bytes = static_cast<u8>(bytes_of(s.operands[1]));
    return value(s.operands[0], in.to_bytes, s.line, in.to[0]) &&
           value(s.operands[1], in.from_bytes, s.line, in.from[0]);
  }

  bool shuffle(const statement& s, const std::string& name, instruction& in) {
    if (!find(exchanges(), name, in) || s.operands.size() != 5) return false;
    in.is = instruction::kind::together;
    in.to[1] = s.operands[0].second < 0
                   ? sink_
                   : registers_[static_cast<std::size_t>(s.operands[0].second)];
    return value(s.operands[0], 4, s.line, in.to[0]) &&
           value(s.operands[1], 4, s.line, in.from[0]) &&
           value(s.operands[2], 4, s.line, in.from[1]) &&
           value(s.operands[3], 4, s.line, in.from[2]) &&
           value(s.operands[4], 4, s.line, in.members);
  }

  bool vote(const statement& s, const std::string& name, instruction& in) {
    if (!find(exchanges(), name, in) || s.operands.size() != 3) return false;
    in.is = instruction::kind::together;
    return value(s.operands[0], name.ends_with("pred") ? 0 : 4, s.line, in.to[0]) &&
           says(s.operands[1], s.line, in.from[0], in.negated) &&
           value(s.operands[2], 4, s.line, in.members);
  }

  bool warp_barrier(const statement& s, const std::string& name, instruction& in) {
    in.is = instruction::kind::together;
    return find(exchanges(), name, in) && s.operands.size() == 1 &&
           value(s.operands[0], 4, s.line, in.members);
  }

  bool tensor(const statement& s, const std::string& name, instruction& in) {
    if (!find(exchanges(), name, in)) return false;
    in.is = instruction::kind::together;
    in.members = constant(0xffffffffu, 4);
    in.where = space::shared;
    const auto part = [&](std::size_t o, std::size_t e, u32& at) {
      return s.operands.at(o).list.size() > e && value(s.operands[o].list[e], 4, s.line, at);
    };
    if (s.opcode[1] == "mma")
      return part(0, 0, in.to[0]) && part(0, 1, in.to[1]) && part(1, 0, in.from[0]) &&
             part(2, 0, in.from[1]) && part(3, 0, in.from[2]) && part(3, 1, in.from[3]);
    const bool loads = s.opcode[1] == "load";
    return part(loads ? 0 : 1, 0, in.to[0]) && (loads || part(1, 1, in.to[1])) &&
           address(s.operands[loads ? 1 : 0], in, s.line) &&
           value(s.operands.at(2), 4, s.line, in.from[1]);
  }

  /// mov.b64 {%r1, %r2}, %rd1 and back.
  bool move_parts(const statement& s, instruction& in) {
    const bool splits = s.operands.at(0).is == operand::kind::list;
    const operand& parts = s.operands[splits ? 0 : 1];
    const operand& whole = s.operands[splits ? 1 : 0];
    const int bits = std::stoi(s.opcode.back().substr(1));
    const int part = bits / static_cast<int>(parts.list.size());
    for (std::size_t e = 0; e < parts.list.size(); ++e)
      if (!value(parts.list[e], part / 8, s.line, splits ? in.to[e] : in.from[e])) return false;
    return value(whole, bits / 8, s.line, splits ? in.from[0] : in.to[0]) &&
           find(exchanges(),
                (splits ? "split." : "join.") + std::to_string(bits) + "." + std::to_string(part),
                in);
  }

  const ptx_kernel& kernel_;
  std::unordered_map<std::string, u64> symbols_;
  program out_;
  std::vector<u32> registers_;  ///< places in the register file
  u32 sink_ = 0;                ///< takes what nobody wants
  std::map<std::pair<u64, int>, u32> constants_;
  std::map<std::string, u32> specials_;
};

}  // namespace

program decode(const ptx_kernel& kernel, const ptx_module& module,
               const std::unordered_map<std::string, u64>& globals) {
  return decoder{kernel, module, globals}.decode();
}

}  // namespace simulator
