// Text of an OpenSSL error.
#pragma once

#include <string>

namespace ppn {

// "certificate verify failed"; the number in hexadecimal when OpenSSL has no text for it.
std::string openssl_error_text(unsigned long error);

}  // namespace ppn
