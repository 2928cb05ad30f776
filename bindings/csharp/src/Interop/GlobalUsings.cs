// What SWIG has written goes by one short name everywhere, and all that crosses is blittable.
global using Native = PepperPy.Network.Interop.pepperpy_network;

using System.Runtime.CompilerServices;

[assembly: DisableRuntimeMarshalling]
[assembly: InternalsVisibleTo("PepperPy.Network.Tests")]
