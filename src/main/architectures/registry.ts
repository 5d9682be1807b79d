import { convnext } from './convnext'
import { resnet } from './resnet'
import type { Architecture } from './types'

/** Every family that can be built from tensors. */
export const ARCHITECTURES: readonly Architecture[] = [resnet, convnext]
