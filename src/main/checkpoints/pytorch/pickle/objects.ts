/** What a pickle would call, make and fill. Here it is written down and nothing more. */
import type { PickleMachine } from './machine'
import { isCompound, type ObjectValue, type Value } from './values'

export function object(callee: Value, args: Value): ObjectValue {
  return { kind: 'object', callee, args, state: null, entries: null, items: null }
}

/** REDUCE. */
export function reduce(machine: PickleMachine, callee: Value, args: Value): Value {
  if (isCompound(callee) && callee.kind === 'global' && isCompound(args) && args.kind === 'tuple') {
    const known = machine.surroundings.reduce(callee.module, callee.name, args.items)
    if (known !== undefined) return known
  }
  return object(callee, args)
}

/** BUILD. A dict's own attributes (an OrderedDict's `_metadata`) and a tensor's are of no use here. */
export function build(target: Value, state: Value): void {
  if (isCompound(target) && target.kind === 'object') target.state = state
}
