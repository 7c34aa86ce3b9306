"""Runs a compiled capture filter over frames.

**In:** a BPF program as arrays, the bytes of a chunk. **Out:** which frames it accepts.
**Method:** the classic BSD packet filter machine (McCanne, Jacobson, USENIX 1993; opcodes as in bpf(4)): accumulator,
index register, sixteen words of memory. Jumps go forward only, so every run ends after at most the program's length. A
load beyond the frame rejects it.
**Not here:** compiling (``bpf.py``, by libpcap).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)
WORD, HALF, BYTE = 0x00, 0x08, 0x10
IMM, ABS, IND, MEM, LEN, MSH = 0x00, 0x20, 0x40, 0x60, 0x80, 0xA0
ALL = 0xFFFFFFFF


@kernel
def accept_frames(
    code: Any, jt: Any, jf: Any, k: Any, data: Any, offset: Any, cap_len: Any, wire_len: Any, accepted: Any
) -> int:
    """Fill ``accepted[frame]``; return how many frames met an instruction that this machine does not know."""
    unknown = 0
    memory = np.zeros(16, np.int64)
    for frame in range(len(offset)):
        start, length = offset[frame], np.int64(cap_len[frame])
        a = np.int64(0)
        x = np.int64(0)
        accepted[frame] = False
        pc = 0
        while pc < len(code):
            op, value = code[pc], k[pc]
            kind = op & 7
            pc += 1
            if kind == RET:
                accepted[frame] = (a if op & 0x18 == 0x10 else value) != 0
                break
            if kind in (LD, LDX):
                mode, size = op & 0xE0, 4 if op & 0x18 == WORD else 2 if op & 0x18 == HALF else 1
                loaded = np.int64(0)
                if mode == IMM:
                    loaded = value
                elif mode == LEN:
                    loaded = np.int64(wire_len[frame])
                elif mode == MEM:
                    loaded = memory[value & 15]
                else:
                    at = value + (x if mode == IND else 0)
                    need = 1 if mode == MSH else size
                    if at < 0 or at + need > length:
                        break
                    for i in range(need):
                        loaded = (loaded << 8) | np.int64(data[start + at + i])
                    if mode == MSH:
                        loaded = 4 * (loaded & 0xF)
                if kind == LD:
                    a = loaded
                else:
                    x = loaded
            elif kind == ST:
                memory[value & 15] = a
            elif kind == STX:
                memory[value & 15] = x
            elif kind == ALU:
                operand = x if op & 8 else value
                action = op & 0xF0
                if action in (0x30, 0x90) and operand == 0:
                    break
                if action == 0x00:
                    a = a + operand
                elif action == 0x10:
                    a = a - operand
                elif action == 0x20:
                    a = (a & 0xFFFF) * operand + (((a >> 16) * operand & 0xFFFF) << 16)
                elif action == 0x30:
                    a = a // operand
                elif action == 0x40:
                    a = a | operand
                elif action == 0x50:
                    a = a & operand
                elif action == 0x60:
                    a = a << operand if operand < 32 else np.int64(0)
                elif action == 0x70:
                    a = a >> operand if operand < 32 else np.int64(0)
                elif action == 0x80:
                    a = -a
                elif action == 0x90:
                    a = a % operand
                elif action == 0xA0:
                    a = a ^ operand
                a = a & ALL
            elif kind == JMP:
                operand = x if op & 8 else value
                action = op & 0xF0
                if action == 0x00:
                    pc += value
                else:
                    is_true = (
                        (action == 0x10 and a == operand)
                        or (action == 0x20 and a > operand)
                        or (action == 0x30 and a >= operand)
                        or (action == 0x40 and (a & operand) != 0)
                    )
                    pc += jt[pc - 1] if is_true else jf[pc - 1]
            elif op == 0x07:
                x = a
            elif op == 0x87:
                a = x
            else:
                unknown += 1
                break
    return unknown
