// Integers in which products of two times or counts do not overflow.
#pragma once

namespace ppn {

__extension__ typedef __int128 Wide;

}  // namespace ppn
