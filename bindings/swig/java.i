// How the types of types.i cross into Java.
//
//   handles            long
//   bytes and texts    byte[], in UTF-8 where it is a text: the strings of JNI are another encoding, which knows no U+0000
//   numbers that come  long[1]; a double as its bits
//   memory to fill     a direct ByteBuffer, which needs no copy and does not hold up the garbage collector
//   buffers that come  byte[]; the buffer is released
//
// An I/O thread is attached when it starts, as a daemon, and detached when it ends: by the hooks of the library and not by SWIG,
// whose detaching at the end of a thread (SWIG_JAVA_DETACH_ON_THREAD_END) waits for ever in a virtual machine that has exited.
%javaconst(1);
%pragma(java) jniclassclassmodifiers="final class"
%pragma(java) moduleclassmodifiers="public final class"
%typemap(javafinalize) SWIGTYPE ""

// The last line of defence: a handler catches what its method throws. C++ must not see it, for it would end the process.
%feature("director:except") %{
  if (jthrowable $error = jenv->ExceptionOccurred()) {
    jenv->ExceptionClear();
    jenv->DeleteLocalRef($error);
  }
%}

%{
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace {

// A byte[] for the time of a call: small ones on the stack, for copying costs less than pinning.
class JavaBytes {
 public:
  bool take(JNIEnv* env, jbyteArray array) {
    if (array == nullptr) return true;
    length_ = env->GetArrayLength(array);
    jbyte* to = small_;
    if (length_ > static_cast<jsize>(sizeof small_)) {
      large_.reset(new (std::nothrow) jbyte[static_cast<std::size_t>(length_)]);
      if (large_ == nullptr) {
        env->ThrowNew(env->FindClass("java/lang/OutOfMemoryError"), "no memory for the bytes of a native call");
        return false;
      }
      to = large_.get();
    }
    env->GetByteArrayRegion(array, 0, length_, to);
    data_ = to;
    return true;
  }
  const jbyte* data() const { return data_; }
  std::size_t length() const { return static_cast<std::size_t>(length_); }

 private:
  jbyte small_[512];
  std::unique_ptr<jbyte[]> large_;
  const jbyte* data_ = nullptr;
  jsize length_ = 0;
};

// The bytes of a buffer as a byte[]; releases it. Null for null, and with a pending OutOfMemoryError.
inline jbyteArray bytes_of(JNIEnv* env, ppn_buffer* buffer) {
  if (buffer == nullptr) return nullptr;
  const std::size_t length = ppn_buffer_length(buffer);
  jbyteArray array = nullptr;
  if (length > 0x7fffffff) {
    env->ThrowNew(env->FindClass("java/lang/OutOfMemoryError"), "larger than a byte[] can be");
  } else {
    array = env->NewByteArray(static_cast<jsize>(length));
    if (array != nullptr) {
      env->SetByteArrayRegion(array, 0, static_cast<jsize>(length),
                              reinterpret_cast<const jbyte*>(ppn_buffer_data(buffer)));
    }
  }
  ppn_buffer_release(buffer);
  return array;
}

inline void put_long(JNIEnv* env, jlongArray array, jlong value) {
  if (array != nullptr) env->SetLongArrayRegion(array, 0, 1, &value);
}

inline jlong bits_of(double value) {
  jlong bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
template <class Number>
jlong bits_of(Number value) {
  return static_cast<jlong>(value);
}

}  // namespace
%}

%define PPN_HANDLE(type)
%typemap(jni) type *, const type * "jlong"
%typemap(jtype) type *, const type * "long"
%typemap(jstype) type *, const type * "long"
%typemap(in) type *, const type * %{ $1 = reinterpret_cast<$1_ltype>(static_cast<std::intptr_t>($input)); %}
%typemap(out) type *, const type * %{ $result = static_cast<jlong>(reinterpret_cast<std::intptr_t>($1)); %}
%typemap(javain) type *, const type * "$javainput"
%typemap(javaout) type *, const type * { return $jnicall; }
%typemap(directorin, descriptor="J") type *, const type *
  %{ $input = static_cast<jlong>(reinterpret_cast<std::intptr_t>($1)); %}
%typemap(javadirectorin) type *, const type * "$jniinput"
%typemap(jni) type ** "jlongArray"
%typemap(jtype) type ** "long[]"
%typemap(jstype) type ** "long[]"
%typemap(in) type ** (type *handed = nullptr) %{ $1 = $input != nullptr ? &handed : nullptr; %}
%typemap(argout) type ** %{ put_long(jenv, $input, static_cast<jlong>(reinterpret_cast<std::intptr_t>(handed$argnum))); %}
%typemap(javain) type ** "$javainput"
%enddef

%define PPN_TEXT(BYTES, COUNT)
%typemap(jni) (BYTES, COUNT) "jbyteArray"
%typemap(jtype) (BYTES, COUNT) "byte[]"
%typemap(jstype) (BYTES, COUNT) "byte[]"
%typemap(in) (BYTES, COUNT) (JavaBytes bytes) %{
  if (!bytes.take(jenv, $input)) return $null;
  $1 = ($1_ltype)bytes.data();
  $2 = bytes.length();
%}
%typemap(argout) (BYTES, COUNT) ""
%typemap(freearg) (BYTES, COUNT) ""
%typemap(javain) (BYTES, COUNT) "$javainput"
%enddef

%define PPN_OUT(type, name)
%typemap(jni) type *name "jlongArray"
%typemap(jtype) type *name "long[]"
%typemap(jstype) type *name "long[]"
%typemap(in) type *name (type handed = 0) %{ $1 = $input != nullptr ? &handed : nullptr; %}
%typemap(argout) type *name %{ put_long(jenv, $input, bits_of(handed$argnum)); %}
%typemap(javain) type *name "$javainput"
%enddef

%define PPN_MEMORY(BYTES, COUNT)
%typemap(jni) (BYTES, COUNT) "jobject"
%typemap(jtype) (BYTES, COUNT) "java.nio.ByteBuffer"
%typemap(jstype) (BYTES, COUNT) "java.nio.ByteBuffer"
%typemap(in) (BYTES, COUNT) %{
  $1 = $input != nullptr ? static_cast<$1_ltype>(jenv->GetDirectBufferAddress($input)) : nullptr;
  $2 = $1 != nullptr ? static_cast<std::size_t>(jenv->GetDirectBufferCapacity($input)) : 0;
%}
%typemap(javain) (BYTES, COUNT) "$javainput"
%enddef
PPN_MEMORY(uint8_t *buffer, size_t capacity)

// Buffers that come become byte[] at once; nobody in Java needs a handle of one.
%define PPN_BYTES_OF(function)
%typemap(jni) ppn_buffer *function "jbyteArray"
%typemap(jtype) ppn_buffer *function "byte[]"
%typemap(jstype) ppn_buffer *function "byte[]"
%typemap(out) ppn_buffer *function %{ $result = bytes_of(jenv, $1); %}
%typemap(javaout) ppn_buffer *function { return $jnicall; }
%enddef
PPN_BYTES_OF(ppnb_describe_response)
PPN_BYTES_OF(ppnb_describe_error)
PPN_BYTES_OF(ppnb_response_body)
PPN_BYTES_OF(ppnb_reader_last_event_id)
PPN_BYTES_OF(ppnb_socket_subprotocol)
PPN_BYTES_OF(ppnb_socket_close_reason)
PPN_BYTES_OF(ppnb_context_text)
PPN_BYTES_OF(ppnb_context_header)
PPN_BYTES_OF(ppnb_context_attribute)

%typemap(jni) ppn_buffer **out "jobjectArray"
%typemap(jtype) ppn_buffer **out "byte[][]"
%typemap(jstype) ppn_buffer **out "byte[][]"
%typemap(in) ppn_buffer **out (ppn_buffer *handed = nullptr) %{ $1 = $input != nullptr ? &handed : nullptr; %}
%typemap(argout) ppn_buffer **out %{
  if (jbyteArray array$argnum = bytes_of(jenv, handed$argnum)) jenv->SetObjectArrayElement($input, 0, array$argnum);
%}
%typemap(javain) ppn_buffer **out "$javainput"
%ignore ppn_buffer_new;
%ignore ppn_buffer_acquire;
%ignore ppnb_buffer_copy;

// What comes with a close is a buffer for C++ and bytes for Java.
%typemap(jni) ppn_buffer *reason "jbyteArray"
%typemap(jtype) ppn_buffer *reason "byte[]"
%typemap(jstype) ppn_buffer *reason "byte[]"
%typemap(in) ppn_buffer *reason %{ (void)$input; $1 = nullptr; %}
%typemap(directorin, descriptor="[B") ppn_buffer *reason %{
  $input = bytes_of(jenv, $1);
  Swig::LocalRefGuard $1_guard(jenv, $input);  // a thread of the library never returns to Java, which would free it
%}
%typemap(javain) ppn_buffer *reason "$javainput"
%typemap(javadirectorin) ppn_buffer *reason "$jniinput"

// Sizes and counts fit into the signed numbers of Java.
%apply long long { uint64_t, unsigned long long };

// Let I/O threads be attached while they live. PPN_OK, or PPN_E_INVALID_STATE: some run already; SWIG attaches these then.
%typemap(in, numinputs=0) JNIEnv *vm_of "$1 = jenv;"
%{
#include <jvmti.h>

#include <atomic>

namespace {

// For handlers, which note something and leave.
constexpr std::int64_t kStopHandlersMs = 2'000;

std::atomic<bool> machine_goes_down{false};
thread_local bool is_io_thread = false;

void PPN_CALL on_thread_start(void *user_data) {
  JNIEnv *env = nullptr;
  char name[] = "pepperpy-network-io";
  JavaVMAttachArgs how = {JNI_VERSION_1_6, name, nullptr};
  is_io_thread = true;
  static_cast<JavaVM *>(user_data)->AttachCurrentThreadAsDaemon(reinterpret_cast<void **>(&env), &how);
}

void PPN_CALL on_thread_stop(void *user_data) {
  if (!machine_goes_down.load()) static_cast<JavaVM *>(user_data)->DetachCurrentThread();
}

// The machine goes down, and its shutdown hooks have ended: they may use the library, which a hook of our own would take
// away from them. No handler is called from here on, and threads end without telling the machine.
void JNICALL on_machine_death(jvmtiEnv * /*events*/, JNIEnv * /*env*/) {
  machine_goes_down = true;
  ppnb_stop_handlers(is_io_thread ? 0 : kStopHandlersMs);  // a handler that ends the process waits for no handler
}

}  // namespace
%}
%inline %{
int32_t ppn_java_attach_threads(JNIEnv *vm_of) {
  JavaVM *machine = nullptr;
  if (vm_of->GetJavaVM(&machine) != JNI_OK) return PPN_E_INTERNAL;
  // Handlers of C++ are classes of this loader, which therefore stays.
  if (vm_of->NewGlobalRef(vm_of->FindClass("ai/pepperpy/network/internal/Native")) == nullptr) return PPN_E_OUT_OF_MEMORY;
  jvmtiEnv *events = nullptr;
  if (machine->GetEnv(reinterpret_cast<void **>(&events), JVMTI_VERSION_1_2) == JNI_OK) {
    jvmtiEventCallbacks calls = {};
    calls.VMDeath = on_machine_death;
    events->SetEventCallbacks(&calls, sizeof calls);
    events->SetEventNotificationMode(JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, nullptr);
  }
  return ppn_runtime_set_thread_hooks(on_thread_start, on_thread_stop, machine, nullptr, nullptr);
}
%}
