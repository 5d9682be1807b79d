import { convnext } from './convnext'
import { efficientnet } from './efficientnet'
import { mobilenet } from './mobilenet'
import { resnet } from './resnet'
import type { Architecture } from './types'
import { vgg } from './vgg'
import { vit } from './vit'

/** Every family that can be built from tensors. */
export const ARCHITECTURES: readonly Architecture[] = [resnet, vit, convnext, vgg, mobilenet, efficientnet]
