"""The cases, by the sections of the well-known public suite and two of our own (14, 15)."""
from cases import (close_handling, deflate_answers, deflate_messages, fragmentation, framing, handshake_ends, limits,
                   opcodes, pings, reserved_bits, silence, utf8)

SECTIONS = [framing.SECTION, pings.SECTION, reserved_bits.SECTION, opcodes.SECTION, fragmentation.SECTION, utf8.SECTION,
            close_handling.SECTION, limits.SECTION, limits.AUTOMATIC, deflate_messages.SECTION, deflate_answers.SECTION,
            handshake_ends.SECTION, silence.SECTION]
