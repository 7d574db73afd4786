// What the MPI addon exports, see lib/cluster/addon.ts. It is built on the machine that uses it (npx blastrain mpi --build), against that machine's
// MPI, as binaries of different MPIs do not fit each other; so it needs no more than a compiler and Node.js's headers, and is plain Node-API.

#include <node_api.h>

#include "engine.h"

namespace blastrain::mpi {
namespace {

#if defined(OMPI_MAJOR_VERSION)
constexpr const char* kFamily = "openmpi";
#elif defined(I_MPI_VERSION)
constexpr const char* kFamily = "intelmpi";
#elif defined(MVAPICH2_VERSION)
constexpr const char* kFamily = "mvapich";
#elif defined(MPICH_VERSION)
constexpr const char* kFamily = "mpich";
#else
constexpr const char* kFamily = "mpi";
#endif

#if defined(OMPI_MAJOR_VERSION)
#define BLASTRAIN_TEXT_OF(x) #x
#define BLASTRAIN_TEXT(x) BLASTRAIN_TEXT_OF(x)
constexpr const char* kBuiltAgainst =
    "Open MPI " BLASTRAIN_TEXT(OMPI_MAJOR_VERSION) "." BLASTRAIN_TEXT(OMPI_MINOR_VERSION) "." BLASTRAIN_TEXT(OMPI_RELEASE_VERSION);
#elif defined(I_MPI_VERSION)
constexpr const char* kBuiltAgainst = "Intel MPI " I_MPI_VERSION;
#elif defined(MVAPICH2_VERSION)
constexpr const char* kBuiltAgainst = "MVAPICH2 " MVAPICH2_VERSION;
#elif defined(MPICH_VERSION)
constexpr const char* kBuiltAgainst = "MPICH " MPICH_VERSION;
#else
constexpr const char* kBuiltAgainst = "an MPI";
#endif

// Reads arguments, each of which must be as asked for, and makes what is returned.
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    Demand(napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) == napi_ok);
  }

  double Number() {
    double value;
    Demand(napi_get_value_double(env_, values_[next_++], &value) == napi_ok && value == value);
    return value;
  }
  int64_t Whole(int64_t most) {
    const double value = Number();
    Demand(value >= 0 && value <= static_cast<double>(most));
    return static_cast<int64_t>(value);
  }
  bool Flag() {
    bool value;
    Demand(napi_get_value_bool(env_, values_[next_++], &value) == napi_ok);
    return value;
  }

  struct Array {
    napi_typedarray_type type;
    void* data;
    int64_t length;
  };
  // The caller keeps the array until it has waited: the tickets of lib/cluster/communicator.ts hold it.
  Array Numbers() {
    Array array{};
    size_t length = 0;
    Demand(napi_get_typedarray_info(env_, values_[next_++], &array.type, &length, &array.data, nullptr, nullptr) == napi_ok);
    array.length = static_cast<int64_t>(length);
    return array;
  }

  napi_value Object() {
    napi_value object;
    napi_create_object(env_, &object);
    return object;
  }
  napi_value Text(const std::string& text) {
    napi_value value;
    napi_create_string_utf8(env_, text.c_str(), text.size(), &value);
    return value;
  }
  napi_value Value(double number) {
    napi_value value;
    napi_create_double(env_, number, &value);
    return value;
  }
  napi_value List(size_t length) {
    napi_value list;
    napi_create_array_with_length(env_, length, &list);
    return list;
  }
  void Set(napi_value object, const char* name, napi_value value) { napi_set_named_property(env_, object, name, value); }
  void SetAt(napi_value list, uint32_t i, napi_value value) { napi_set_element(env_, list, i, value); }

  static void Demand(bool holds) {
    if (!holds) throw Failure{"Expected arguments of the right kinds for a function of the MPI addon but received others"};
  }

 private:
  static constexpr size_t kMost = 6;
  napi_env env_;
  napi_value values_[kMost];
  size_t next_ = 0;
};

// A callback whose Failure becomes an error with the code ERR_CLUSTER.
template <napi_value (*Function)(Call&)>
napi_value Callback(napi_env env, napi_callback_info info) {
  try {
    Call call(env, info);
    return Function(call);
  } catch (const Failure& failure) {
    napi_throw_error(env, "ERR_CLUSTER", failure.sentence.c_str());
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_CLUSTER", error.what());
  }
  return nullptr;
}

