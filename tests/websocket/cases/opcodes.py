"""4: reserved opcodes fail the connection."""
from case import Section
from frames import TEXT, fragments, frame, ping, text

SECTION = Section(4, "opcodes")
BEFORE = ("text", b"before")


def alone(opcode, payload):
    def play(peer):
        peer.send(frame(opcode, payload))
        peer.fails(1002)
    return play


def after_text(opcode, payload, chop=0):
    def play(peer):
        data = text(BEFORE[1]) + frame(opcode, payload) + ping(b"later")
        if chop:
            peer.chop(data, chop)
        else:
            peer.send(data)
        peer.fails(1002, maybe=[BEFORE])
    return play


def after_answered_text(opcode):
    def play(peer):
        peer.echo(*BEFORE)
        peer.send(frame(opcode, b"Hello"), text(b"later"))
        peer.fails(1002)
    return play


def inside_a_message(opcode):
    def play(peer):
        first, last = fragments(TEXT, [b"one", b"two"])
        peer.send(first, frame(opcode, b"x"), last)
        peer.fails(1002)
    return play


for group, kind, opcodes in ((1, "data", range(3, 8)), (2, "control", range(11, 16))):
    for opcode in opcodes:
        SECTION.add(group, f"reserved {kind} opcode {opcode}, empty", "5.2", alone(opcode, b""))
        SECTION.add(group, f"reserved {kind} opcode {opcode} with payload", "5.2", alone(opcode, b"reserved"))
        SECTION.add(group, f"reserved {kind} opcode {opcode} after a text, a ping behind it", "5.2",
                    after_text(opcode, b"payload"))
        SECTION.add(group, f"reserved {kind} opcode {opcode} after a text, in octets", "5.2",
                    after_text(opcode, b"", 1))
        SECTION.add(group, f"reserved {kind} opcode {opcode} after a text that was answered", "5.2",
                    after_answered_text(opcode))
        SECTION.add(group, f"reserved {kind} opcode {opcode} inside a message", "5.2, 5.4", inside_a_message(opcode))
