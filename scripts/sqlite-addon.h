// Included before every source of the SQLite addon. From Node 24.19 on, the headers' ObjectWrap takes an environment
// cleanup hook back when it is destroyed. A statement is destroyed by the garbage collector, which may run while no
// context is entered; then Node finds no environment and aborts the process (seen with 24.21.0: a console ended within
// a minute). So ObjectWrap gets no hook, as in all Nodes before: what lives until the process ends goes with it.
#include <node.h>
#define AddEnvironmentCleanupHook(isolate, hook, object) static_cast<void>(0)
#define RemoveEnvironmentCleanupHook(isolate, hook, object) static_cast<void>(0)
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
