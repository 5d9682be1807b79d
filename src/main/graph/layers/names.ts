/** Names of layers: the module path in the framework that made the model, wherever the file still has it. */
import type { NodeProto } from '../model'

/** Names that exporters invent: `onnx::Conv_181`, `val_13`, `123`. They say nothing about the module. */
const INVENTED = /^(onnx::\w+|val_\d+|_?\d+|.*::.*)$/

/**
 * The module path of a node.
 * From the weight's name (`layer1.0.conv1.weight`), else the node's name as PyTorch's TorchScript exporter writes it
 * (`/layer1/layer1.0/conv1/Conv`), else the scopes that its newer exporter keeps as metadata, else null.
 */
export function moduleName(node: NodeProto, weight: string): string | null {
  return nameFromWeight(weight) ?? nameFromNode(node.name) ?? nameFromScopes(node)
}

function nameFromWeight(weight: string): string | null {
  const match = /^(.+)\.(weight|kernel|gamma|scale)$/.exec(weight)
  const path = match?.[1]
  return path === undefined || INVENTED.test(path) ? null : path
}

/** A segment names one module (`conv1`), and those of a sequence repeat its path (`layer1/layer1.0/layer1.0.1`). */
export function nameFromNode(name: string): string | null {
  const segments = name.split('/').filter((segment) => segment !== '')
  if (!name.startsWith('/') || segments.length < 2) return null
  let path = ''
  for (const segment of segments.slice(0, -1)) {
    const parent = segment.slice(0, Math.max(0, segment.lastIndexOf('.')))
    const repeated = parent !== '' && `.${path}`.endsWith(`.${parent}`)
    if (repeated) path += segment.slice(parent.length)
    else path = path === '' ? segment : `${path}.${segment}`
  }
  return path
}

function nameFromScopes(node: NodeProto): string | null {
  const text = node.metadataProps.find((property) => property.key === 'pkg.torch.onnx.name_scopes')?.value
  const scopes = text === undefined ? [] : [...text.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '')
  // The last scope is the operator itself, the first the model.
  const modules = scopes.slice(0, -1).filter((scope) => scope !== '')
  return modules.at(-1) ?? null
}

/** Prefixes of wrappers that all layers share say nothing: `model.layer1.0.conv1` is `layer1.0.conv1`. */
export function withoutSharedWrapper(names: readonly string[]): string[] {
  let current = [...names]
  for (;;) {
    const wrapper = ['module.', 'model.', '_orig_mod.', 'backbone.', 'net.'].find(
      (prefix) => current.length > 0 && current.every((name) => name.startsWith(prefix))
    )
    if (wrapper === undefined) return current
    current = current.map((name) => name.slice(wrapper.length))
  }
}

/** Where a layer stands in a network of stages and blocks: `layer1.0.conv2` is in `layer1`, `layer1.0`. */
export function placeOf(name: string): { readonly stage: string | null; readonly block: string | null } {
  const match = /^((?:.*?\.)??(?:layers?|stages?|blocks)[._]?\d+)(?:\.(?:blocks?\.)?(\d+))?(?:\.|$)/.exec(
    name
  )
  const stage = match?.[1]
  if (stage === undefined) return { stage: null, block: null }
  return { stage, block: match?.[2] === undefined ? null : `${stage}.${match[2]}` }
}
