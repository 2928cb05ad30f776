// Certificates that no authority would sign: weak keys and digests, and extensions of the test's choice.
#pragma once

#include "../../examples/server/certificate.hpp"
#include "support/certificates.hpp"

namespace ppn::test {

// Gives `certificate` what the options ask for beyond the usual and signs it again; leaves a usual one alone.
void edit_certificate(ai_server::Certificate& certificate, const CertificateOptions& options, const CertFiles* issuer);

}  // namespace ppn::test
