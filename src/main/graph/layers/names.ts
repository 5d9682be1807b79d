/** Names of layers: the module path in the framework that made the model, wherever the file still has it. */
import type { LayerKind } from '@shared/contract/model'
import type { NodeProto } from '../model'

/** Names that exporters invent: `onnx::Conv_181`, `val_13`, `123`, `/conv/Constant_output_0`. */
const INVENTED = /^(onnx::\w+|val_\d+|_?\d+|.*::.*|\/.*|.*_output_\d+)$/

/** What parameters of the network itself are called, e.g. `cls_token`: nothing else tells them from values. */
const TELLING = /token|embed|pos|quer|latent|gamma|scale|table|probe|prompt|alpha|beta|temperature/i

/** Whether a name is that of a parameter in the framework, not one that an exporter made up. */
export function isParameterName(name: string): boolean {
  if (!/^[A-Za-z_][\w.]*$/.test(name) || INVENTED.test(name)) return false
  return name.includes('.') || TELLING.test(name)
}

/** The last part of a module path counts the modules of a sequence. */
export function isNumbered(module: string): boolean {
  return /(^|\.)\d+$/.test(module)
}

/** What is added to the attention of a module named so. */
export function attentionTable(module: string): string | null {
  return /(^|[._])(attn|attention|self_attn|msa)$/.test(module) ? 'relative_position_bias' : null
}

/**
 * The path of the layer that a parameter belongs to: of `layer1.0.conv1.weight` the module, of a parameter that a block
 * holds by itself (`cls_token`, `stages.0.blocks.0.gamma`, `…relative_position_bias_table`) its own. Null: the name says
 * nothing.
 */
export function nameFromTensor(name: string, kind: LayerKind): string | null {
  const [, projection, part] = /^(.+_proj|(?:.+\.)?in_proj)_(weight|bias)$/.exec(name) ?? []
  if (projection !== undefined && part !== undefined) return projection
  const [, module = null, parameter = ''] = /^(.+)\.([^.]+)$/.exec(name) ?? []
  if (kind === 'embedding' || kind === 'scale') {
    if (!isParameterName(name)) return null
    const ownModule = /^(weight|bias|gamma|beta|lambda1|scale|alpha)$/.test(parameter)
    return module !== null && ownModule && !isNumbered(module) ? module : name
  }
  const known = /^(weight|bias|kernel|gamma|beta|scale|running_mean|running_var)$/.test(parameter)
  return module === null || !known || INVENTED.test(module) ? null : module
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

/** The scopes that PyTorch's newer exporter keeps as metadata of a node. */
export function nameFromScopes(node: NodeProto): string | null {
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

/**
 * Where a layer stands in a network of stages and blocks: `layer1.0.conv2` is in `layer1`, `layer1.0`. A transformer
 * whose blocks are alike has blocks and no stages: `blocks.3.attn.qkv` is in block `blocks.3`.
 */
export function placeOf(name: string): { readonly stage: string | null; readonly block: string | null } {
  const segments = name.split('.')
  const path = (length: number): string => segments.slice(0, length).join('.')
  const isNumber = (i: number): boolean => /^\d+$/.test(segments[i] ?? '')
  for (const [i, segment] of segments.entries()) {
    const rest = segments.length - i
    // ResNets: layer1.0; RegNet: s1.b1.
    if (/^(layers?|stages?)_?\d+$/.test(segment)) return inStage(i + 1)
    if (/^s\d+$/.test(segment) && /^b\d+$/.test(segments[i + 1] ?? '')) {
      return { stage: path(i + 1), block: path(i + 2) }
    }
    // torchvision: DenseNets, RegNets, transformers, Inception.
    if (/^denseblock\d+$/.test(segment)) return { stage: path(i + 1), block: rest > 1 ? path(i + 2) : null }
    if (/^block\d+$/.test(segment) && segments[i + 1]?.startsWith(`${segment}-`) === true) {
      return { stage: path(i + 1), block: path(i + 2) }
    }
    if (/^(encoder_layer_\d+|Mixed_\d[a-e]|inception\d[a-e])$/.test(segment)) {
      return { stage: null, block: path(i + 1) }
    }
    if (!isNumber(i + 1)) continue
    switch (segment) {
      case 'stages':
      case 'stage':
        return inStage(i + 2)
      case 'layers': {
        const nested = isNumber(i + 2) || isContainer(segments[i + 2]) || segments[i + 2] === 'downsample'
        return nested ? inStage(i + 2) : { stage: null, block: path(i + 2) }
      }
      case 'blocks':
        if (isNumber(i + 2)) return { stage: path(i + 2), block: path(i + 3) }
        // torchvision's MaxViT.
        if (segments[i + 2] === 'layers' && isNumber(i + 3)) return inStage(i + 2)
        return { stage: null, block: path(i + 2) }
      // transformers: PoolFormer, SegFormer.
      case 'block':
        if (!isNumber(i + 2)) break
        return { stage: path(i + 2), block: path(i + 3) }
      case 'layer':
      case 'resblocks':
      case 'blocks_token_only': // CaiT and XCiT: blocks that attend to the class token alone.
      case 'cls_attn_blocks':
        return { stage: null, block: path(i + 2) }
      // torchvision: a number for a layer of its own, or stages of blocks.
      case 'features':
        if (rest === 2) return { stage: null, block: null }
        if (!isNumber(i + 2)) return { stage: null, block: path(i + 2) }
        return { stage: path(i + 2), block: rest > 3 ? path(i + 3) : null }
      default:
    }
  }
  return { stage: null, block: null }

  /** @param length of the stage's path in segments. */
  function inStage(length: number): { stage: string; block: string | null } {
    const at = isContainer(segments[length]) && isNumber(length + 1) ? length + 1 : length
    return { stage: path(length), block: isNumber(at) ? path(at + 1) : null }
  }
}

function isContainer(segment: string | undefined): boolean {
  return segment !== undefined && /^(blocks?|layers?)$/.test(segment)
}
