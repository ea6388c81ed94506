// torch.einsum: formula text made from the equation by a macro, so that costs stay symbolic. Part
// of the plugin matmul.
//
// The equation is lowered the way ATen does it (aten/src/ATen/native/Linear.cpp: einsum,
// sumproduct_pair): diagonals first, then operands contracted from left to right, each pair by one
// batched matrix product, or by one elementwise product when no index is summed. Whatever is
// written on the way is counted as an intermediate.

#include <lmhost/sdk.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// One character per dimension; kEllipsis is the whole block behind "...".
using Labels = std::string;
constexpr char kEllipsis = '.';

bool contains(const Labels& labels, char label) { return labels.find(label) != Labels::npos; }

// Number of elements as formula text. A repeated index is a diagonal and counts once.
std::string product(const Labels& labels) {
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels.find(labels[i]) != i) continue;
    if (!text.empty()) text += '*';
    text += labels[i] == kEllipsis ? std::string("ellipsis") : std::string(1, labels[i]);
  }
  return text.empty() ? "1" : text;
}

std::string sum(const std::vector<std::string>& terms) {
  std::string text;
  for (const std::string& term : terms) text += (text.empty() ? "" : " + ") + term;
  return text.empty() ? "0" : text;
}

[[noreturn]] void bad_equation(const std::string& equation, const std::string& problem) {
  throw std::invalid_argument("einsum equation '" + equation + "': " + problem);
}

// One operand or the output: "bij", "b i j" or "...ij".
Labels parse_term(const std::string& term, const std::string& equation) {
  Labels labels;
  std::size_t longest_word = 0, words = 0, word = 0;
  for (std::size_t i = 0; i < term.size(); ++i) {
    const char letter = term[i];
    if (letter == ' ') {
      word = 0;
    } else if (letter == '.') {
      if (term.compare(i, 3, "...") != 0) bad_equation(equation, "'.' that is not part of '...'");
      if (contains(labels, kEllipsis)) bad_equation(equation, "'...' twice in '" + term + "'");
      labels += kEllipsis;
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(letter)) != 0 && (letter & 0x80) == 0) {
      labels += letter;
      words += word == 0 ? 1 : 0;
      longest_word = std::max(longest_word, ++word);
    } else {
      bad_equation(equation, "'" + term + "' has an index that is not one letter a-z or A-Z");
    }
  }
  // "batch i" means two axes to einops and six to torch: refuse rather than guess.
  if (words > 1 && longest_word > 1)
    bad_equation(equation, "write one letter per axis in '" + term + "'");
  return labels;
}

struct Equation {
  std::vector<Labels> operands;
  Labels output;
  Labels order;  // output, then the summed dimensions as ATen sorts them: ellipsis, A-Z, a-z
};

Labels implicit_output(const std::vector<Labels>& operands) {
  std::map<char, int>
      count;  // sorted: '.' before upper case before lower case, as ATen orders them
  for (const Labels& operand : operands) {
    for (const char label : operand) ++count[label];
  }
  Labels output;
  for (const auto& [label, times] : count) {
    if (times == 1 || label == kEllipsis) output += label;
  }
  return output;
}

Equation parse_equation(const std::string& text) {
  if (text.find_first_not_of(' ') == std::string::npos) bad_equation(text, "it is empty");
  Equation equation;
  const std::size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  for (std::size_t begin = 0, comma = 0; comma != std::string::npos; begin = comma + 1) {
    comma = left.find(',', begin);
    const std::size_t length = comma == std::string::npos ? comma : comma - begin;
    equation.operands.push_back(parse_term(left.substr(begin, length), text));
  }
  Labels all;
  for (const Labels& operand : equation.operands) all += operand;
  if (arrow == std::string::npos) {
    equation.output = implicit_output(equation.operands);
  } else {
    equation.output = parse_term(text.substr(arrow + 2), text);
    if (!contains(all, kEllipsis)) {  // "..." that no operand has covers nothing
      equation.output.erase(std::remove(equation.output.begin(), equation.output.end(), kEllipsis),
                            equation.output.end());
    }
    for (const char label : equation.output) {
      const std::string index = "output index '" + std::string(1, label) + "'";
      if (!contains(all, label)) bad_equation(text, index + " is in no operand");
      if (equation.output.find(label) != equation.output.rfind(label)) {
        bad_equation(text, index + " appears twice");
      }
    }
  }
  std::sort(all.begin(), all.end());
  equation.order = equation.output;
  for (const char label : all) {
    if (!contains(equation.order, label)) equation.order += label;
  }
  return equation;
}

