// What the library tells a binding, and how a binding listens.
//
// Java gets directors, which attach each I/O thread once (java.i). C# gives function pointers: a director would look for
// overrides by reflection, which trimming breaks without a word. Go takes notes from a mailbox: a thread that Go did not make
// pays microseconds for each call into Go. decisions/0017 has the reasons.
#if defined(SWIGJAVA)
%feature("director", assumeoverride = 1) CallHandler;
%feature("director", assumeoverride = 1) StreamHandler;
%feature("director", assumeoverride = 1) WebSocketHandler;
%feature("director", assumeoverride = 1) MiddlewareHandler;
%feature("director", assumeoverride = 1) LogHandler;
%feature("director", assumeoverride = 1) EventHandler;
%include "shim/handlers.hpp"
#elif defined(SWIGCSHARP)
%include "shim/function_handlers.hpp"
int32_t ppnb_stop_handlers(int64_t timeout_ms);
#elif defined(SWIGGO)
%include "shim/mailbox.hpp"
#endif

%include "shim/streams.hpp"
%include "shim/calls.hpp"
%include "shim/uploads.hpp"
%include "shim/websockets.hpp"
%include "shim/middleware.hpp"
%include "shim/feeds.hpp"
%include "shim/caller.hpp"
%include "shim/describe.hpp"
