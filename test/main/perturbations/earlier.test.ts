/**
 * Measurements of earlier versions go on with the draws they began with. The sums are of what version 0.1.0 drew before
 * its generator was made faster: the first 16 digits of SHA-256 of normal (0.25, 1.5²) and uniform (0.125) draws.
 */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { randomStream } from '../../../src/main/perturbations/stream'

const sum = (values: Float32Array): string =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 16)

it.each([
  [0, 'conv1', 'weight', 0, 1, 'ef8c78ead982718f', '61555661a115fdcb'],
  [0, 'conv1', 'weight', 0, 3, '7f41328d3debddc6', '61adde21b6da47e3'],
  [0, 'conv1', 'weight', 0, 4, '6138195da736e7b4', '5081abcf264cfe4a'],
  [0, 'conv1', 'weight', 0, 5, '0fa490f4ab9db19a', '3784678c4721cb09'],
  [0, 'conv1', 'weight', 0, 1023, '7e0c0e7fc75893f3', 'a84e611e5512bc35'],
  [0, 'conv1', 'weight', 0, 100003, 'cfc98e5e19a72608', '0fa6d167aa0dcf18'],
  [1234, 'layer4.0.conv2', 'weight', 2, 1, '5658923906470588', '004780b9e0cfc824'],
  [1234, 'layer4.0.conv2', 'weight', 2, 3, 'a0d826741ff70375', '17fd88dc4bfda981'],
  [1234, 'layer4.0.conv2', 'weight', 2, 4, 'a4ef37f02b0b509b', '8c9b6799962a0a70'],
  [1234, 'layer4.0.conv2', 'weight', 2, 5, '3d453312a753fb6c', '475f15c4f372f7a1'],
  [1234, 'layer4.0.conv2', 'weight', 2, 1023, '296218efa803b991', 'b87d7dafa82571bf'],
  [1234, 'layer4.0.conv2', 'weight', 2, 100003, '50886dd13f83b9a7', '2bac711a74bc5455'],
  [4294967295, 'größe', 'bias', 9999, 1, 'cb661c53e6dfd925', 'e733075a9323f049'],
  [4294967295, 'größe', 'bias', 9999, 3, '18ff9a1e72c3daac', '92c72ad90dd95aff'],
  [4294967295, 'größe', 'bias', 9999, 4, '7acf2e60300fb92f', '02fd1f4ed930305b'],
  [4294967295, 'größe', 'bias', 9999, 5, '267c71e625b6f0e6', '05e660008b1e9fbe'],
  [4294967295, 'größe', 'bias', 9999, 1023, '40a26fd1ecb8b785', 'a064a89620951461'],
  [4294967295, 'größe', 'bias', 9999, 100003, '2cbafb7ad536f1b8', '30a7c45ece5be738'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 1, '9e615ec4072a03ae', '6b3c39d2af471eda'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 3, '45009c75814c84c1', '225244ac5f6cae31'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 4, '863cfe4508593348', 'e8e564eb72b35bad'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 5, '08eb1e5e372d00b4', '70e7cdf6588dd5a2'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 1023, '60d374aa5d320858', 'bfa86860bc6acbb3'],
  [7, 'blocks.0.attn.qkv', 'running_var', 31, 100003, '7a5b05510886ffa6', 'b4b9e215ac365a86']
] as const)('seed %i, %s.%s, trial %i: %i draws are bit for bit what earlier versions drew', (...row) => {
  const [seed, layer, tensor, trial, size, normal, uniform] = row
  const stream = randomStream({ seed, layer, tensor, trial })
  expect(sum(stream.normal(new Float32Array(size), 0.25, 1.5))).toBe(normal)
  expect(sum(stream.uniform(new Float32Array(size), 0.125))).toBe(uniform)
})

it('so are those of a whole layer of ResNet-50', () => {
  const stream = randomStream({ seed: 0, layer: 'layer4.0.conv2', tensor: 'weight', trial: 0 })
  const size = 512 * 512 * 9
  expect(sum(stream.normal(new Float32Array(size), 0, 0.02))).toBe('16f413f85f242a16')
  expect(sum(stream.uniform(new Float32Array(size), 0.02))).toBe('b71e40766a7909b7')
})
