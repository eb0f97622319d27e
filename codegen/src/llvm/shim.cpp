// What LLVM's C interface lacks. Each function does one thing and keeps nothing.
//
// The passes are added one by one: LLVMRunPasses would link every pass there is, which costs
// 10 MB of memory and 2 ms of start-up.

#include "llvm-c/DebugInfo.h"
#include "llvm-c/Types.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Pass.h"
#include "llvm/Transforms/Scalar.h"

using namespace llvm;

namespace {

// Puts zero where LLVM knows that any value does. The BPF target would leave the register as it
// finds it, and the kernel refuses a program that reads a register nobody wrote.
class DefineUndefined : public FunctionPass {
public:
  static char ID;
  DefineUndefined() : FunctionPass(ID) {}

  bool runOnFunction(Function &function) override {
    bool changed = false;
    for (Instruction &instruction : instructions(function)) {
      for (Use &operand : instruction.operands()) {
        if (isa<UndefValue>(operand.get())) {
          operand.set(Constant::getNullValue(operand->getType()));
          changed = true;
        }
      }
    }
    return changed;
  }

  void getAnalysisUsage(AnalysisUsage &usage) const override { usage.setPreservesCFG(); }
};

char DefineUndefined::ID = 0;

// Gives a long function a way out at each place where it may end: jumps of older instruction sets
// reach 32,767 instructions, and the passes before this one have left a single return, at the far
// end. The way out is made the likely one, so that it is laid out right behind the place.
// So are blocks that LLVM takes for unlikely.
class NearReturns : public FunctionPass {
public:
  static char ID;
  NearReturns() : FunctionPass(ID) {}

  bool runOnFunction(Function &function) override {
    // Instructions of LLVM from which on BPF's may be too many for a jump.
    constexpr unsigned Long = 8192;
    if (function.getInstructionCount() < Long)
      return false;
    SmallVector<BranchInst *> branches;
    for (BasicBlock &block : function) {
      auto *branch = dyn_cast<BranchInst>(block.getTerminator());
      if (branch && branch->isConditional() && branch->getSuccessor(0) != branch->getSuccessor(1))
        branches.push_back(branch);
    }
    bool changed = false;
    for (BranchInst *branch : branches) {
      for (unsigned way : {0u, 1u})
        changed |= leaveHere(branch, way);
      changed |= stayHere(branch);
    }
    return changed;
  }

private:
  // Makes the way of a pointer that is null a little more likely than the other, where it leads to a
  // block of its own, such as one that inserts what was not found. LLVM takes it for unlikely, and
  // would lay it out behind all that is likely: at the far end.
  static bool stayHere(BranchInst *branch) {
    auto *compare = dyn_cast<ICmpInst>(branch->getCondition());
    if (!compare || !compare->isEquality() || !isa<ConstantPointerNull>(compare->getOperand(1)))
      return false;
    unsigned way = compare->getPredicate() == ICmpInst::ICMP_EQ ? 0 : 1;
    if (!branch->getSuccessor(way)->getSinglePredecessor())
      return false;
    weigh(branch, way, 3, 2);
    return true;
  }

  static void weigh(BranchInst *branch, unsigned way, uint32_t weight, uint32_t other) {
    uint32_t weights[] = {other, other};
    weights[way] = weight;
    MDBuilder builder(branch->getContext());
    branch->setMetadata(LLVMContext::MD_prof, builder.createBranchWeights(weights[0], weights[1]));
  }

  // Makes a way of a branch that only returns return right there.
  static bool leaveHere(BranchInst *branch, unsigned way) {
    BasicBlock *from = branch->getParent();
    BasicBlock *to = branch->getSuccessor(way);
    auto *last = dyn_cast<ReturnInst>(to->getTerminator());
    if (!last || to->getFirstNonPHIOrDbg() != last || !last->getReturnValue())
      return false;
    LLVMContext &context = from->getContext();
    Value *value = last->getReturnValue()->DoPHITranslation(from, to);
    BasicBlock *own = BasicBlock::Create(context, "", from->getParent(), from->getNextNode());
    ReturnInst::Create(context, value, own)->setDebugLoc(last->getDebugLoc());
    to->removePredecessor(from);
    branch->setSuccessor(way, own);
    // Of two returns side by side, LLVM would make one.
    if (to != &from->getParent()->back())
      to->moveAfter(&from->getParent()->back());
    weigh(branch, way, 1000, 1);
    return true;
  }
};

char NearReturns::ID = 0;

} // namespace

extern "C" void strobe_add_passes(LLVMPassManagerRef manager) {
  legacy::PassManagerBase *passes = unwrap(manager);
  passes->add(createSROAPass(/*PreserveCFG=*/false));
  passes->add(createEarlyCSEPass());
  passes->add(createCFGSimplificationPass());
  passes->add(new DefineUndefined());
  passes->add(new NearReturns());
}

// A file with its text, which the BPF target copies into .BTF line by line.
extern "C" LLVMMetadataRef strobe_di_file(LLVMDIBuilderRef builder, const char *name,
                                          size_t name_len, const char *text, size_t text_len) {
  StringRef source(text, text_len);
  return wrap(unwrap(builder)->createFile(StringRef(name, name_len), "", std::nullopt, source));
}

// Takes the place of llvm::cl::Option::addArgument() where the linker is told to --wrap it, as it
// is for release builds (cli/build.rs). LLVM registers some 400 command-line options before main(),
// half of all that a run does whose program is cached; nobody parses them, and each keeps the
// default that its constructor gave it.
extern "C" void __wrap__ZN4llvm2cl6Option11addArgumentEv(void *) {}
