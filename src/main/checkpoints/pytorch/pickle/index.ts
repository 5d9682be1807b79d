import type { ByteCursor } from './cursor'
import { PickleMachine, type Surroundings } from './machine'
import { OPERATIONS } from './opcodes'
import type { Value } from './values'

const STOP = 0x2e

/**
 * Reads one pickle and leaves the cursor behind it. Runs nothing of what the pickle says.
 * @throws FILE_TRUNCATED when it has no end, FORMAT_INVALID.
 */
export function unpickle(cursor: ByteCursor, surroundings: Surroundings): Value {
  const machine = new PickleMachine(cursor, surroundings)
  for (;;) {
    machine.countOperation()
    const code = cursor.uint8()
    if (code === STOP) return machine.pop()
    const operation = OPERATIONS[code]
    if (operation === undefined) {
      throw machine.fail(`has the byte 0x${code.toString(16).padStart(2, '0')}, which is no operation`)
    }
    operation(machine)
  }
}

export { ByteCursor } from './cursor'
export type { Surroundings } from './machine'
