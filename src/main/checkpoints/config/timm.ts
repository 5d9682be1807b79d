/** timm's config.json, today's and the flat one of its first versions. Source: timm/models/_hub.py. */
import { asCount, asFields, asList, asNumber, asText, asThree, type Fields } from './json'
import { soundNormalization, type Facts } from './facts'

export function timmFacts(config: Fields): Facts | null {
  const architecture = asText(config.get('architecture'))
  if (architecture === null) return null
  const nested = asFields(config.get('pretrained_cfg')) ?? config
  const args = asFields(config.get('model_args')) ?? new Map<string, unknown>()
  const [, height] = asList(nested.get('input_size')) ?? []
  return {
    architecture,
    classes: asCount(config.get('num_classes') ?? nested.get('num_classes')),
    normalization: soundNormalization(asThree(nested.get('mean')), asThree(nested.get('std'))),
    inputSize: asCount(args.get('img_size')) ?? asCount(height),
    cropFraction: asNumber(nested.get('crop_pct')),
    interpolation: asText(nested.get('interpolation')),
    heads: asCount(args.get('num_heads')),
    epsilon: null,
    activation: asText(args.get('act_layer')),
    pooling: asText(args.get('global_pool') ?? config.get('global_pool')),
    stride: null
  }
}
