// Certificates are made in one place: the AI server's source is compiled into this library as it stands.
#include "../../examples/server/certificate.cpp"  // NOLINT(bugprone-suspicious-include)
