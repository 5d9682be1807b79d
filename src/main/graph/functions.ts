/** Local functions: older versions of PyTorch's newer exporter write each module as one. */
import { LinchpinError } from '@shared/errors'
import { withGraph, type NodeProto, type OnnxModel } from './model'
import { changed, subgraphsOf } from './nodes'
import type { AttributeProto, FunctionProto } from './proto/onnx_pb'

/** Functions call functions; none may call itself. */
const DEEPEST = 64

/**
 * The model with the nodes of its functions in the places where they are called.
 * @throws GRAPH_UNSUPPORTED when that is not possible.
 */
export function withoutFunctions(model: OnnxModel): OnnxModel {
  if (model.functions.length === 0) return model
  const functions = new Map(model.functions.map((f) => [keyOf(f.domain, f.name, f.overload), f]))
  const versions = new Map(model.opsetImport.map(({ domain, version }) => [domain, version]))
  for (const { name, opsetImport } of model.functions) {
    for (const { domain, version } of opsetImport) {
      const own = versions.get(domain)
      if (own !== undefined && own !== version && domain === '') {
        throw unsupported(`"${name}" uses operator set ${String(version)}, the graph ${String(own)}`)
      }
    }
  }
  const node = model.graph.node.flatMap((call, i) => expand(call, `f${String(i)}`, functions, DEEPEST))
  // The functions' own domains are gone with them.
  const used = new Set(['', ...node.map(({ domain }) => domain)])
  const opsetImport = [...model.opsetImport, ...model.functions.flatMap((f) => f.opsetImport)].filter(
    ({ domain }, i, all) => used.has(domain) && all.findIndex((other) => other.domain === domain) === i
  )
  return { ...withGraph(model, { ...model.graph, node }), functions: [], opsetImport }
}

const keyOf = (domain: string, name: string, overload: string): string => `${domain}::${name}::${overload}`

function expand(
  call: NodeProto,
  prefix: string,
  functions: ReadonlyMap<string, FunctionProto>,
  depth: number
): NodeProto[] {
  const body = functions.get(keyOf(call.domain, call.opType, call.overload))
  if (body === undefined) return [call]
  if (depth === 0) throw unsupported(`"${call.opType}" calls itself`)
  const names = new Map<string, string>()
  body.input.forEach((name, i) => names.set(name, call.input[i] ?? ''))
  body.output.forEach((name, i) => names.set(name, call.output[i] ?? `${prefix}::${name}`))
  const renamed = (name: string): string => (name === '' ? '' : (names.get(name) ?? `${prefix}::${name}`))
  return body.node.flatMap((node, i) => {
    if (subgraphsOf(node).length > 0) throw unsupported(`"${call.opType}" has branches`)
    const inner = changed(node, {
      name: node.name === '' ? call.name : `${call.name}/${node.name}`,
      input: node.input.map(renamed),
      output: node.output.map(renamed),
      attribute: node.attribute.flatMap((attribute) => given(attribute, call, body)),
      metadataProps: node.metadataProps.length > 0 ? node.metadataProps : call.metadataProps
    })
    return expand(inner, `${prefix}.${String(i)}`, functions, depth - 1)
  })
}

/** An attribute that stands for one of the call's, or for its default; none where neither is given. */
function given(attribute: AttributeProto, call: NodeProto, body: FunctionProto): AttributeProto[] {
  if (attribute.refAttrName === '') return [attribute]
  const named = ({ name }: AttributeProto): boolean => name === attribute.refAttrName
  const value = call.attribute.find(named) ?? body.attributeProto.find(named)
  return value === undefined ? [] : [changed(value, { name: attribute.name })]
}

function unsupported(why: string): LinchpinError {
  return new LinchpinError('GRAPH_UNSUPPORTED', `It is made of local functions: ${why}.`, {
    fix: 'Export it with torch 2.5 or newer, or inline the functions with onnx.inliner.inline_local_functions.'
  })
}