// A tensor on the way to the result.
struct Tensor {
  Labels memory;     // dimensions as they lie in memory, outermost first
  int operand = -1;  // which input this still is; -1: materialised on the way
};

// Whether both dimensions can be viewed as one: everywhere that outer stands, inner follows. A
// repeated index is a diagonal, whose stride is the sum of the strides of its places.
bool lie_together(const Labels& memory, char outer, char inner) {
  const auto places = [&](char label) { return std::count(memory.begin(), memory.end(), label); };
  if (places(outer) != places(inner)) return false;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (memory[i] == outer && (i + 1 == memory.size() || memory[i + 1] != inner)) return false;
  }
  return true;
}

// The layout of an elementwise product: dimensions sorted by the strides of the first operand that
// has both, as TensorIterator does it (aten/src/ATen/TensorIterator.cpp, reorder_dimensions). Its
// ties between broadcast dimensions are left as they are, so that a copy of a partial product of
// three or more operands may, rarely, be counted differently.
Labels elementwise_layout(Labels labels, const Labels& left, const Labels& right) {
  // Positive: the wrong way round; 0: no operand can tell.
  const auto compare = [&](char inner, char outer) {
    for (const Labels* memory : {&left, &right}) {
      if (!contains(*memory, inner) || !contains(*memory, outer)) continue;
      return memory->find(inner) < memory->find(outer) ? 1 : -1;
    }
    return 0;
  };
  std::reverse(labels.begin(), labels.end());
  for (std::size_t i = 1; i < labels.size(); ++i) {
    for (std::size_t at = i, j = i; j-- > 0;) {
      const int order = compare(labels[j], labels[at]);
      if (order < 0) break;
      if (order == 0) continue;
      std::swap(labels[j], labels[at]);
      at = j;
    }
  }
  std::reverse(labels.begin(), labels.end());
  return labels;
}

// What the lowered equation moves and computes, each quantity as formula terms.
struct Cost {
  std::vector<std::string> flops, matmul_flops;
  std::vector<std::string> operands;  // read from each input; "0" while only viewed
  std::vector<std::string> intermediates_read, written;
  std::string output = "0";  // a permutation or a diagonal is a view: nothing is written
};

// Walks through ATen's lowering and collects its cost.
class Lowering {
 public:
  explicit Lowering(const Equation& equation) : order_(equation.order) {
    cost_.operands.assign(equation.operands.size(), "0");
    const Labels summed = order_.substr(equation.output.size());
    for (const Labels& operand : equation.operands) {
      for (const char label : summed) holders_[label] += contains(operand, label) ? 1 : 0;
    }
    Tensor result{equation.operands[0], 0};
    for (std::size_t i = 1; i < equation.operands.size(); ++i) {
      result = contract(result, {equation.operands[i], static_cast<int>(i)}, summed);
    }
    if (equation.operands.size() == 1) result = reduce(result, summed);
    if (result.operand < 0) {  // the last tensor written is the output
      cost_.output = cost_.written.back();
      cost_.written.pop_back();
    }
  }

  const Cost& cost() const { return cost_; }

 private:
  // An index that no later operand has is summed now: in the product if both sides have it, before
  // it if one has.
  Tensor contract(const Tensor& left, const Tensor& right, const Labels& summed) {
    Labels both, only_left, only_right;
    for (const char label : summed) {
      const bool in_left = contains(left.memory, label), in_right = contains(right.memory, label);
      int& count = holders_[label];
      if (in_left && in_right) {
        if (--count != 1) continue;
        both += label;
      } else if (count == 1 && (in_left || in_right)) {
        (in_left ? only_left : only_right) += label;
      } else {
        continue;
      }
      count = 0;
    }
    return multiply(reduce(left, only_left), reduce(right, only_right), both);
  }

