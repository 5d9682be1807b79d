/** Hugging Face's config.json and preprocessor_config.json. Source: transformers' configuration and image processors. */
import { NO_FACTS, soundNormalization, type Facts } from './facts'
import { asCount, asFields, asList, asNumber, asText, asThree, type Fields } from './json'

/** PIL's enumeration of filters. */
const FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming']

export function modelFacts(config: Fields): Facts | null {
  const [first] = asList(config.get('architectures')) ?? []
  const architecture = asText(first) ?? asText(config.get('model_type'))
  if (architecture === null) return null
  const labels = asFields(config.get('id2label'))
  const size = config.get('image_size')
  const epsilon = asNumber(config.get('layer_norm_eps'))
  return {
    ...NO_FACTS,
    architecture,
    classes: labels === null ? asCount(config.get('num_labels')) : asCount(labels.size),
    inputSize: asCount(asList(size)?.[0] ?? size),
    heads: asCount(config.get('num_attention_heads')),
    epsilon: epsilon !== null && epsilon > 0 ? epsilon : null,
    activation: asText(config.get('hidden_act')),
    stride: strideOf(config)
  }
}

/** Of ResNets: `downsample_in_first_stage`, `downsample_in_bottleneck`, both false by default. */
function strideOf(config: Fields): Facts['stride'] {
  if (config.get('downsample_in_first_stage') === true) return 'first-stage'
  return config.get('downsample_in_bottleneck') === true ? 'first-convolution' : null
}

/** Null where it prepares no images. */
export function imageFacts(config: Fields): Facts | null {
  const names = [config.get('image_processor_type'), config.get('feature_extractor_type')]
  const [type] = names.map(asText).filter((name) => name !== null)
  if (type === undefined && !config.has('image_mean') && !config.has('do_resize')) return null
  const resample = asCount(config.get('resample')) ?? (config.get('resample') === 0 ? 0 : null)
  return {
    ...NO_FACTS,
    normalization: normalization(config),
    ...sizes(config, /^ConvNext/i.test(type ?? '')),
    interpolation: resample === null ? null : (FILTERS[resample] ?? null)
  }
}

/** Of pixels in [0, 1]: `rescale_factor` times 255 is what a pixel of 1 becomes before mean and std. */
function normalization(config: Fields): Facts['normalization'] {
  const factor = config.get('do_rescale') === false ? 1 : (asNumber(config.get('rescale_factor')) ?? 1 / 255)
  const exact = 255 * factor
  const scale = Math.abs(exact - 1) < 1e-6 ? 1 : exact
  if (!(scale > 0)) return null
  const shift = config.get('rescale_offset') === true ? 1 : 0
  const off = config.get('do_normalize') === false
  const mean = off ? [0, 0, 0] : asThree(config.get('image_mean'))
  const std = off ? [1, 1, 1] : asThree(config.get('image_std'))
  return soundNormalization(
    mean?.map((value) => (value + shift) / scale) ?? null,
    std?.map((value) => value / scale) ?? null
  )
}

/**
 * Resized to `size`, then cropped to `crop_size`; ConvNeXt's way resizes to size / crop_pct and crops to size below
 * 384 pixels, and from there on does not crop.
 */
function sizes(config: Fields, likeConvNext: boolean): Pick<Facts, 'inputSize' | 'cropFraction'> {
  const resized = config.get('do_resize') === false ? null : side(config.get('size'))
  const cropped = config.get('do_center_crop') === true ? side(config.get('crop_size')) : null
  const fraction = asNumber(config.get('crop_pct'))
  if (cropped !== null) {
    const share = resized === null ? null : cropped / resized
    return { inputSize: cropped, cropFraction: fraction ?? (share !== null && share <= 1 ? share : null) }
  }
  if (likeConvNext && resized !== null) {
    return { inputSize: resized, cropFraction: resized >= 384 ? 1 : fraction }
  }
  return { inputSize: resized, cropFraction: fraction ?? (resized === null ? null : 1) }
}

/** A number, `{height, width}` or `{shortest_edge}`. */
function side(value: unknown): number | null {
  const fields = asFields(value)
  return asCount(fields === null ? value : (fields.get('height') ?? fields.get('shortest_edge')))
}
