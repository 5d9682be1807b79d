import type { Dialect } from '../../types'
import { dino } from './dino'
import { huggingFace } from './hugging-face'
import { torchvision } from './torchvision'

export const dialects: readonly Dialect[] = [torchvision, huggingFace, dino]