  Labels ordered(const Labels& labels) const {
    Labels result;
    for (const char label : order_) {
      if (contains(labels, label)) result += label;
    }
    return result;
  }

  void read(const Tensor& tensor) {
    if (tensor.operand < 0) {
      cost_.intermediates_read.push_back(product(tensor.memory));
    } else {
      cost_.operands[static_cast<std::size_t>(tensor.operand)] = product(tensor.memory);
    }
  }

  Tensor write(const Labels& memory) {
    cost_.written.push_back(product(memory));
    return {memory, -1};
  }

  Tensor reduce(const Tensor& tensor, const Labels& summed) {
    if (summed.empty()) return tensor;
    Labels kept;
    for (const char label : ordered(tensor.memory)) {
      if (!contains(summed, label)) kept += label;
    }
    read(tensor);
    cost_.flops.push_back(product(tensor.memory));
    return write(kept);
  }

  // bmm takes [batch][row][column], each one dimension. Where the labels of a group do not lie next
  // to each other in memory, reshape copies the tensor first.
  Tensor pack(const Tensor& tensor, const std::vector<Labels>& groups) {
    bool is_view = true;
    Labels packed;
    for (const Labels& group : groups) {
      packed += group;
      for (std::size_t i = 1; i < group.size(); ++i) {
        is_view = is_view && lie_together(tensor.memory, group[i - 1], group[i]);
      }
    }
    if (is_view) return tensor;
    read(tensor);
    return write(packed);
  }

  Tensor multiply(const Tensor& left, const Tensor& right, const Labels& summed) {
    const Labels all = ordered(left.memory + right.memory);
    if (summed.empty()) {
      read(left);
      read(right);
      cost_.flops.push_back(product(all));
      return write(elementwise_layout(all, left.memory, right.memory));
    }
    Labels batch, rows, columns;
    for (const char label : all) {
      if (contains(summed, label)) continue;
      const bool in_left = contains(left.memory, label), in_right = contains(right.memory, label);
      (in_left && in_right ? batch : in_left ? rows : columns) += label;
    }
    const Tensor packed_left = pack(left, {batch, rows, summed});
    const Tensor packed_right = pack(right, {batch, summed, columns});
    read(packed_left);
    read(packed_right);
    cost_.flops.push_back("2*" + product(all));
    cost_.matmul_flops.push_back("2*" + product(all));
    // swap_lo_ro: columns that all come before the rows make the product of the transposes.
    const bool swapped =
        !rows.empty() && !columns.empty() && all.find(columns.back()) < all.find(rows.front());
    return write(batch + (swapped ? columns + rows : rows + columns));
  }

  Labels order_;
  std::map<char, int> holders_;  // operands still to come that have a summed index
  Cost cost_;
};

// einsum(equation, what): one quantity of the lowered equation as formula text.
std::string einsum(const std::vector<std::string>& arguments) {
  const Lowering lowering(parse_equation(arguments[0]));
  const Cost& cost = lowering.cost();
  const std::string& what = arguments[1];
  if (what == "flops") return sum(cost.flops);
  if (what == "matmul_flops") return sum(cost.matmul_flops);
  if (what == "operand0") return cost.operands[0];
  if (what == "operand1") return cost.operands.size() > 1 ? cost.operands[1] : "0";
  if (what == "further_operands") {
    const std::size_t skipped = std::min<std::size_t>(2, cost.operands.size());
    return sum({cost.operands.begin() + static_cast<std::ptrdiff_t>(skipped), cost.operands.end()});
  }
  if (what == "output") return cost.output;
  if (what == "intermediates_read") return sum(cost.intermediates_read);
  if (what == "intermediates_written") return sum(cost.written);
  throw std::invalid_argument("einsum has no quantity '" + what + "'");
}

}  // namespace