// 'Open MPI v4.1.4' of 'Open MPI v4.1.4, package: …'; 'MPICH 4.0.2' of 'MPICH Version:\t4.0.2\n…'.
std::string FirstWords(const std::string& version) {
  std::string text = version.substr(0, version.find_first_of("\n,"));
  const std::string between = " Version:\t";
  const size_t at = text.find(between);
  return at == std::string::npos ? text : text.replace(at, between.size(), " ");
}

// family, builtAgainst; library: what is loaded; path: where that lies.
napi_value Info(Call& call) {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<size_t>(length));
  const napi_value info = call.Object();
  call.Set(info, "family", call.Text(kFamily));
  call.Set(info, "builtAgainst", call.Text(kBuiltAgainst));
  call.Set(info, "library", call.Text(FirstWords(version)));
  call.Set(info, "path", call.Text(MakeSymbolsGlobal()));
  return info;
}

// start(watchdog seconds)
napi_value Start(Call& call) {
  Engine::Get().Start(call.Number());
  return nullptr;
}

// world(): waits for MPI_Init_thread. rank, size, hosts.
napi_value World(Call& call) {
  const Link& link = Engine::Get().Opened();
  const napi_value world = call.Object();
  call.Set(world, "rank", call.Value(link.rank()));
  call.Set(world, "size", call.Value(link.size()));
  const napi_value hosts = call.List(static_cast<size_t>(link.size()));
  for (int rank = 0; rank < link.size(); rank++) call.SetAt(hosts, static_cast<uint32_t>(rank), call.Text(link.host(rank)));
  call.Set(world, "hosts", hosts);
  return world;
}

// sum(numbers, from, count, asBfloat16): ticket
napi_value Sum(Call& call) {
  const Call::Array array = call.Numbers();
  const int64_t from = call.Whole(array.length);
  const int64_t count = call.Whole(array.length - from);
  const bool as_bfloat16 = call.Flag();
  Call::Demand(array.type == napi_float32_array || (array.type == napi_float64_array && !as_bfloat16));
  const bool is_float32 = array.type == napi_float32_array;
  void* data = static_cast<char*>(array.data) + from * (is_float32 ? 4 : 8);
  const Kind kind = as_bfloat16 ? Kind::kBfloat16 : is_float32 ? Kind::kFloat32 : Kind::kFloat64;
  return call.Value(static_cast<double>(Engine::Get().Add({kind, data, count, false})));
}

template <Kind kKind>
napi_value Bytes(Call& call) {
  const Call::Array array = call.Numbers();
  Call::Demand(array.type == napi_uint8_array);
  const bool is_patient = call.Flag();
  return call.Value(static_cast<double>(Engine::Get().Add({kKind, array.data, array.length, is_patient})));
}

// wait(ticket)
napi_value Wait(Call& call) {
  Engine::Get().Wait(static_cast<int64_t>(call.Number()));
  return nullptr;
}

napi_value Finalize(Call&) {
  Engine::Get().Finalize();
  return nullptr;
}

// abort(status)
napi_value Abort(Call& call) {
  Engine::Get().Abort(static_cast<int>(call.Whole(255)));
}

napi_value Stats(Call& call) {
  const Engine::Stats stats = Engine::Get().stats();
  const napi_value object = call.Object();
  call.Set(object, "busySeconds", call.Value(stats.busy));
  call.Set(object, "waitedSeconds", call.Value(stats.waited));
  call.Set(object, "collectives", call.Value(static_cast<double>(stats.served)));
  call.Set(object, "bytesSent", call.Value(static_cast<double>(stats.bytes)));
  return object;
}

napi_value Exports(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {
      {"info", Callback<Info>},
      {"start", Callback<Start>},
      {"world", Callback<World>},
      {"sum", Callback<Sum>},
      {"broadcast", Callback<Bytes<Kind::kBroadcast>>},
      {"gather", Callback<Bytes<Kind::kGather>>},
      {"wait", Callback<Wait>},
      {"finalize", Callback<Finalize>},
      {"abort", Callback<Abort>},
      {"stats", Callback<Stats>},
  };
  for (const auto& [name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}

}  // namespace
}  // namespace blastrain::mpi

NAPI_MODULE_INIT() {
  return blastrain::mpi::Exports(env, exports);
}
