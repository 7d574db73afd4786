// What the addon exports: float32 and float64 (the kernels of lib/kernels/contract.ts), bfloat16 (its products and sums),
// info, and the numbers of threads and divisions.

#include <napi.h>

#include "binding.h"
#include "blas.h"
#include "cpu.h"
#include "gemm/gemm_outer_kernel.h"
#include "isa.h"
#include "large_pages.h"
#include "multiply_adds.h"
#include "pool.h"
#include "stay_loaded.h"
#include "tables.h"

namespace blastrain {

// A callback as a JavaScript function.
inline Napi::Function Function(Napi::Env env, const char* name, napi_callback callback) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  NAPI_THROW_IF_FAILED(env, status, Napi::Function());
  return Napi::Function(env, function);
}

Napi::Object Exported(Napi::Env env, const Table& table) {
  Napi::Object kernels = Napi::Object::New(env);
  for (const auto& [name, callback] : table) kernels[name] = Function(env, name, callback);
  return kernels;
}

#if defined(__clang__)
constexpr char kCompiler[] = __VERSION__;
#else
constexpr char kCompiler[] = "GCC " __VERSION__;
#endif

Napi::Value Info(const Napi::CallbackInfo& call) {
  Napi::Env env = call.Env();
  Napi::Array features = Napi::Array::New(env);
  for (const std::string& feature : CpuFeatures()) features[features.Length()] = feature;
  Napi::Object info = Napi::Object::New(env);
  info["openblasVersion"] = blas::Config();
  info["openblasCore"] = blas::Core();
  info["ownBlas"] = blas::Own();
  info["threads"] = Pool::Shared().Threads();
  info["maxThreads"] = blas::MaxThreads();
  info["cpuFeatures"] = features;
  info["isa"] = UsedInstructions().Name();
  info["packsBytes"] = BestGemmOuterKernel<float>().pack_bytes != nullptr;
  info["splitsProducts"] = bf16::UsedMicroKernel().split_pays;
  info["compiler"] = kCompiler;
  return info;
}

void SetThreads(Args& args) {
  const int64_t threads = args.Size();
  if (threads == 0) Refuse(kBadArgument);
  Pool::Shared().SetThreads(static_cast<int>(std::min<int64_t>(threads, Pool::kMax)));
}

void LimitDefaultThreads(Args& args) {
  Pool::Shared().LimitDefault(static_cast<int>(std::min<int64_t>(args.Size(), Pool::kMax)));
}

// Of the calling thread; 0 for the number of threads.
void SetDivisions(Args& args) {
  Pool::SetDivisions(static_cast<int>(std::min<int64_t>(args.Size(), Pool::kMax)));
}

// Asks for large pages for bytes that nothing was written to yet, on these nodes of memory (a bit for each), 0 for the system's choice.
void UseLargePagesFor(Args& args) {
  const ArrayView array = args.Read();
  if (array.type != ArrayType::kUint8) Refuse(kBadArgument);
  UseLargePages(array.data, size_t(array.length), uint64_t(args.Size()));
}

// An ArrayBuffer for so many elements of so many bytes in large pages; undefined where there are none, or a runtime takes no memory from elsewhere.
napi_value AllocateLargePages(napi_env env, napi_callback_info info) {
  napi_value buffer = nullptr;
  try {
    Args args(env, info);
    const int64_t length = args.Size();
    const size_t bytes = size_t(length * args.Size());
    void* const data = LargePages::Allocate(bytes, uint64_t(args.Size()));
    if (data == nullptr) return nullptr;
    const auto free = [](napi_env, void* begin, void* length) { LargePages::Free(begin, reinterpret_cast<size_t>(length)); };
    const napi_status status = napi_create_external_arraybuffer(env, data, bytes, free, reinterpret_cast<void*>(bytes), &buffer);
    if (status == napi_ok) return buffer;
    if (status == napi_no_external_buffers_allowed) LargePages::Free(data, bytes);  // Other failures have done so.
    return nullptr;
  } catch (const Rejected& rejected) {
    napi_throw_error(env, rejected.code, "The addon refused an argument");
    return nullptr;
  }
}

double TimeParts(Args& args) { return Pool::TimeParts(args.Flag()); }

double GetThreads(Args&) { return Pool::Shared().Threads(); }

// FLOPs of chains of multiply-adds on each thread, about as many as the argument: of float32, float64 and bfloat16.
double Float32MultiplyAdds(Args& args) { return MultiplyAdds<float>(args.Size()); }
double Float64MultiplyAdds(Args& args) { return MultiplyAdds<double>(args.Size()); }
double BfloatMultiplyAdds(Args& args) { return Bfloat16MultiplyAdds(args.Size()); }
constexpr Kernel kMultiplyAdds[] = {
    {"float32", Callback<Float32MultiplyAdds>},
    {"float64", Callback<Float64MultiplyAdds>},
    {"bfloat16", Callback<BfloatMultiplyAdds>},
};

// Gives the pool as many threads as OpenBLAS was told to use, and leaves OpenBLAS one; sees that it uses what the CPU has, and that the addon stays.
// Once for the process.
void PrepareProcess() {
  static const bool once = [] {
    blas::ChooseCore();
    Pool::Shared().LimitDefault(blas::Threads());
    blas::SetThreads(1);
    StayLoaded();
    return true;
  }();
  static_cast<void>(once);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  PrepareProcess();
  exports["float32"] = Exported(env, kFloat32Table);
  exports["float64"] = Exported(env, kFloat64Table);
  exports["bfloat16"] = Exported(env, kBfloat16Table);
  exports["multiplyAdds"] = Exported(env, Table(kMultiplyAdds));
  exports["info"] = Napi::Function::New<Info>(env, "info");
  exports["setThreads"] = Function(env, "setThreads", Callback<SetThreads>);
  exports["setDivisions"] = Function(env, "setDivisions", Callback<SetDivisions>);
  exports["limitDefaultThreads"] = Function(env, "limitDefaultThreads", Callback<LimitDefaultThreads>);
  exports["allocateLargePages"] = Function(env, "allocateLargePages", AllocateLargePages);
  exports["useLargePages"] = Function(env, "useLargePages", Callback<UseLargePagesFor>);
  exports["timeParts"] = Function(env, "timeParts", Callback<TimeParts>);
  exports["getThreads"] = Function(env, "getThreads", Callback<GetThreads>);
  return exports;
}

}  // namespace blastrain

using blastrain::Init;
NODE_API_MODULE(blastrain, Init)