void add_einsum(lmhost::sdk::Plugin& plugin) {
  plugin.macro("einsum", 2, &einsum,
               "einsum(equation, what): formula text of one quantity of an einsum equation lowered "
               "as ATen does it");
  auto& kernel = plugin.kernel("torch.einsum");
  kernel
      .doc(
          "Any equation over operands that are contiguous: repeated, summed and output-free "
          "indices, implicit output, '...', any number of operands, contracted from left to right "
          "(torch.einsum without the opt_einsum package; with it, three or more operands may take "
          "a cheaper order). A pair with a summed index is one batched matrix product, and an "
          "operand whose memory does not fit it is copied first; without one it is an elementwise "
          "product. A transposition or diagonal alone is a view. Every size is taken as not 1 and "
          "equal wherever an index appears; '...' covers the same dimensions in every operand that "
          "has it. An einops pattern is read if its axes have one letter each.")
      .source(
          "aten/src/ATen/native/Linear.cpp:166-273 (2.13) sumproduct_pair and einsum below it; "
          "torch/functional.py:175 (2.15)")
      .alias({"torch.functional.einsum", "einops.einsum", "aten::einsum"})
      .params({"equation:string -- for example 'bhqd,bhkd->bhqk'",
               "input_bits:float=a_bits -- bits per element"});
  for (const char first : {'a', 'A'}) {
    for (int i = 0; i < 26; ++i) {
      const std::string letter(1, static_cast<char>(first + i));
      const std::string parameter = letter + "? -- size of index " + letter;
      kernel.params({parameter.c_str()});
    }
  }
  kernel.params({"ellipsis? -- elements of the dimensions behind '...': their product"})
      .flops("einsum(equation, 'flops')",
             "2 per term of a matrix product, 1 per term of a product or sum")
      .matmul_flops("einsum(equation, 'matmul_flops')")
      .reads("operand0", "einsum(equation, 'operand0')", "input_bits")
      .reads("operand1", "einsum(equation, 'operand1')", "input_bits")
      .reads("further_operands", "einsum(equation, 'further_operands')", "input_bits",
             "the third operand and later")
      .reads("intermediates_read", "einsum(equation, 'intermediates_read')", "input_bits",
             "copies, partial sums and partial products, read by the next step")
      .writes("intermediates_written", "einsum(equation, 'intermediates_written')", "input_bits")
      .writes("output", "einsum(equation, 'output')", "input_bits")
      .scratch("intermediates", "einsum(equation, 'intermediates_written')", "input_bits")
      .example("equation='bij,bjk->bik', b=2, i=3, j=5, k=7, bytes=2",
               "flops=420, matmul_flops=420, read=200, write=84, scratch=0",
               "one bmm: 2*2*3*5*7; read 2*(30 + 70); write 2*42")
      .example("equation='iij,jk->ik', i=3, j=5, k=7, bytes=2",
               "flops=210, matmul_flops=210, read=100, write=42",
               "the diagonal has 3*5 elements: 2*3*5*7; read 2*(15 + 35); write 2*21")
      .example("equation='ij,k->i', i=2, j=3, k=5, bytes=2",
               "flops=13, matmul_flops=0, read=28, write=10, scratch=6",
               "j and k are summed first: 6 + 5, then 2 products; read 2*(6 + 5 + 2 + 1); write "
               "2*(2 + 1 + 2)")
      .example("equation='ij,jk,kl', i=2, j=3, k=5, l=7, bytes=2",
               "flops=200, matmul_flops=200, read=132, write=48, scratch=20",
               "implicit output il; left to right: 2*2*3*5 + 2*2*5*7; read 2*(6 + 15 + 10 + 35); "
               "write 2*(10 + 14)")
      .example("equation='bk,nkm->bnm', b=2, k=3, n=5, m=7, bytes=2",
               "flops=420, matmul_flops=420, read=432, write=350, scratch=210",
               "nkm is copied to k,(n,m): 105 elements read and written; 2*2*3*35; read 2*(105 + 6 "
               "+ 105); write 2*(105 + 70)")
      .example("equation='...ij,...jk->...ik', i=3, j=5, k=7, ellipsis=2, bytes=2",
               "flops=420, matmul_flops=420, read=200, write=84",
               "as the first example, with the batch behind '...'")
      .example("equation='ij->ji', i=3, j=5", "flops=0, matmul_flops=0, read=0, write=0", "a view");
}
