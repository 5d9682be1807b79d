/** A ResNet-50 with random weights: names and shapes of torchvision's resnet50 state dict. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { fileBytes } from './safetensors'

/**
 * Name and shape of each tensor in order. Layout: He et al., arXiv 1512.03385, table 1, 50-layer column.
 * @param base channels of the first stage; those of all others are multiples.
 */
export function resnet50Shapes(base = 64): [string, number[]][] {
  const shapes: [string, number[]][] = []
  const norm = (name: string, size: number): void => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      shapes.push([`${name}.${part}`, [size]])
  }
  shapes.push(['conv1.weight', [base, 3, 7, 7]])
  norm('bn1', base)
  let input = base
  ;[3, 4, 6, 3].forEach((blocks, stage) => {
    const width = base * 2 ** stage
    for (let block = 0; block < blocks; block++) {
      const name = `layer${stage + 1}.${block}`
      shapes.push([`${name}.conv1.weight`, [width, input, 1, 1]])
      norm(`${name}.bn1`, width)
      shapes.push([`${name}.conv2.weight`, [width, width, 3, 3]])
      norm(`${name}.bn2`, width)
      shapes.push([`${name}.conv3.weight`, [4 * width, width, 1, 1]])
      norm(`${name}.bn3`, 4 * width)
      if (block === 0) {
        shapes.push([`${name}.downsample.0.weight`, [4 * width, input, 1, 1]])
        norm(`${name}.downsample.1`, 4 * width)
      }
      input = 4 * width
    }
  })
  shapes.push(['fc.weight', [1000, 32 * base]], ['fc.bias', [1000]])
  return shapes
}

export function writeResnet50(path: string): string {
  let offset = 0
  const header: Record<string, unknown> = {}
  const shapes = resnet50Shapes()
  const sizeOf = (shape: number[]): number => shape.reduce((product, size) => product * size, 1)
  for (const [name, shape] of shapes) {
    const end = offset + 4 * sizeOf(shape)
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] }
    offset = end
  }
  const file = openSync(path, 'w')
  try {
    writeSync(file, fileBytes(JSON.stringify(header)))
    shapes.forEach(([name, shape], salt) => {
      let state = salt + 1
      const scale = shape.length === 1 ? 1 : Math.sqrt(2 / (sizeOf(shape) / shape[0]!))
      const values = Float32Array.from({ length: sizeOf(shape) }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        const uniform = state / 2 ** 32
        return name.endsWith('running_var') ? 0.5 + uniform : scale * (2 * uniform - 1)
      })
      writeSync(file, new Uint8Array(values.buffer))
    })
  } finally {
    closeSync(file)
  }
  return path
}
