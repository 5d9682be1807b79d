/** What was done on the way to the network, in sentences. */
import type { UnwrapStep } from '@shared/contract/model'
import type { ModelConfig, StateDictCheckpoint } from '../../checkpoints'
import { shorten } from '../text'
import { drop } from './inventory'

/** Which of the file's sets of weights was taken. */
export function containerSteps({ container, stateDicts }: StateDictCheckpoint): UnwrapStep[] {
  const chosen = stateDicts.find((candidate) => candidate.chosen)
  const others = stateDicts
    .filter((candidate) => !candidate.chosen)
    .map(({ name, averaged }) => `"${name}" (${averaged ? 'averaged' : 'raw'})`)
  if (container === null && others.length === 0) return []
  const kind = chosen === undefined || others.length === 0 ? '' : chosen.averaged ? 'averaged ' : 'raw '
  const name = container ?? chosen?.name
  const from = name === undefined ? 'the file itself' : `"${name}"`
  const also = others.length === 0 ? '' : ` The file has ${shorten(others)}, too.`
  return [{ kind: 'container', text: `The ${kind}weights were taken from ${from}.${also}`, names: [] }]
}

export function configSteps(config: ModelConfig | null): UnwrapStep[] {
  if (config === null) return []
  const facts = [
    ...(config.architecture === null ? [] : [config.architecture]),
    ...(config.classes === null ? [] : [`${config.classes} classes`]),
    ...(config.heads === null ? [] : [`${config.heads} attention heads`]),
    ...(config.epsilon === null ? [] : [`ε = ${config.epsilon} in layer norms`]),
    ...(config.activation === null ? [] : [`the activation "${config.activation}"`]),
    ...(config.pooling === null ? [] : [`pooling "${config.pooling}"`]),
    ...(config.normalization === null ? [] : ['mean and std of the images'])
  ]
  const text = `The config beside the file says: ${facts.length === 0 ? 'nothing that is used' : facts.join(', ')}.`
  return [{ kind: 'config', text, names: [] }]
}

/** @param names every tensor that was looked at. */
export function prefixSteps(prefix: string, names: readonly string[]): UnwrapStep[] {
  if (prefix === '') return []
  const below = names.filter((name) => name.startsWith(prefix))
  const text = `The prefix "${prefix}" was taken off the names.`
  return [{ kind: 'prefix', text, names: below.length === names.length ? [] : below }]
}

/** What lies beside the network, by the modules that it belongs to. */
export function besideSteps(prefix: string, names: readonly string[]): UnwrapStep[] {
  const counts = new Map<string, number>()
  for (const name of names) {
    const module = moduleBeside(prefix, name)
    counts.set(module, (counts.get(module) ?? 0) + 1)
  }
  const modules = [...counts].map(([module, count]) =>
    count === 1 ? `"${module}"` : `"${module}" (${count} tensors)`
  )
  return drop(names, `Left out beside the network: ${shorten(modules)}.`)
}

/** The outermost module that holds a tensor and not the network: `module.attacker` beside `module.model.`. */
function moduleBeside(prefix: string, name: string): string {
  const own = prefix.split('.')
  const other = name.split('.')
  let shared = 0
  while (shared < other.length - 1 && own[shared] === other[shared]) shared++
  return other.slice(0, shared + 1).join('.')
}

/** `module.model.` as the prefixes that were taken off one after the other. */
export function prefixesOf(prefix: string): string[] {
  return prefix
    .split('.')
    .slice(0, -1)
    .map((segment) => `${segment}.`)
}
